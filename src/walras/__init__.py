"""Walras: one market for attention, for short video, live and commerce."""

__version__ = "0.1.0"
