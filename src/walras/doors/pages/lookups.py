"""What the screens look up beside the public API: known people by the start of their id, and items by the dozen."""

import secrets
from collections.abc import Sequence
from itertools import islice

import msgspec

from walras.base.clock import Clock
from walras.features import State
from walras.schema import Item

PEOPLE_MAX = 20
ITEMS_MAX = 200
# Names looked at for one suggestion: a hundred thousand take about 10 ms, and nobody types more often than that.
_LOOKED_AT_MAX = 100_000
# Of so many people drawn by chance the one with most behaviour is shown: a feed of somebody unknown says little.
_DRAWN = 24


class Glance(msgspec.Struct, frozen=True):
    """A person as the box of suggestions shows her."""

    id: str
    deeds: int  # behaviours known of her, bounded by what is kept in memory


class People(msgspec.Struct, frozen=True):
    """Some known people."""

    people: list[Glance]


class Items(msgspec.Struct, frozen=True):
    """Items by id; those that nobody has put are missing."""

    items: list[Item]


def people_from(state: State, start: str, count: int, clock: Clock) -> People:
    """Known people whose id begins with `start`, in the order they were met; one with exactly this id first."""
    names = state.person_row.names
    exact = [start] if start and start in state.person_row else []
    found = (name for name in islice(names, 1, 1 + _LOOKED_AT_MAX) if name and name != start and name.startswith(start))
    return _glances(state, [*exact, *islice(found, count - len(exact))], clock)


def person_by_chance(state: State, clock: Clock) -> People:
    """One known person drawn by chance; nobody where nobody is known."""
    names = state.person_row.names
    drawn = {names[1 + secrets.randbelow(len(names) - 1)] for _ in range(_DRAWN)} if len(names) > 1 else set()
    glances = _glances(state, [name for name in drawn if name], clock).people
    return People(sorted(glances, key=lambda glance: -glance.deeds)[:1])


def _glances(state: State, names: Sequence[str], clock: Clock) -> People:
    now_ms = clock.now_ms()
    return People([Glance(name, len(state.person_view(name, now_ms).items)) for name in names])
