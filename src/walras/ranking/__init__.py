"""What would happen: every outcome of every candidate in one call."""
