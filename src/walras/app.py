"""The one place where implementations meet interfaces."""
