"""Meetings gathered batch by batch are what a plain dictionary says, however large the table has to grow."""

import numpy as np
import pytest

from walras.insight.experiments.meetings import ARM_BITS, DAYS_MAX, Meetings


def drawn(seed, units, rows):
    """Hashes, instants, arms and days; some units meet two arms, and many hashes want one slot."""
    rng = np.random.default_rng(seed)
    known = np.unique(np.concatenate([np.arange(1, 40) << 20, rng.integers(1, 2**62, units)]))
    unit = rng.choice(known, rows)
    arm = np.where(rng.random(rows) < 0.001, 2, unit % 2)
    return unit, rng.integers(1, 2**40, rows), arm, rng.integers(0, DAYS_MAX + 5, rows)


def bits(arm, day):
    return np.where(day < DAYS_MAX, 1 << np.minimum(day, DAYS_MAX), 0) | (1 << (DAYS_MAX + arm))


@pytest.mark.parametrize(("seed", "units"), [(1, 50), (2, 90_000)])
def test_units_are_those_of_a_plain_count(seed, units):
    unit, instant_ms, arm, day = drawn(seed, units, 200_000)
    meetings = Meetings()
    for part in np.array_split(np.arange(len(unit)), 7):
        meetings.add(unit[part], instant_ms[part] << ARM_BITS | arm[part], bits(arm, day)[part])
    met = meetings.numbered()
    plain: dict[int, list[tuple[int, int, int]]] = {}
    for one, *rest in zip(unit.tolist(), instant_ms.tolist(), arm.tolist(), day.tolist(), strict=True):
        plain.setdefault(one, []).append(tuple(rest))
    alone = {one: rows for one, rows in plain.items() if len({arm for _, arm, _ in rows}) == 1}
    assert (len(met.arm), met.mixed) == (len(alone), len(plain) - len(alone))
    assert (np.diff(met.arm) >= 0).all()
    # A sum of ones whose instant is 0 names each unit's number; what came before the first meeting is left out.
    ids = np.asarray(sorted(plain))
    numbers = np.full((2, len(met.arm)), 0.0)
    met.add(numbers, ids, ids % 1_000 + 1.0, np.zeros(len(ids), np.int64), np.zeros(len(ids), np.int64))
    first = np.asarray([min(plain[one])[0] for one in ids.tolist()])
    met.add(numbers, ids, np.ones(len(ids)), first - 1, np.ones(len(ids), np.int64))
    assert sorted(numbers[0].tolist()) == sorted(one % 1_000 + 1.0 for one in alone)
    assert not numbers[1].any()
    met.add(numbers, ids, np.ones(len(ids)), first, np.ones(len(ids), np.int64))
    assert numbers[1].all()
    there = [0] * 2
    for rows in alone.values():
        there[rows[0][1] % 2] += len({day for _, _, day in rows if day < DAYS_MAX})
    found = np.bitwise_count(met.there)
    assert [int(found[met.arm % 2 == which].sum()) for which in (0, 1)] == there
