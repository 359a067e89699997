"""The public Python client, standing alone."""
