"""What may not fill a place, and why: reason codes for every candidate, in one pass."""

from dataclasses import replace
from enum import IntEnum
from typing import NamedTuple, cast

import numpy as np

from walras.features import LIMITED, LIVE, State, compiled_in_place
from walras.retrieval.asking import Asked, Proposal
from walras.schema import Bools, Candidates, Codes, Floats32, Ints, Longs


class Reason(IntEnum):
    """Why a candidate is dropped; the first that holds, in this order."""

    NOT_LIVE = 1  # never put, hidden, removed or deleted
    REQUEST = 2  # the request excludes it
    KIND = 3  # not a kind this surface shows
    MARKET = 4  # not shown in the person's market
    AGE = 5  # for older people
    BLOCKED_ITEM = 6
    BLOCKED_OWNER = 7
    BLOCKED_TOPIC = 8
    LIMITED = 9  # only for followers of its owner
    OWN = 10  # the person made it
    SEEN = 11  # met before
    SERVED = 12  # answered a moment ago, on its way to the screen


NAMES: tuple[str, ...] = ("", *(reason.name.lower() for reason in Reason))


class _Items(NamedTuple):
    """Columns of items that rules read."""

    state: Codes
    kind: Codes
    markets: Ints
    age_min: Codes
    owner: Ints
    topics: Ints


class _Rules(NamedTuple):
    """What one person and surface forbid. All rows sorted."""

    kinds: Bools  # [256] kinds shown
    markets: Bools  # [sets] market sets allowed
    age: int
    own: int
    request: Ints
    blocked_items: Ints
    blocked_owners: Ints
    blocked_topics: Ints
    followed: Ints
    seen: Ints
    served: Ints


@compiled_in_place
def _has(ordered: Ints, row: int) -> bool:
    low, high = 0, len(ordered)
    while low < high:
        middle = (low + high) // 2
        if ordered[middle] < row:
            low = middle + 1
        else:
            high = middle
    return bool(low < len(ordered) and ordered[low] == row)


@compiled_in_place
def _blocks(rules: _Rules, items: _Items, row: int) -> int:
    if _has(rules.blocked_items, row):
        return 6
    if _has(rules.blocked_owners, items.owner[row]):
        return 7
    for n in range(items.topics.shape[1]):
        topic = items.topics[row, n]
        if topic and _has(rules.blocked_topics, topic):
            return 8
    return 0


@compiled_in_place
def _reason(rules: _Rules, items: _Items, row: int) -> int:
    if row <= 0 or row >= len(items.state) or items.state[row] == 0 or items.state[row] > 2:
        return 1
    if _has(rules.request, row):
        return 2
    if not rules.kinds[items.kind[row]]:
        return 3
    if not rules.markets[items.markets[row]]:
        return 4
    if rules.age and items.age_min[row] > rules.age:
        return 5
    blocked = _blocks(rules, items, row)
    if blocked:
        return blocked
    if items.state[row] == 2 and not _has(rules.followed, items.owner[row]):
        return 9
    if rules.own and items.owner[row] == rules.own:
        return 10
    return 11 if _has(rules.seen, row) else 12 if _has(rules.served, row) else 0


@compiled_in_place
def _fill_reasons(rules: _Rules, items: _Items, rows: Ints, found: Codes) -> None:
    for n in range(len(rows)):
        found[n] = _reason(rules, items, rows[n])


@compiled_in_place
def _fill_allowed(rules: _Rules, items: _Items, rows: Ints, found: Longs) -> int:
    """Write places of the first rows that nothing forbids into `found`; gives how many."""
    taken = 0
    for n in range(len(rows)):
        if taken == len(found):
            break
        if _reason(rules, items, rows[n]) == 0:
            found[taken] = n
            taken += 1
    return taken


assert (LIVE, LIMITED) == (1, 2), "the compiled rules read these codes"


class Exclusions:
    """The rules of one request, read once and asked by every source and at the end."""

    def __init__(self, asked: Asked, state: State) -> None:
        """Read what the person, the surface and the request forbid."""
        columns, person = state.items, asked.person
        names = ("state", "kind", "markets", "age_min", "owner", "topics")
        self._items = _Items(*(columns[name] for name in names))
        market = state.catalogue.market_of(asked.context.get("market", ""), person.market)
        self._rules = _Rules(
            kinds=_kinds(asked, state), markets=state.catalogue.allows[:, market].copy(), age=person.age,
            own=state.owner_row.get(person.id, 0), request=np.sort(asked.exclude),
            blocked_items=np.sort(person.blocked_items), blocked_owners=np.sort(person.blocked_owners),
            blocked_topics=np.sort(person.blocked_topics), followed=person.followed, seen=_met(asked),
            served=np.sort(person.served),
        )  # fmt: skip

    def reasons(self, rows: Ints) -> Codes:
        """[N] reason codes, 0 where nothing forbids the item."""
        found = np.zeros(len(rows), np.uint8)
        _fill_reasons(self._rules, self._items, rows, found)
        return found

    def first_allowed(self, rows: Ints, count: int) -> Longs:
        """Places of the first `count` rows that nothing forbids."""
        found = np.empty(min(count, len(rows)), np.int64)
        return found[: _fill_allowed(self._rules, self._items, rows, found)]


def rules_of(asked: Asked, state: State) -> Exclusions:
    """The rules of a request, read at the first call for it."""
    if "rules" not in asked.read:
        asked.read["rules"] = Exclusions(asked, state)
    return cast(Exclusions, asked.read["rules"])


def _kinds(asked: Asked, state: State) -> Bools:
    if not asked.surface.kinds:
        return np.ones(256, np.bool_)
    shown = np.zeros(256, np.bool_)
    shown[[code for kind in asked.surface.kinds if (code := state.catalogue.kinds.get(kind, 0))]] = True
    return shown


def _met(asked: Asked) -> Ints:
    """What counts as seen here: everything ever met, or, on a surface that repeats, what was met within its span.

    The span is read from the sequence, so of exposures alone it knows the newest fifty.
    """
    if not asked.surface.repeat_after_ms:
        return asked.person.seen
    lately = asked.person.times_ms > asked.now_ms - asked.surface.repeat_after_ms
    return np.unique(asked.person.items[lately])


def exclude(candidates: Candidates, asked: Asked, state: State) -> Candidates:
    """Mark every candidate that may not fill a place with its reason; rows stay where they are.

    Args:
        candidates: N candidates.
        asked: whose page, and where.
        state: what is known now.

    Returns:
        The same candidates with `dropped` filled in.
    """
    reasons = rules_of(asked, state).reasons(candidates.row)
    earlier = candidates.dropped if len(candidates.dropped) == len(candidates) else np.zeros(len(candidates), np.uint8)
    return replace(candidates, dropped=np.where(earlier, earlier, reasons))


def dropped_by_reason(candidates: Candidates) -> dict[str, int]:
    """How many candidates each reason dropped, for the page's record."""
    counts = np.bincount(candidates.dropped, minlength=len(NAMES))
    return {NAMES[n]: int(counts[n]) for n in range(1, len(NAMES)) if counts[n]}


def allowed(rules: Exclusions, row: Ints, score: Floats32, count: int) -> Proposal:
    """The first `count` of rows in order that nothing forbids, as a proposal without chance."""
    kept = rules.first_allowed(row, count)
    return Proposal(row[kept].astype(np.int32), score[kept].astype(np.float32), np.ones(len(kept), np.float32))
