"""The former system is judged by what it showed before the test choice, beside the others on the same people."""

from pathlib import Path

import msgspec
import numpy as np
import pytest

from walras.base.clock import SetClock
from walras.events import Registry, SqliteLog
from walras.schema import Event
from walras.train.dataset import leave_one_out, read_log
from walras.train.evaluate import evaluate_next_item
from walras.train.former import NAME, NOT_SHOWN, read_former
from walras.train.plots import comparison

START_MS = 1_700_000_000_000


def event(n: int, person: str, item: str, at: int, outcome: str = "click", place: int = -1) -> Event:
    told = {"id": f"e{n}", "person": person, "item": item, "outcome": outcome, "time_ms": START_MS + at, "place": place}
    return msgspec.convert(told, Event)


def seeded() -> list[Event]:
    """Everybody chooses a, b, c and then her own; the old system showed `right` of the people what they chose."""
    rows: list[tuple[object, ...]] = []
    for n in range(6):
        person = f"p{n}"
        rows += [(person, item, 10 * k) for k, item in enumerate("abc")]
        rows += [(person, f"x{n}", 100)]
    rows += [("p0", "x0", 100, "shown_by_other", 0)]  # first of its list
    rows += [("p1", "x1", 99, "shown_by_other", 2), ("p1", "a", 99, "shown_by_other", 0)]  # second; first where masked
    rows += [("p2", "x2", 101, "shown_by_other")]  # after the choice
    rows += [("p3", "x3", 20, "shown_by_other")]  # no later than what she did before
    rows += [("p4", "nobody's", 50, "shown_by_other")]  # shown and not chosen
    return [event(n, *row) for n, row in enumerate(rows)]  # type: ignore[arg-type]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    log = SqliteLog(tmp_path / "log", Registry(), SetClock(START_MS + 1_000))
    log.append(seeded())
    log.close()
    return tmp_path / "log"


def test_only_rows_between_the_last_behaviour_and_the_choice_count(folder: Path) -> None:
    found = read_former(folder, read_log(folder))
    assert found is not None
    assert found.people.tolist() == [0, 1, 4]
    assert found.ranks[True].tolist() == [1, 1, NOT_SHOWN]
    assert found.ranks[False].tolist() == [1, 2, NOT_SHOWN]


def test_all_are_judged_on_the_same_people(folder: Path) -> None:
    log = read_log(folder)
    truth = {0: True, 4: True}  # the model knows what these two choose

    def model(histories: object) -> np.ndarray:
        scores = np.zeros((6, len(log.items)), np.float32)
        for n in truth:
            scores[n, leave_one_out(log.histories).test.item[n]] = 1
        return scores

    report = evaluate_next_item(log, {"model": model}, baselines=("popularity",), former=read_former(folder, log))
    beside = report["beside_former"]
    assert report["people"] == 6 and beside["people"] == 3
    assert list(beside["results"]) == [NAME, "model", "popularity"]
    assert beside["results"][NAME]["recall@10"] == pytest.approx(2 / 3)
    assert beside["results"][NAME]["ndcg@10_unmasked"] == pytest.approx((1 + 1 / np.log2(3)) / 3)
    assert beside["results"]["model"]["ndcg@10"] >= 2 / 3
    assert NAME in comparison(report["results"], beside["results"])


def test_a_log_without_such_rows_has_no_second_block(tmp_path: Path) -> None:
    log = SqliteLog(tmp_path / "log", Registry(), SetClock(START_MS + 1_000))
    log.append([row for row in seeded() if row.outcome != "shown_by_other"])
    log.close()
    assert read_former(tmp_path / "log", read_log(tmp_path / "log")) is None
