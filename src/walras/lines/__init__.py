"""One folder per trade; a line declares, the core decides."""
