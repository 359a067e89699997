"""What every Gorse route shares: how it describes itself, its parameters, and how many it gives where nobody says."""

from typing import Any

from walras.base import limits
from walras.doors.asking import Ask
from walras.web import Query
from walras.web.told import Asked, told

# Gorse's own default of [server].default_n.
N_DEFAULT = 10
N_MAX = limits.BULK_MAX
N = Asked("n", "How many.", {"type": "integer", "minimum": 0, "maximum": N_MAX, "default": N_DEFAULT})
OFFSET = Asked(
    "offset", "How many to leave out first.", {"type": "integer", "minimum": 0, "maximum": N_MAX, "default": 0}
)
CURSOR = Asked("cursor", "Where to go on, as the answer before said.")
CATEGORY = Asked("category", "Only items in all of these categories.", many=True)
WITHOUT = Asked("user-id", "Leave out what this person has feedback on.")
EXAMPLE_MS = 1_767_225_600_000
_PATH = {
    "user_id": "ann", "item_id": "video/1", "category": "food", "feedback_type": "like", "name": "popular",
}  # fmt: skip


def gorse_told(summary: str, scope: str | None, **said: Any) -> dict[str, Any]:
    """The `opt` of a Gorse route."""
    return told(summary=summary, tag="gorse", scope=scope, path=_PATH, **said)


def query_of(request: Ask, *names: str) -> Query:
    """The query; names that Gorse would pass over are passed over."""
    return Query(request.scope["query_string"], names, many=("category",), strict=False)


def count_of(query: Query) -> int:
    """The parameter `n`."""
    return query.number("n", N_DEFAULT, least=0, most=N_MAX)


def offset_of(query: Query) -> int:
    """The parameter `offset`."""
    return query.number("offset", 0, least=0, most=N_MAX)
