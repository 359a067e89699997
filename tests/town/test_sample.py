"""The embedded sample: seeded, fresh, sound by the importer's own rules, and with something in it to be learnt."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from walras.base.clock import DAY_MS, SetClock
from walras.base.streams import stream
from walras.doors.files import check, import_files
from walras.events import Registry, SqliteLog
from walras.town.sample import sample_rows, write_sample

NOW_MS = 1_790_000_000_000


@pytest.fixture(scope="module")
def rows() -> list[dict[str, Any]]:
    return list(sample_rows(NOW_MS, stream(7, "town/sample")))


def of_type(rows: list[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    return [row for row in rows if row["type"] == kind]


def test_the_same_seed_gives_the_same_town_and_another_another(rows: list[dict[str, Any]]) -> None:
    assert rows == list(sample_rows(NOW_MS, stream(7, "town/sample")))
    assert rows[:5] != list(sample_rows(NOW_MS, stream(8, "town/sample")))[:5]


def test_its_size_and_its_month(rows: list[dict[str, Any]]) -> None:
    items, people, events = (of_type(rows, kind) for kind in ("item", "person", "event"))
    assert (len(items), len(people)) == (128, 400)
    assert 20_000 < len(events) < 36_000
    times = [event["time_ms"] for event in events]
    assert times == sorted(times) and times[-1] <= NOW_MS and NOW_MS - times[-1] < 3_600_000
    assert 28 * DAY_MS < times[-1] - times[0] < 32 * DAY_MS


def test_new_items_and_new_owners(rows: list[dict[str, Any]]) -> None:
    items = of_type(rows, "item")
    fresh = [item for item in items if NOW_MS - item["created_ms"] < 3 * DAY_MS]
    assert 8 < len(fresh) < 60
    oldest = {item["owner"]: min(i["created_ms"] for i in items if i["owner"] == item["owner"]) for item in fresh}
    assert sum(NOW_MS - created < 3 * DAY_MS for created in oldest.values()) >= 6
    assert 50 <= len({item["owner"] for item in items}) <= 75
    assert all(item["created_ms"] <= NOW_MS for item in items)


def test_titles_are_in_two_languages_and_not_repeated(rows: list[dict[str, Any]]) -> None:
    items = of_type(rows, "item")
    languages = Counter(item["language"] for item in items)
    assert languages["zh"] > 64 and languages["en"] > 24
    assert len({item["title"] for item in items}) == len(items)
    assert not [item["title"] for item in items if "{" in item["title"]]
    assert len({item["topics"][0] for item in items}) == 16


def test_nobody_is_shown_what_was_not_yet_made_nor_the_same_twice(rows: list[dict[str, Any]]) -> None:
    created = {item["id"]: item["created_ms"] for item in of_type(rows, "item")}
    shown = [event for event in of_type(rows, "event") if event["outcome"] == "exposure"]
    assert all(event["time_ms"] >= created[event["item"]] for event in shown)
    assert len({(event["person"], event["item"]) for event in shown}) == len(shown)
    assert {event["surface"] for event in shown} == {"feed", "square"} and all(event["place"] >= 0 for event in shown)


def test_tastes_can_be_learnt(rows: list[dict[str, Any]]) -> None:
    """Likes of a person's usual topic in the first half foretell likes in the second."""
    topic = {item["id"]: item["topics"][0] for item in of_type(rows, "item")}
    events = of_type(rows, "event")
    middle = NOW_MS - 15 * DAY_MS
    loved: dict[str, Counter[str]] = {}
    for event in events:
        if event["outcome"] == "long_view" and event["time_ms"] < middle:
            loved.setdefault(event["person"], Counter())[topic[event["item"]]] += 1
    favourite = {person: count.most_common(1)[0][0] for person, count in loved.items()}
    liked = {(e["person"], e["item"]) for e in events if e["outcome"] == "like"}
    rates: dict[bool, list[bool]] = {True: [], False: []}
    for event in events:
        if event["outcome"] == "exposure" and event["time_ms"] >= middle and event["person"] in favourite:
            same = topic[event["item"]] == favourite[event["person"]]
            rates[same].append((event["person"], event["item"]) in liked)
    assert np.mean(rates[True]) > 1.3 * np.mean(rates[False])


def test_it_comes_in_through_the_same_door_as_everybodys_files(tmp_path: Path) -> None:
    path = tmp_path / "sample.jsonl"
    count = write_sample(path, NOW_MS, stream(7, "town/sample"))
    assert count == len(path.read_text("utf-8").splitlines())
    assert json.loads(path.read_text("utf-8").split("\n", 1)[0])["type"] == "item"
    log, clock = SqliteLog(tmp_path / "log", Registry()), SetClock(NOW_MS)
    report = import_files([path], log, registry=Registry(), clock=clock, home=tmp_path)
    again = import_files([path], log, registry=Registry(), clock=clock, home=tmp_path)
    log.close()
    file = report.files[0]
    assert (file.format, file.rejected, file.items, file.people) == ("walras", 0, 128, 400)
    assert file.fresh == file.events > 20_000 and again.fresh == 0
    assert not [finding for finding in check(path, clock=clock) if finding.level == "bad"]
