"""Reads log and ledger, writes neither."""
