"""Typer commands over app."""
