"""Counts and ties equal a plain recount of the same events, whatever their order, their batches and their doubles."""

from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.lines.video.parlour import MORNING_MS, Parlour, open_parlour
from walras.base.clock import DAY_MS
from walras.events import MemoryLog
from walras.lines.video.counting import Known, TieKey, Word, found_in, turned
from walras.lines.video.tables import TallyRow, TieRow, VideoDayRow
from walras.schema import EventColumns

VIDEOS = {"v1": "ann", "v2": "bob"}
PEOPLE = ("ann", "bob", "eve")
Said = tuple[str, str, str, str, int, float, str]  # person, outcome, item, owner, time, value, page


def about_videos() -> st.SearchStrategy[Said]:
    outcomes = ("like", "save", "dislike", "report", "share", "comment", "exposure", "watch", "retract", "skip")
    return st.tuples(
        st.sampled_from(PEOPLE),
        st.sampled_from(outcomes),
        st.sampled_from(("v1", "v2", "else")),
        st.just(""),
        st.integers(0, 5).map(lambda n: MORNING_MS + n * (DAY_MS // 3)),
        st.sampled_from((0.0, 0.4, 1.0, 2.9999, 3.0, 9.5, 9.9, 30.0)),
        st.sampled_from(("", "page")),
    )


def about_owners() -> st.SearchStrategy[Said]:
    return st.tuples(
        st.sampled_from(PEOPLE),
        st.sampled_from(("follow", "unfollow", "block", "unblock")),
        st.sampled_from(("", "v1", "else")),
        st.sampled_from(("", *PEOPLE)),
        st.integers(0, 5).map(lambda n: MORNING_MS + n),
        st.just(1.0),
        st.just(""),
    )


def columns(said: list[Said]) -> EventColumns:
    names = list(zip(*said, strict=True)) or [()] * 7
    n = len(said)
    return EventColumns(
        seq=np.arange(n),
        time_ms=np.array(names[4], np.int64),
        person=list(names[0]),
        item=list(names[2]),
        owner=list(names[3]),
        outcome=list(names[1]),
        value=np.array(names[5], np.float64),
        surface=[""] * n,
        page=list(names[6]),
        place=np.zeros(n, np.int32),
    )


KNOWN = Known(
    makers=VIDEOS,
    duration_s={"v1": 10.0, "v2": 2.0},
    owners={"else": "eve"},
    sources=lambda page, item: "fresh" if item == "v1" else "",
    taken_back=lambda person, item, time_ms: frozenset({"like", "save"}),
)


class Rows:
    """What stands in the tables after some stretches."""

    def __init__(self) -> None:
        self.ties: dict[TieKey, Word] = {}
        self.counts: Counter[tuple[str, str]] = Counter()
        self.days: Counter[tuple[object, ...]] = Counter()

    def project(self, said: list[Said]) -> None:
        found = found_in(columns(said), KNOWN)
        written, counts, _ = turned(found.words, self.ties)
        self.ties.update(written)
        for delta in (found.tallies, counts):
            for key, n in delta.items():
                self.counts[key] += n
        for key, sums in found.days.items():
            for name, n in zip(("exposures", "views", "watch_ms"), sums, strict=True):
                self.days[(*key, name)] += n

    def value(self) -> tuple[object, ...]:
        holding = {key for key, word in self.ties.items() if not word.taken_back}
        return holding, {k: n for k, n in self.counts.items() if n}, {k: n for k, n in self.days.items() if n}


def plain_recount(said: list[Said]) -> tuple[set[tuple[str, str, str]], dict[tuple[str, str], int]]:
    """The rules, said once more in the plainest way: look at every event for every tie and every count."""
    last: dict[tuple[str, str, str], tuple[int, bool]] = {}

    def hear(person: str, kind: str, target: str, at_ms: int, off: bool) -> None:
        last[person, kind, target] = max(last.get((person, kind, target), (-1, False)), (at_ms, off))

    counts: Counter[tuple[str, str]] = Counter()
    duration = {"v1": 10.0, "v2": 2.0}
    for person, outcome, item, owner, at_ms, value, _ in said:
        whom = owner or {"v1": "ann", "v2": "bob", "else": "eve"}.get(item, "")
        if item in VIDEOS:
            if outcome in ("like", "save", "dislike", "report"):
                hear(person, outcome, item, at_ms, False)
            if outcome == "retract":
                hear(person, "like", item, at_ms, True)
                hear(person, "save", item, at_ms, True)
            if outcome == "share":
                counts[item, "shares"] += 1
            if outcome == "comment":
                counts[item, "comments_said"] += 1
            if outcome == "exposure":
                counts[item, "exposures"] += 1
            if outcome == "watch":
                counts[item, "stretches"] += 1
                counts[item, "watch_ms"] += round(value * 1000)
                counts[item, "views"] += value >= 3.0 or value >= 0.95 * duration[item]
                counts[item, f"bin{min(9, int(10 * value / duration[item]))}"] += 1
        if outcome in ("follow", "unfollow", "block", "unblock") and whom and whom != person:
            hear(person, outcome.removeprefix("un"), whom, at_ms, outcome.startswith("un"))
            if outcome == "block":
                hear(person, "follow", whom, at_ms, True)
                hear(whom, "follow", person, at_ms, True)
    names = {"like": "likes", "save": "saves", "dislike": "dislikes", "report": "reports", "block": "blocks"}
    holding = {key for key, (_, off) in last.items() if not off}
    for person, kind, target in holding:
        if kind == "follow":
            counts[target, "followers"] += 1
            counts[person, "following"] += 1
        else:
            counts[target, names[kind]] += 1
    return holding, {key: n for key, n in counts.items() if n}


@settings(max_examples=300, deadline=None)
@given(st.lists(about_videos() | about_owners(), max_size=30), st.randoms(use_true_random=False), st.data())
def test_any_order_and_any_split_give_a_plain_recount(said: list[Said], random: object, data: st.DataObject) -> None:
    shuffled = list(said)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    cut = data.draw(st.integers(0, len(said)))
    one, other = Rows(), Rows()
    one.project(said)
    other.project(shuffled[:cut])
    other.project(shuffled[cut:])
    assert one.value() == other.value()
    holding, counts = plain_recount(said)
    assert one.value()[:2] == (holding, counts)


def tables(parlour: Parlour) -> tuple[object, ...]:
    import sqlalchemy as sa

    with parlour.house.world.database.read() as connection:
        ties = {tuple(row) for row in connection.execute(sa.select(TieRow))}
        tallies = {tuple(row) for row in connection.execute(sa.select(TallyRow)) if row.n}
        days = {tuple(row) for row in connection.execute(sa.select(VideoDayRow))}
    return ties, tallies, days


@settings(max_examples=25, deadline=None)
@given(st.lists(about_videos() | about_owners(), min_size=1, max_size=25), st.lists(st.integers(0, 24), max_size=8))
def test_the_tables_are_the_same_live_doubled_and_rebuilt(said: list[Said], doubled: list[int]) -> None:
    """Each event once through the log, some sent again, in many stretches; then everything counted anew."""
    with (
        TemporaryDirectory() as folder,
        open_parlour(Path(folder), f"sqlite:///{folder}/w.sqlite", MemoryLog()) as parlour,
    ):
        videos = {name: parlour.video(parlour_person(parlour, maker)).id for name, maker in VIDEOS.items()}
        for n, (person, outcome, item, owner, at_ms, value, _) in enumerate(said):
            more = {"owner": owner, "value": value, "time_ms": at_ms, "id": f"s{n}"}
            if outcome == "retract":
                more["context"] = {"of": "like"}
            for _ in range(1 + doubled.count(n)):
                parlour.say(f"p-{person}", outcome, videos.get(item, item), **{**more, "owner": owner and f"p-{owner}"})
            if n % 3 == 0:
                parlour.trade.counts.catch_up()
        parlour.trade.counts.catch_up()
        live = tables(parlour)
        parlour.trade.counts.rebuild()
        assert tables(parlour) == live
        parlour.trade.counts.project_all()
        assert tables(parlour) == live


def parlour_person(parlour: Parlour, handle: str) -> object:
    return parlour.person(handle)


def test_two_processes_count_each_event_once(either: Parlour) -> None:
    from walras.lines.video.projecting import Counts

    ann = either.person("ann")
    video = either.video(ann)
    other = Counts(either.house)
    for n in range(30):
        either.say(f"p{n}", "like", video.id)
        (either.trade.counts if n % 2 else other).catch_up()
    other.project_all()
    either.trade.counts.project_all()
    assert either.counts(video.id)["likes"] == 30


def test_two_threads_of_two_processes_count_each_event_once(either: Parlour) -> None:
    from concurrent.futures import ThreadPoolExecutor

    from walras.lines.video.projecting import Counts

    ann = either.person("ann")
    video = either.video(ann)
    others = [Counts(either.house) for _ in range(4)]
    with ThreadPoolExecutor(4) as threads:
        for n in range(20):
            either.say(f"p{n}", "watch", video.id, value=4.0)
            list(threads.map(lambda counts: counts.project_all(), others))
    assert either.counts(video.id)["views"] == 20


def test_taking_back_a_like_leaves_the_video_kept(either: Parlour) -> None:
    ann = either.person("ann")
    video = either.video(ann)
    either.say("eve", "like", video.id)
    either.say("eve", "save", video.id)
    either.say("eve", "retract", video.id, context={"of": "like"})
    assert either.counts(video.id) == {"saves": 1}
    either.say("eve", "like", video.id)
    either.say("eve", "like", video.id)
    assert either.counts(video.id) == {"saves": 1, "likes": 1}
    assert either.counts(ann) == {"likes_got": 1}
    either.say("eve", "retract", video.id)
    assert either.counts(video.id) == {}


@pytest.mark.parametrize(
    ("seconds", "duration", "views"), [(2.9, 10.0, 0), (3.0, 10.0, 1), (1.9, 2.0, 1), (1.0, 2.0, 0)]
)
def test_a_view_is_three_seconds_or_to_the_end(seconds: float, duration: float, views: int) -> None:
    known = Known({"v": "ann"}, {"v": duration}, {}, lambda page, item: "", lambda p, i, t: frozenset())
    found = found_in(columns([("eve", "watch", "v", "", MORNING_MS, seconds, "")]), known)
    assert found.tallies["v", "views"] == views


def test_sources_come_from_the_page(either: Parlour) -> None:
    from walras.schema import PageRequest

    ann = either.person("ann")
    video = either.video(ann)
    page = either.pages.make_page(PageRequest(person="eve"))  # type: ignore[arg-type]
    either.say("eve", "exposure", video.id, page=page.id, place=0)
    either.say("eve", "watch", video.id, value=4.0, page=page.id, place=0)
    either.say("eve", "exposure", video.id)
    either.trade.counts.catch_up()
    measured = either.trade.relations.measured(video.id)
    found = {(day.source, day.exposures, day.views, day.watch_s) for day in measured.days}
    assert found == {("fresh", 1, 1, 4.0), ("direct", 1, 0, 0.0)}
    assert measured.completion[4] == 1


def test_everything_is_counted_anew_from_the_command_line(
    parlour: Parlour, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    import sqlalchemy as sa

    from walras.lines.video.__main__ import main

    video = parlour.video(parlour.person("ann"))
    parlour.say("eve", "like", video.id)
    parlour.trade.counts.catch_up()
    unread = parlour.trade.inbox.unread("p-ann")
    with parlour.house.world.database.write() as connection:
        connection.execute(sa.update(TallyRow).values(n=99))
    monkeypatch.setenv("WALRAS_HOME", str(parlour.house.home))
    assert main(["recount"]) == 0
    assert "counted anew" in capsys.readouterr().out
    assert parlour.counts(video.id) == {"likes": 1}
    assert parlour.trade.inbox.unread("p-ann") == unread
    assert main([]) == 2
