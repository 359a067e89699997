"""Who could fill a place: sources and exclusions."""
