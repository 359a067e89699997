"""What a video was promised: made once, counted once from the log, priced, closed with a receipt; and its reach."""

from dataclasses import replace

import msgspec
import numpy as np
import pytest

from walras.base.clock import HOUR_MS
from walras.base.errors import Invalid, NotFound
from walras.base.ids import PageId
from walras.lines.video.claims import Claims, displaced, promise_of_video, receipt
from walras.lines.video.doors.promising import dials_for
from walras.lines.video.reach import Past, foreseen
from walras.lines.video.wishes import Wish
from walras.schema import Dials, PageRecord, PlaceRecord
from walras.world import priced
from walras.world.promises import SPAN_MS


def page(id, item, own=0.01, lost=0.03, programme="first-exposure"):
    return PageRecord(
        id=PageId(id), person="p-bea", surface="video", time_ms=1, position=0, seed=1, count=1,
        places=(PlaceRecord(item=item, value_yuan=own, outcomes=(4.0,), source="fresh", place=0, programme=programme),),
        losers=(PlaceRecord(item="x", value_yuan=lost, outcomes=(10.0,), source="popular"),),
        outcome_names=("watch",),
    )  # fmt: skip


def exposed(parlour, video, people, page_id=""):
    for person in people:
        parlour.say(person, "exposure", video.id, page=page_id, surface="video")
    parlour.trade.claims.project_all()


def test_a_published_video_is_promised_exposures_once(parlour):
    video = parlour.video(parlour.person("ann"))
    assert parlour.trade.claims.promise_new() == 1
    assert parlour.trade.claims.promise_new() == 0
    made = parlour.house.world.promises.get(video.id)
    assert (made.promised, made.ends_ms - made.starts_ms, made.state) == (300, 48 * HOUR_MS, "running")
    assert [claim.item for claim in parlour.house.world.promises.claims(parlour.clock.now_ms(), 0.05)] == [video.id]


def test_exposures_count_once_with_their_cost_and_her_own_not(either):
    ann = either.person("ann")
    video = either.video(ann)
    either.trade.claims.promise_new()
    either.house.log.keep_page(page("p1", video.id))
    either.follow(("p-cat", ann))
    exposed(either, video, ["p-bea"], "p1")
    exposed(either, video, ["p-cat", ann])
    either.trade.claims.project_all()
    made = either.house.world.promises.get(video.id)
    assert (made.delivered, made.paid) == (2, 1)
    assert made.spent_yuan == pytest.approx(0.02) and made.spent_s == pytest.approx(6.0)
    assert made.shown["class"] == {"new": 1, "follower": 1}
    assert made.shown["source"] == {"fresh": 1, "direct": 1}


def test_a_place_that_displaced_nobody_better_costs_nothing():
    record = page("p", "v", own=0.05, lost=0.03)
    assert displaced(record, record.places[0]) == (0.0, 0.0)


def test_the_price_moves_and_the_end_brings_a_receipt(parlour):
    video = parlour.video(parlour.person("ann"))
    parlour.trade.claims.promise_new()
    first = parlour.house.world.promises.get(video.id).price_yuan
    parlour.clock.instant_ms += 24 * HOUR_MS
    assert parlour.trade.claims.move_prices() == 1
    assert parlour.house.world.promises.get(video.id).price_yuan > first
    assert parlour.trade.promised([video])[video.id]["contract"]["receipt"] is None
    parlour.clock.instant_ms += 25 * HOUR_MS
    assert parlour.trade.claims.move_prices() == 0
    over = parlour.house.world.promises.get(video.id)
    assert (over.state, over.stopped_by) == ("missed", "few")
    assert "too few matching people" in " ".join(receipt(over, "en"))
    assert "观众太少" in " ".join(receipt(over, "zh-CN"))


def test_no_price_is_above_the_owners_highest(parlour):
    video = parlour.video(parlour.person("ann"))
    parlour.trade.claims.promise_new()
    for _ in range(4):
        parlour.clock.instant_ms += HOUR_MS
        parlour.trade.claims.move_prices()
    table, now_ms = parlour.house.world.promises, parlour.clock.now_ms()
    before = table.get(video.id)
    assert before.price_yuan > 0.002
    settings = msgspec.structs.replace(parlour.house.settings, promised_price_most_yuan=0.001)
    claims = Claims(replace(parlour.house, settings=settings), parlour.trade.videos, parlour.trade.relations, None)
    assert [claim.price_yuan for claim in table.claims(now_ms, 0.001)] == [0.001]
    contract = claims.contracts([video.id], "en")[video.id]
    assert (contract["price_yuan"], contract["price_most_yuan"]) == (0.001, 0.001)
    assert priced(before, now_ms, 0.001).price_yuan == 0.001
    assert promise_of_video(video, 300, 0.001).price_yuan == 0.001


def test_a_removed_video_stops_its_promise(parlour):
    ann = parlour.person("ann")
    video = parlour.video(ann)
    parlour.trade.claims.promise_new()
    parlour.trade.publishing.remove(ann, video.id)
    parlour.trade.claims.move_prices()
    assert parlour.house.world.promises.get(video.id).stopped_by == "removed"


