"""Dials change the very next page the way they were turned, neutral ones change nothing, and pages replay with them."""

from collections import Counter
from itertools import count as count_from

import msgspec
import numpy as np
import pytest

from walras.app.building import read_into
from walras.feed import make_page, remake, same_page
from walras.feed.dials import COMMERCIAL, turn
from walras.schema import Dials, Item, ItemPut, PageRequest

TOPICS = ("music", "fishing", "comedy", "study", "cooking")
PEOPLE = 25
CALLS = count_from(1)


@pytest.fixture
def varied(engine, log, clock):
    """Items of many lengths and topics, some of which sell something."""
    now = clock.now_ms()
    kinds = ("video", "video", "video", "product")
    log.append(
        [
            ItemPut(
                Item(
                    id=f"x{n}",
                    owner=f"w{n % 30}",
                    kind=kinds[n % 4],
                    title=f"thing {n}",
                    topics=(TOPICS[n % 5],),
                    duration_s=float(5 * 2 ** (n % 6)),
                    created_ms=now - n * 60_000,
                ),
                now,
            )
            for n in range(120)
        ]
    )
    engine.catch_up()
    engine.project()
    return engine


def pages(engine, dials, count=10, seed=5):
    """A first page of people whom nobody has met, others at each call: what was served once is not served again."""
    call = next(CALLS)
    return [
        make_page(PageRequest(person=f"new{call}-{n}", count=count, seed=seed + n, dials=dials), engine)
        for n in range(PEOPLE)
    ]


def share(found, true):
    places = [place for page in found for place in page.places]
    return np.mean([bool(true(place)) for place in places])


def duration(engine, place):
    return float(engine.state.items["duration_s"][engine.state.item_row[place.item]])


def test_neutral_dials_change_no_byte(varied):
    for n in range(10):
        plain = make_page(PageRequest(person=f"one{n}", count=10, seed=n), varied)
        set_but_neutral = make_page(PageRequest(person=f"other{n}", count=10, seed=n, dials=Dials()), varied)
        assert msgspec.json.encode(plain.places) == msgspec.json.encode(set_but_neutral.places)


@pytest.fixture
def measured(engine, log, clock):
    """Items that differ only in how they sound and are cut: loud and quick, quiet and slow, or not measured at all."""
    now = clock.now_ms()
    said = ({"loudness_lufs": "-12", "shots": "15"}, {"loudness_lufs": "-34", "shots": "1"}, {})
    made = [
        Item(
            id=f"m{n}",
            owner=f"w{n}",
            title="a thing",
            topics=("fishing", "dance"),
            duration_s=20.0,
            created_ms=now - 60_000,
            attributes=said[n % 3],
        )
        for n in range(60)
    ]
    log.append([ItemPut(item, now) for item in made])
    engine.catch_up()
    engine.project()
    return engine


@pytest.mark.parametrize(("mood", "preferred", "avoided"), [("calm", 1, 0), ("lively", 0, 1)])
def test_of_equal_topics_a_mood_prefers_what_sounds_and_is_cut_like_it(measured, mood, preferred, avoided):
    def share_of(found, kind):
        return share(found, lambda place: place.item[0] == "m" and int(place.item[1:]) % 3 == kind)

    turned = pages(measured, Dials(mood=mood))
    assert share_of(turned, preferred) > 1.5 * share_of(pages(measured, None), preferred)
    assert share_of(turned, preferred) > 3 * share_of(turned, avoided)
    assert share_of(turned, 0) + share_of(turned, 1) + share_of(turned, 2) > 0.5


def test_moods_without_measures_read_topics_alone(measured):
    rows = np.asarray([measured.state.item_row[f"m{n}"] for n in range(3)])
    assert turn(Dials(mood="funny"), None, measured.state, rows, np.arange(3.0)).parts["mood"].tolist() == [0, 0, 0]
    calm = turn(Dials(mood="calm"), None, measured.state, rows, np.arange(3.0)).parts["mood"]
    assert calm[1] == calm[2] == 1 and calm[0] == pytest.approx(0.4)


