"""Units are read from the log's files and its new rows alike, and the report of a known effect says what it is."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from walras.base.clock import DAY_MS, HOUR_MS, SetClock
from walras.events import Registry, SqliteLog
from walras.insight.experiments import (
    METRICS,
    compared,
    money_of,
    needed_metrics,
    read_units,
    report_of,
    units_of,
    verdict,
    worth_metric,
)
from walras.ledger import Ledger
from walras.ledger.exports import all_postings, mirror
from walras.schema import Event, JournalEntry, Posting
from walras.world import Arm, Guard, Live, Reader, Step, Trial, TrialStatus, World

START_MS = 20_000 * DAY_MS
TRIAL = Trial(
    name="tried",
    arms=(Arm("as before"), Arm("more", 1.0, {"feed.explore_share": 0.2})),
    guards=(Guard("watch_minutes"),),
    allowed={"tester": "more"},
    steps=(Step(0.5, 24.0),),
    planned=2_000,
)
STATUS = TrialStatus(TRIAL, "running", START_MS, step=1)


def happened(people=400, days=4, minutes=0.0, returns=0.0, seed=3):
    """People who come on some days and watch; `minutes` and `returns` are the true effects of the second arm."""
    rng = np.random.default_rng(seed)
    reader = Reader(7)
    reader.take([Live.of(STATUS)])
    for n in range(people):
        person, usual, here = f"p{n}", rng.gamma(2.0, 5.0), True
        yield Event(person=person, item="i", outcome="watch", value=60 * usual, time_ms=START_MS - DAY_MS, id=f"b{n}")
        for day in range(days):
            if not here:
                here = rng.random() < 0.5
            if not here:
                continue
            at_ms = START_MS + day * DAY_MS + int(rng.integers(HOUR_MS, 20 * HOUR_MS))
            more = reader.settle("feed", {"person": person}, at_ms).arms.get("tried") == "more"
            watched = 60 * max(rng.normal(usual + minutes * more, 1.0), 0.0)
            yield Event(person=person, item="i", outcome="exposure", time_ms=at_ms, id=f"e{n}/{day}")
            yield Event(person=person, item="i", outcome="watch", value=watched, time_ms=at_ms + 5, id=f"w{n}/{day}")
            here = rng.random() < 0.5 + returns * more
    tester = reader.settle("feed", {"person": "tester"}, START_MS + 5)
    assert tester.arms == {"tried": "more"}
    yield from reader.drain()


@pytest.fixture
def log(tmp_path):
    log = SqliteLog(tmp_path / "log", Registry(), SetClock(START_MS))
    yield log
    log.close()


def read(log, **more):
    log.append(list(happened(**more)))
    return read_units(log.folder, TRIAL, START_MS, START_MS + 4 * DAY_MS - 1)


def test_files_and_new_rows_give_the_same_units(tmp_path):
    clock = SetClock(START_MS)
    log = SqliteLog(tmp_path / "log", Registry(), clock)
    events = list(happened(people=150))
    log.append(events[: len(events) // 2])
    clock.instant_ms += 2 * DAY_MS
    assert log.compact() > 0
    log.append(events[len(events) // 2 :])
    span = (START_MS, START_MS + 4 * DAY_MS - 1)
    mixed = read_units(log.folder, TRIAL, *span)
    log.close()
    columns = ("person", "item", "owner", "outcome", "value", "surface", "place", "time_ms")
    fresh = pl.DataFrame({c: [getattr(e, c) for e in events] for c in columns}).with_columns(
        pl.lit(None, pl.String).alias("context")
    )
    alone = units_of([], fresh.to_arrow(), TRIAL, span, METRICS)
    for name in ("watch_minutes", "returned", "active_days"):
        for arm in (0, 1):
            one, other = mixed.of(name, arm), alone.of(name, arm)
            assert sorted(one[0].tolist()) == pytest.approx(sorted(other[0].tolist()))
            assert sorted(one[1].tolist()) == pytest.approx(sorted(other[1].tolist()))


def test_units_are_what_a_plain_count_says(log):
    events = list(happened(people=120))
    log.append(events)
    units = read_units(log.folder, TRIAL, START_MS, START_MS + 4 * DAY_MS - 1)
    first: dict[str, tuple[int, int]] = {}
    for e in sorted(events, key=lambda e: e.time_ms):
        if e.outcome == "assignment" and e.value > 0:
            first.setdefault(e.person, (e.time_ms, e.place))
    minutes = dict.fromkeys(first, 0.0)
    there: dict[str, set[int]] = {p: set() for p in first}
    for e in events:
        if e.person in first and e.time_ms >= first[e.person][0]:
            there[e.person].add((e.time_ms - START_MS) // DAY_MS)
            minutes[e.person] += e.value / 60 if e.outcome == "watch" else 0.0
    assert len(units.arm) == len(first)
    assert "tester" not in first
    assert units.sums["watch_minutes"][0].sum() == pytest.approx(sum(minutes.values()))
    back = sum(1 for days in there.values() for day in days if day + 1 in days and day < 2)
    could = sum(1 for days in there.values() for day in days if day < 2)
    assert (units.sums["returned"][0].sum(), units.sums["returned"][1].sum()) == (back, could)
    assert np.bincount(units.arm).tolist() == [
        sum(arm == which for _, arm in first.values()) for which in (0, 1)
    ]  # fmt: skip


def test_a_true_effect_is_found_and_the_past_narrows_it(log):
    units = read(log, minutes=2.0, returns=0.2)
    found = {line.metric: line for line in report_of(STATUS, units, METRICS, START_MS).lines}
    # Who did not return comes the day after with one chance in two, so that half of the 0.2 remains.
    assert found["returned"].once.low < 0.1 < found["returned"].once.high
    assert found["watch_minutes"].once.low > 0
    plain = without_the_past(units)
    assert compared(units, "watch_minutes", 1).se < 0.6 * compared(plain, "watch_minutes", 1).se


def without_the_past(units):

    return replace(units, before={})


def test_what_harms_a_guard_rail_is_rolled_back_and_what_does_not_goes_on(log, tmp_path):
    harmed = report_of(STATUS, read(log, minutes=-3.0), METRICS, START_MS)
    assert verdict(STATUS, harmed, START_MS).deed == "roll-back"
    assert "watch_minutes" in verdict(STATUS, harmed, START_MS).reason
    other = SqliteLog(tmp_path / "other", Registry(), SetClock(START_MS))
    fine = report_of(STATUS, read(other, minutes=0.0), METRICS, START_MS)
    other.close()
    staged = TrialStatus(TRIAL, "running", START_MS)
    assert verdict(staged, fine, START_MS + HOUR_MS).deed == "hold"
    assert verdict(staged, fine, START_MS + 24 * HOUR_MS).deed == "step"
    assert verdict(STATUS, fine, START_MS + 24 * HOUR_MS).deed == "hold"


def test_arms_that_lose_units_are_not_read_but_rolled_back(log):
    events = [e for e in happened(people=1_500) if not (e.outcome == "assignment" and e.place == 1 and e.time_ms % 3)]
    log.append(events)
    report = report_of(STATUS, read_units(log.folder, TRIAL, START_MS, START_MS + 4 * DAY_MS), METRICS, START_MS)
    assert not report.is_sound
    assert verdict(STATUS, report, START_MS).deed == "roll-back"


def test_too_few_units_say_nothing(log):
    report = report_of(STATUS, read(log, people=60), METRICS, START_MS)
    assert (report.lines, verdict(STATUS, report, START_MS).deed) == ((), "hold")


def test_worth_is_one_metric_and_a_guard_may_be_any_outcome():
    worth = worth_metric({"watch": 0.001, "like": 0.01})
    guarded = TrialStatus(Trial(name="t", arms=TRIAL.arms, guards=(Guard("skip", "more"),)), "running")
    names = [metric.name for metric in needed_metrics(guarded, [worth])]
    assert {"worth_yuan", "skip", "returned"} <= set(names)


def entry(key, event, fen, account="Income:Live"):
    """An entry that follows from an event: so much income, and half of it as cost."""
    postings = (
        Posting(account="Assets:Clearing", side="debit", amount=fen),
        Posting(account=account, side="credit", amount=fen),
        Posting(account="Expenses:Cost:Shares:Hosts", side="debit", amount=fen // 2),
        Posting(account="Liabilities:Payable:Hosts", side="credit", amount=fen // 2, owner="host"),
    )
    return JournalEntry(key=key, kind="gift", time_ms=START_MS, postings=postings, event=event)


@pytest.mark.parametrize("in_files", [False, True])
def test_yuan_are_those_of_the_ledger_and_not_what_events_say(log, tmp_path, in_files):
    clock = SetClock(START_MS + 5 * DAY_MS)
    world = World(f"sqlite:///{tmp_path / 'world.sqlite'}", models_folder=tmp_path / "models", clock=clock)
    world.upgrade()
    ledger = Ledger(world.database, clock, "UTC")
    events = list(happened(people=120))
    met = {e.person: e.time_ms for e in reversed(events) if e.outcome == "assignment" and e.value > 0}
    people = sorted(met)[:5]
    # What an event says it was worth is another sum than what was booked.
    gifts = [Event(person=p, item="i", outcome="gift", value=999.0, time_ms=met[p] + 5, id=f"g{p}") for p in people]
    gifts.append(Event(person=people[0], item="i", outcome="gift", value=9.0, time_ms=START_MS - 5, id="past"))
    gifts.append(Event(person="stranger", item="i", outcome="gift", value=9.0, time_ms=START_MS + 5, id="other"))
    log.append([*events, *gifts])
    ledger.post(*(entry(f"gift/{gift.id}", gift.id, 1_000) for gift in gifts))
    ledger.reverse(f"gift/g{people[1]}", "back", START_MS + DAY_MS)
    if in_files:
        mirror(ledger, tmp_path / "books", 1)
    money = money_of(all_postings(ledger, tmp_path / "books"), ("gift",))
    units = read_units(log.folder, TRIAL, START_MS, START_MS + 4 * DAY_MS - 1, METRICS, money)
    assert sorted(units.sums["ledger_yuan"][0][units.sums["ledger_yuan"][0] != 0].tolist()) == [5.0] * 4
    assert units.before["ledger_yuan"].sum() == 5.0
    assert units.sums["paid_yuan"][0].sum() == 5 * 999.0
    bare = read_units(log.folder, TRIAL, START_MS, START_MS + 4 * DAY_MS - 1, METRICS)
    assert not bare.sums["ledger_yuan"][0].any()
    ledger.close()
    world.close()
