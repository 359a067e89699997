"""Simulated people outside the walls."""
