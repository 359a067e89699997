"""Routes under /api."""

GORSE_ROUTES = []  # type: ignore
