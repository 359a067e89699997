"""Makes a page for any surface and writes its record."""
