"""What a trial may set: parameters that the code reads, each with its default and its limits."""

import math
from collections.abc import Iterable, Mapping

import msgspec

from walras.base.errors import Invalid, nearest
from walras.world.trials.values import Value

_NUMBER_MAX = 1e6


class Parameter(msgspec.Struct, frozen=True, kw_only=True):
    """Something that can be set otherwise for a share of units."""

    name: str  # room.name, such as feed.explore_share
    default: Value
    meaning: str
    least: float = 0.0
    most: float = _NUMBER_MAX
    choices: tuple[str, ...] = ()  # of a text; empty: any


def _of_surface(name: str, most: float, meaning: str, usual: str = "") -> Parameter:
    """Something that the surface says where no trial does."""
    meaning = f"{meaning}; -1 as the surface says{usual}."
    return Parameter(name=f"feed.{name}", default=-1.0, least=-1.0, most=most, meaning=meaning)


def _source(name: str, default: int) -> Parameter:
    return _of_surface(f"source.{name}", 500.0, f"Candidates asked of the source {name}", f" ({default} on the feed)")


def _worth(outcome: str) -> Parameter:
    return Parameter(
        name=f"feed.worth.{outcome}",
        default=1.0,
        least=-100.0,
        most=100.0,
        meaning=f"What one {outcome} is worth, as a multiple of the table of worth.",
    )


_SOURCES = {
    "sequence": 170,
    "cooccurrence": 95,
    "followed": 45,
    "popular": 105,
    "fresh": 45,
    "text": 65,
    "explore": 45,
}
_WORTHS = ("click", "watch", "long_view", "like", "comment", "share", "save", "follow", "dislike", "report", "skip")
# Configurations of a page. -1 means: as the surface says.
PARAMETERS: tuple[Parameter, ...] = (
    *(_source(name, count) for name, count in _SOURCES.items()),
    *(_worth(outcome) for outcome in _WORTHS),
    _of_surface("explore_share", 0.5, "Share of places given to chance"),
    _of_surface("fresh_share", 0.5, "Share of places kept for items of new owners"),
    _of_surface("owner_gap", 20.0, "Places between two items of one owner"),
    _of_surface("topic_gap", 20.0, "Places between two items of one topic"),
    Parameter(
        name="feed.allocator",
        default="spread",
        choices=("spread", "by-value"),
        meaning="How places are filled: best value under the gaps, or by value alone.",
    ),
    Parameter(
        name="feed.model.sequence",
        default="",
        meaning="Version of the sequence model that pages are made with; empty: the active one.",
    ),
    Parameter(
        name="feed.model.ranker",
        default="",
        meaning="Version of the ranker that pages are made with; empty: the active one.",
    ),
)


class Parameters:
    """Known parameters by name; lines add theirs."""

    def __init__(self, known: Iterable[Parameter] = PARAMETERS) -> None:
        """Take these."""
        self.by_name: dict[str, Parameter] = {parameter.name: parameter for parameter in known}

    def declare(self, more: Iterable[Parameter]) -> None:
        """Add parameters; one that is known under the name is replaced."""
        self.by_name.update((parameter.name, parameter) for parameter in more)

    def default(self, name: str) -> Value:
        """What holds where no trial sets it.

        Raises:
            Invalid: nobody has declared it.
        """
        return self._named(name, "parameter").default

    def check(self, sets: Mapping[str, Value], field: str) -> None:
        """Whether these values can be set.

        Raises:
            Invalid: a parameter is unknown, or a value is of another kind or outside its limits.
        """
        for name, value in sets.items():
            _check_value(self._named(name, field), value, f"{field}.{name}")

    def _named(self, name: str, field: str) -> Parameter:
        found = self.by_name.get(name)
        if found is None:
            raise Invalid("is no known parameter", field=field, value=name, hint=nearest(name, self.by_name))
        return found


def _check_value(parameter: Parameter, value: Value, field: str) -> None:
    if isinstance(parameter.default, str) != isinstance(value, str):
        kind = "a text" if isinstance(parameter.default, str) else "a number"
        raise Invalid(f"must be {kind}", field=field, value=value)
    if isinstance(value, str):
        if parameter.choices and value not in parameter.choices:
            raise Invalid("is none of the choices", field=field, value=value, hint=nearest(value, parameter.choices))
    elif not (math.isfinite(value) and parameter.least <= value <= parameter.most):
        hint = f"Give {parameter.least:g} to {parameter.most:g}."
        raise Invalid("lies outside its limits", field=field, value=value, hint=hint)
