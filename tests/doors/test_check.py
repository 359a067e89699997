"""`check` says in sentences what is good and bad about data: each fault is built on purpose and must be found."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.doors.import_files_kit import NOW_MS, put
from walras.base.clock import SetClock
from walras.doors.files import Finding, Mapping, check, import_files
from walras.events import Registry, SqliteLog

START_S = 1_700_000_000


def look(path: Path, **more: object) -> list[Finding]:
    return check(path, clock=SetClock(NOW_MS), **more)  # type: ignore[arg-type]


def table(path: Path, rows: Sequence[tuple[object, ...]], header: str = "user,item,time") -> Path:
    return put(path, header + "\n" + "".join(",".join(map(str, row)) + "\n" for row in rows))


def sound(n: int = 600) -> list[tuple[object, ...]]:
    """Sixty people with ten events each about forty items, an hour apart."""
    return [(f"u{k % 60}", f"i{(k * 7 + k // 60) % 40}", START_S + 3_600 * k) for k in range(n)]


def sentences(findings: Sequence[Finding], level: str | None = None) -> str:
    return "\n".join(finding.sentence for finding in findings if level in (None, finding.level))


def test_sound_data_has_no_bad_finding(tmp_path: Path) -> None:
    found = look(table(tmp_path / "x.csv", sound()))
    assert not sentences(found, "bad")
    assert "600 events of 60 people about 40 items over 25 days" in sentences(found)
    assert "Every one of 600 rows can be read" in sentences(found, "good")
    assert "Half of the people have at least 10 events" in sentences(found, "good")
    assert "Rows stand in order of time" in sentences(found, "good")


@pytest.mark.parametrize(
    ("rows", "level", "sentence"),
    [
        ([*sound(), *((f"n{k}", "i1", START_S + k) for k in range(90))], "bad", "fewer than 3 events"),
        ([*sound(), *(("robot", f"i{k % 40}", START_S + k) for k in range(700))], "bad", "One person (robot) has 54%"),
        ([*sound(), *((f"u{k % 60}", "ad", START_S + k) for k in range(700))], "bad", "One item (ad) has 54%"),
        ([*sound(), *sound(100)], "bad", "100 events (14.3%) are there twice"),
        ([*sound(), *(("u1", "i1", NOW_MS // 1000 + 9_000) for _ in range(30))], "bad", "30 rows lie in the future"),
        ([(u, i, START_S) for u, i, _ in sound()], "bad", "did everything within one second"),
        ([(u, i, int(str(t)) // 1000) for u, i, t in sound()], "bad", "Most times lie in 1970"),
        ([(u, i, f"2024-05-{k % 28 + 1:02d}") for k, (u, i, _) in enumerate(sound())], "note", "whole days"),
        (list(reversed(sound())), "note", "not in order of time"),
        ([*sound(), *(("", "i1", START_S) for _ in range(60))], "bad", "60 of 660 rows (9.1%) cannot be taken"),
        (
            [(u, i, int(str(t)) + (86_400 * 40 if k > 300 else 0)) for k, (u, i, t) in enumerate(sound(1_200))],
            "note",
            "days have no event at all; the longest gap is 39 days",
        ),
        ([(f"u{k % 60}", f"only{k}", START_S + 60 * k) for k in range(600)], "bad", "was never met before by anybody"),
        (sound(), "note", "Nothing says what was shown and left alone"),
        (sound(), "note", "No item has a title"),
    ],
)
def test_each_fault_is_found(tmp_path: Path, rows: list[tuple[object, ...]], level: str, sentence: str) -> None:
    mapping = Mapping(person="user", item="item", time="time", outcome="click")
    found = look(table(tmp_path / "x.csv", rows), mapping=mapping)
    assert sentence in sentences(found, level), sentences(found)


def test_columns_that_give_the_outcome_away(tmp_path: Path) -> None:
    rows = [(*row, k % 2, "yes" if k % 2 else "no", k % 7) for k, row in enumerate(sound())]
    found = look(table(tmp_path / "x.csv", rows, "user,item,time,is_like,thanked,weekday"))
    assert "Column 'thanked' gives away what happened" in sentences(found, "bad")
    assert "weekday" not in sentences(found)


def test_a_history_that_holds_the_item_itself_is_a_leak(tmp_path: Path) -> None:
    rows = [(u, i, t, f"i99 {i} i98") for u, i, t in sound()]
    assert "'history' gives away" in sentences(look(table(tmp_path / "x.csv", rows, "user,item,time,history")), "bad")


def test_exposures_and_titles_are_praised(tmp_path: Path) -> None:
    rows = [(*row, "exposure" if k % 3 else "like", f"Title {row[1]}") for k, row in enumerate(sound())]
    good = sentences(look(table(tmp_path / "x.csv", rows, "user,item,time,event,title")), "good")
    assert "400 exposures say what was shown" in good and "100% of the items described have a title" in good


def test_made_up_times_are_told(tmp_path: Path) -> None:
    assert "There are no times" in sentences(look(put(tmp_path / "x.txt", "1 5 6 7\n2 6 8 9\n")))


def test_a_log_is_looked_at_alike(tmp_path: Path) -> None:
    path = table(tmp_path / "x.csv", [*sound(), *(("robot", f"i{k % 40}", START_S + k) for k in range(700))])
    log = SqliteLog(tmp_path / "log", Registry())
    import_files([path], log, registry=Registry(), clock=SetClock(NOW_MS), home=tmp_path)
    found = check(log, clock=SetClock(NOW_MS))
    log.close()
    assert "One person (robot) has 54%" in sentences(found, "bad")
    assert "1,300 events of 61 people" in sentences(found) and "No item has a title" in sentences(found)
