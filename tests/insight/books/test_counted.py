"""Which seconds count for pay: each rule by itself, on a log made for it, and what they leave is whole."""

import polars as pl
import pytest

from walras.base.clock import DAY_MS, HOUR_MS
from walras.base.errors import Invalid
from walras.events import AllRows
from walras.events.whole import BOOKED
from walras.insight.books.counted import DAY_MS_MAX, RULES, UNKNOWN_MS, count

ZONE = "Asia/Shanghai"
# 2026-03-02 00:00 in Shanghai.
MONDAY_MS = 1_772_380_800_000


def log_of(*events: tuple) -> AllRows:
    """Rows of (person, item, outcome, seconds, milliseconds after Monday's midnight)."""
    rows = [
        (seq, "event", f"e{seq}", MONDAY_MS + at_ms, person, item, "", outcome, float(value), "")
        for seq, (person, item, outcome, value, at_ms) in enumerate(events, 1)
    ]
    kinds = dict.fromkeys(BOOKED, pl.String) | {"seq": pl.Int64, "time_ms": pl.Int64, "value": pl.Float64}
    return AllRows((), pl.DataFrame(rows, schema=kinds, orient="row"), len(rows))


def owners(items):
    return {item: "ana" if item.startswith("a") else "bo" for item in items if item != "nobodys"}


def counted(*events: tuple, lengths: dict[str, int] | None = None):
    month = count(log_of(*events), "2026-03", ZONE, owners, lengths or {})
    assert sum(month.dropped_ms.values()) == sum(video.dropped_ms for video in month.videos)
    return {video.item: video.counted_ms for video in month.videos}, month.dropped_ms


def test_what_others_watch_counts_and_ones_own_does_not() -> None:
    kept, dropped = counted(
        ("bo", "a1", "watch", 12.5, 0), ("ana", "a1", "watch", 30, 0), ("bo", "nobodys", "watch", 7, 0),
        ("bo", "a1", "like", 1, 0), ("bo", "a1", "watch", 3, -2 * DAY_MS), ("bo", "a1", "watch", 3, 31 * DAY_MS),
    )  # fmt: skip
    assert kept == {"a1": 12_500, "nobodys": 0}
    assert dropped == dict.fromkeys(RULES, 0) | {"own": 37_000}


def test_a_video_counts_three_times_its_length_a_day() -> None:
    events = [("bo", "a1", "watch", 10, n) for n in range(5)]
    assert counted(*events, lengths={"a1": 10_000})[0] == {"a1": 30_000}
    assert counted(*events, ("bo", "a1", "watch", 10, DAY_MS), lengths={"a1": 10_000})[0] == {"a1": 40_000}
    assert counted(*[("bo", "a1", "watch", 300, n) for n in range(3)])[0] == {"a1": UNKNOWN_MS}


def test_an_hour_has_an_hour_and_a_day_sixteen() -> None:
    at_once = [("bo", f"a{n}", "watch", 500, 60_000) for n in range(9)]
    kept, dropped = counted(*at_once)
    assert sum(kept.values()) == HOUR_MS and dropped["hour"] == 900_000
    assert (kept["a6"], kept["a7"], kept["a8"]) == (500_000, 100_000, 0), "in the order in which they came"
    whole_day = [("bo", f"a{h}-{n}", "watch", 600, h * HOUR_MS) for h in range(20) for n in range(6)]
    kept, dropped = counted(*whole_day, ("bo", "a1", "like", 1, 0))
    assert sum(kept.values()) == DAY_MS_MAX and dropped["day"] == 4 * HOUR_MS


def test_a_player_that_only_runs_for_one_maker_is_a_farm() -> None:
    runs = [("bot", f"a{h}-{n}", "watch", 600, h * HOUR_MS) for h in range(10) for n in range(6)]
    kept, dropped = counted(*runs)
    assert sum(kept.values()) == 0 and dropped["farm"] == 10 * HOUR_MS
    for alive in (("bot", "a1", "like", 1, 0), ("bot", "b1", "watch", 1, 20 * HOUR_MS)):
        assert sum(counted(*runs, alive)[0].values()) >= 10 * HOUR_MS
    assert sum(counted(*runs[:-1])[0].values()) == 10 * HOUR_MS - 600_000


def test_nothing_is_counted_of_an_empty_month_and_a_wrong_one_is_refused() -> None:
    assert counted() == ({}, dict.fromkeys(RULES, 0))
    with pytest.raises(Invalid):
        count(log_of(), "2026-3", ZONE, owners, {})