def test_dials_and_saved_feeds_are_hers_alone(parlour):
    dials = parlour.house.world.dials
    ann = parlour.person("ann")
    assert dials.of(ann) == Dials()
    dials.put(ann, Dials(mood="calm"))
    saved = dials.save(ann, " Evening  feed ", Dials(length=-1.0))
    assert saved.name == "Evening feed"
    assert dials_for(parlour.trade, ann) == Dials(mood="calm")
    assert dials_for(parlour.trade, ann, saved.id) == Dials(length=-1.0)
    assert dials_for(parlour.trade, "p-other", saved.id) is None
    with pytest.raises(NotFound):
        dials.change("p-other", saved.id, "x", Dials())
    with pytest.raises(Invalid):
        dials.save(ann, " ", Dials())
    dials.remove(ann, saved.id)
    assert dials.feeds(ann) == []


def test_eight_of_ten_new_videos_reach_what_was_foreseen():
    rng = np.random.default_rng(5)
    makers, topics = [f"m{n % 15}" for n in range(240)], [f"t{n % 6}" for n in range(240)]
    of_maker, of_topic = rng.normal(0, 0.6, 15), rng.normal(0, 0.4, 6)
    logs = np.array([5 + of_maker[n % 15] + of_topic[n % 6] for n in range(240)]) + rng.normal(0, 0.7, 240)
    reach = np.exp(logs)
    inside = []
    for n in range(120, 240):
        past = Past(makers[:n], topics[:n], reach[:n])
        found = foreseen(past, makers[n], topics[n])
        assert found.low <= found.mid <= found.high and not found.by_length
        inside.append(found.low <= reach[n] <= found.high)
    assert 0.7 <= np.mean(inside) <= 0.92


def test_length_counts_where_it_foretold_what_videos_got():
    rng = np.random.default_rng(7)
    seconds = np.exp(rng.uniform(np.log(5), np.log(300), 200))
    reach = np.exp(8.0 - 0.8 * np.log(seconds / 5) + rng.normal(0, 0.4, 200))
    makers, topics = [f"m{n % 20}" for n in range(200)], [f"t{n % 5}" for n in range(200)]
    past = Past(makers[:150], topics[:150], reach[:150], seconds[:150])
    short, long = (foreseen(past, "new", "t1", 300, duration_s) for duration_s in (8.0, 200.0))
    assert short.by_length and long.by_length and short.low > long.high
    found = [foreseen(past, makers[n], topics[n], 300, float(seconds[n])) for n in range(150, 200)]
    plain = [foreseen(past, makers[n], topics[n]) for n in range(150, 200)]
    assert np.mean([each.low <= reach[n] <= each.high for n, each in enumerate(found, 150)]) >= 0.65
    width = [np.mean([np.log(each.high / each.low) for each in which]) for which in (found, plain)]
    assert width[0] < 0.8 * width[1]


def test_length_does_not_count_where_it_foretold_nothing_or_few_are_known():
    rng = np.random.default_rng(2)
    makers, topics, reach = ["m"] * 60, [""] * 60, np.exp(rng.normal(5, 1.0, 60))
    unknown = Past(makers, topics, reach, np.zeros(60))
    assert foreseen(unknown, "m", "", 300, 20.0) == foreseen(unknown, "m", "")
    same = Past(makers, topics, reach, np.full(60, 20.0))
    assert not foreseen(same, "m", "", 300, 20.0).by_length


@pytest.mark.parametrize(
    ("language", "counts", "not_"), [("en", "and that counts", "does not count"), ("zh-CN", "已计入", "不计入")]
)
def test_the_third_reason_says_whether_length_counted(parlour, monkeypatch, language, counts, not_):
    seconds = np.tile([10.0, 100.0], 20)
    for reach, words in ((5_000 / seconds, counts), (np.full(40, 50.0), not_)):
        past = Past([f"m{n}" for n in range(40)], [""] * 40, reach, seconds)
        monkeypatch.setattr(parlour.trade.forecast, "_past", lambda past=past: past)
        assert words in parlour.trade.forecast.of("p-ann", [], 10.0, language).reasons[2]
        monkeypatch.undo()


def test_without_any_past_the_promise_is_foreseen_widely(parlour):
    reach = parlour.trade.forecast.of(parlour.person("ann"), ["food"], 20.0, "zh-CN")
    assert reach.low < 300 < reach.high and len(set(reach.reasons)) == 3
    assert "300" in reach.reasons[2]


def test_videos_brought_with_a_past_foretell_nothing(parlour):
    ann = parlour.person("ann")
    parlour.clock.instant_ms += 3 * 86_400_000
    parlour.trade.publishing.bring(
        ann, parlour.asset(ann).id, Wish(title="Old"), parlour.clock.instant_ms - 2 * SPAN_MS
    )
    reach = parlour.trade.forecast.of(ann, ["food"], 20.0, "en")
    assert reach.low < 300 < reach.high and "No video" in reach.reasons[2]