@pytest.mark.parametrize("said", ["", "loud", "nan", "inf", "-1e999", "12"])
def test_a_loudness_that_is_none_counts_as_not_measured(engine, log, clock, said):
    log.append([ItemPut(Item(id="odd", attributes={"loudness_lufs": said, "shots": said}), clock.now_ms())])
    engine.catch_up()
    assert engine.state.items["loudness_lufs"][engine.state.item_row["odd"]] == 0


@pytest.mark.parametrize(
    ("mood", "topic"), [("lively", "music"), ("calm", "fishing"), ("funny", "comedy"), ("learning", "study")]
)
def test_a_mood_brings_its_topics(varied, mood, topic):
    plain, turned = pages(varied, None), pages(varied, Dials(mood=mood))
    assert share(turned, lambda p: topic in p.topics) > share(plain, lambda p: topic in p.topics)


def test_more_and_less_of_a_topic(varied):
    plain = share(pages(varied, None), lambda p: "cooking" in p.topics)
    assert share(pages(varied, Dials(more=("cooking",))), lambda p: "cooking" in p.topics) > plain
    topics = Counter(topic for page in pages(varied, None) for place in page.places for topic in place.topics)
    most, shown = topics.most_common(1)[0]
    less = share(pages(varied, Dials(less=(most,))), lambda p: most in p.topics)
    assert less < shown / (10 * PEOPLE)


def test_length_goes_both_ways(varied):
    means = [
        np.mean([duration(varied, place) for page in pages(varied, dials) for place in page.places])
        for dials in (Dials(length=-1.0), None, Dials(length=1.0))
    ]
    assert means[0] < means[1] < means[2]


def test_novelty_goes_both_ways(varied):
    state = varied.state

    def known_share(dials):
        found = []
        for n in range(20):
            person = f"p{n}"
            view = state.person_view(person, varied.clock.now_ms())
            met = set(state.items["topics"][view.seen, 0].tolist())
            page = make_page(PageRequest(person=person, count=6, seed=n, dials=dials), varied)
            varied.unsettled.clear()
            found += [int(state.items["topics"][state.item_row[p.item], 0]) in met for p in page.places]
        return np.mean(found)

    assert known_share(Dials(novelty=1.0)) < known_share(Dials(novelty=-1.0))


@pytest.mark.parametrize("most", [0.0, 0.1, 0.3, 0.5])
def test_no_more_sells_something_than_she_lets(varied, most):
    for page in pages(varied, Dials(commercial=most, mood="funny")):
        assert sum(place.kind in COMMERCIAL for place in page.places) <= most * 10
        assert len(page.places) == 10


def test_the_reason_names_the_dial(varied):
    said = [p.reason for page in pages(varied, Dials(more=("music",))) for p in page.places if "music" in p.topics]
    assert any(sentence.startswith("You asked for more of its topic") for sentence in said)
    request = PageRequest(person="zz", seed=4, dials=Dials(more=("music",)), context={"language": "zh"})
    chinese = make_page(request, varied)
    assert any(place.reason.startswith("你想多看") for place in chinese.places)


def test_a_page_with_dials_is_made_again(varied, fresh_engine, log):
    dials = Dials(mood="calm", novelty=0.4, length=-0.7, more=("music",), less=("study",), commercial=0.2)
    for n in range(5):
        page = make_page(PageRequest(person=f"p{n}", dials=dials), varied)
        record = varied.page_record(page.id)
        assert record.dials == dials
        again = fresh_engine()
        read_into(again.state, log, until=record.position)
        assert same_page(record, remake(record, again)) == []


def test_an_old_record_without_dials_is_read(varied):
    record = varied.page_record(make_page(PageRequest(person="p1"), varied).id)
    old = {k: v for k, v in msgspec.to_builtins(record).items() if k not in ("dials", "claims", "arms")}
    read = msgspec.convert({**old, "type": "page"}, type(record))
    assert read.dials is None and read.claims == ()
