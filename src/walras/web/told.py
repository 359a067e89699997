"""What a route says of itself: who may call it, what it reads and gives. The guard and the OpenAPI document read it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

KEY = "told"


@dataclass(frozen=True, slots=True)
class Asked:
    """One query parameter."""

    name: str
    meaning: str
    schema: Mapping[str, Any] = field(default_factory=lambda: {"type": "string"})
    many: bool = False


@dataclass(frozen=True, slots=True)
class Told:
    """A route as its callers see it."""

    summary: str
    tag: str
    scope: str | None = ""  # None: no key is needed; empty: any key
    # Whose cookie opens it: guest, account, reviewer, operator; with a `scope` a key does as well. Empty: a key alone.
    who: str = ""
    teen: str = "any"  # in teen mode: any, timed (within minutes and outside quiet hours) or closed
    local: bool = False  # whether requests from this machine need no key, where the settings say so
    reads: Any = None  # type of the body; None: there is none
    gives: Any = None  # type of the answer; None: there is no body
    asks: Any = None  # an example body
    example: Any = None  # an example answer
    query: Sequence[Asked] = ()
    path: Mapping[str, str] = field(default_factory=dict)  # an example by path parameter
    status: int = 200
    media: Sequence[str] = ("application/json",)  # content types of the body
    answer_media: str = "application/json"


def told(**said: Any) -> dict[str, Any]:
    """The `opt` of a route handler that says this of itself."""
    return {KEY: Told(**said)}


def told_by(opt: Mapping[str, Any]) -> Told | None:
    """What a route has said of itself; None for the framework's own, such as OPTIONS."""
    found = opt.get(KEY)
    return found if isinstance(found, Told) else None


def count_asked(most: int, default: int) -> Asked:
    """The parameter `n`."""
    schema = {"type": "integer", "minimum": 1, "maximum": most, "default": default}
    return Asked("n", f"How many, at most {most}.", schema)


def cursor_asked() -> Asked:
    """The parameter `cursor`."""
    return Asked("cursor", "Where to go on, as the answer before said; empty for the start.")
