"""What is good and bad about data, in sentences: before it is imported, or as it stands in the log."""

import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import duckdb

from walras.base.clock import DAY_MS, Clock, SystemClock, day_of
from walras.base.errors import shown
from walras.doors.files.formats import Part
from walras.doors.files.gathered import Gathered, gather_log, gather_parts
from walras.doors.files.mapping import Mapping
from walras.doors.files.plan import plan
from walras.doors.files.sink import ImportLog
from walras.events import Registry

Level = Literal["good", "note", "bad"]
# Memory of the counting; beyond it DuckDB uses the disk.
_MEMORY = "512MB"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was found: how grave, a sentence, and the figure it stands on."""

    level: Level
    sentence: str
    figure: float


def check(
    source: Path | Sequence[Path] | ImportLog,
    *,
    registry: Registry | None = None,
    clock: Clock | None = None,
    format: str | None = None,
    mapping: Mapping | None = None,
) -> list[Finding]:
    """Look at files or at a log, and say what matters for recommending from it.

    Args:
        source: one file, several, or a log.
        registry: known outcomes.
        clock: tells which times lie in the future.
        format: name of a public format; None guesses.
        mapping: columns by meaning; None guesses.

    Returns:
        Findings, the bad ones first.

    Raises:
        Invalid: a file cannot be read.
    """
    registry, now_ms = registry or Registry(), (clock or SystemClock()).now_ms()
    with tempfile.TemporaryDirectory(prefix="walras-check-") as folder:
        if isinstance(source, Path | str):
            source = [Path(source)]
        if isinstance(source, Sequence):
            parts = plan(source, format, mapping)
            made_up = any(_is_timeless(part) for part in parts)
            found = gather_parts(parts, Path(folder), registry, now_ms)
        else:
            made_up, found = False, gather_log(source, Path(folder))
        findings = [*_of_rows(found), *(_of_events(found, registry) if found.has_events else ())]
    if made_up:
        findings.append(Finding("note", "There are no times: they are made up from the order of the rows.", 0.0))
    rank = {"bad": 0, "note": 1, "good": 2}
    return sorted(findings, key=lambda finding: rank[finding.level])


def _is_timeless(part: Part) -> bool:
    return part.layout.shape == "s3rec" or (part.kind == "events" and part.mapping.time_unit == "order")


# ---------------------------------------------------------------- rows


def _of_rows(found: Gathered) -> Iterable[Finding]:
    if not found.has_events and not found.items:
        yield Finding("bad", "No row could be read as behaviour or as an item.", 0.0)
    yield from _rejects(found)
    if found.passed_over:
        yield Finding("note", f"{found.passed_over:,} rows stand for nothing that is recorded.", found.passed_over)
    for column, share in found.leaking:
        yield Finding(
            "bad",
            f"Column {shown(column)!r} gives away what happened in {share:.1%} of the rows: "
            "it must not be used to foresee it.",
            share,
        )
    if found.garbled:
        yield Finding(
            "bad", f"{found.garbled:,} titles look garbled: the file's encoding is not what it says.", found.garbled
        )


def _rejects(found: Gathered) -> Iterable[Finding]:
    refused = found.rejected.total()
    if not refused:
        yield Finding("good", f"Every one of {found.rows:,} rows can be read.", found.rows)
        return
    share, (reason, count) = refused / max(found.rows, 1), found.rejected.most_common(1)[0]
    level: Level = "bad" if share > 0.01 else "note"
    sentence = (
        f"{refused:,} of {found.rows:,} rows ({share:.1%}) cannot be taken, most often because {reason} ({count:,})."
    )
    yield Finding(level, sentence, share)
    ahead = sum(n for why, n in found.rejected.items() if "in the future" in why)
    if ahead:
        yield Finding("bad", f"{ahead:,} rows lie in the future: a clock is wrong, or the unit of time is.", ahead)
    letters = sum(n for why, n in found.rejected.items() if "encoding" in why)
    if letters:
        yield Finding("bad", f"{letters:,} rows hold bytes that are not of the file's encoding.", letters)


# ---------------------------------------------------------------- events

Ask = Callable[[str], Any]


def _of_events(found: Gathered, registry: Registry) -> list[Finding]:
    with duckdb.connect(config={"memory_limit": _MEMORY, "threads": 1, "temp_directory": str(found.folder)}) as db:
        files = str(found.folder / "events-*.parquet").replace("'", "''")
        db.execute(f"CREATE VIEW e AS SELECT * FROM read_parquet('{files}')")

        def ask(query: str) -> Any:
            return db.execute(query).fetchone()

        events, people, items, first, last = ask(
            "SELECT count(*), count(DISTINCT person), count(DISTINCT item) FILTER (item <> ''), "
            "min(time_ms), max(time_ms) FROM e"
        )
        days = (last - first) / DAY_MS
        span = f"{days:,.0f} days, {day_of(first)} to {day_of(last)}" if days >= 2 else f"{days * 24:,.1f} hours"
        summary = f"{events:,} events of {people:,} people about {items:,} items over {span}."
        findings = [Finding("note", summary, events)]
        for part in (_repeats, _weights, _doubles, _times, _kinds, _gaps, _tests):
            findings += part(ask, events, people, items, registry)
        return findings + list(_titles(found, items))


def _repeats(ask: Ask, events: int, people: int, items: int, registry: Registry) -> Iterable[Finding]:
    few, middle = ask("SELECT count(*) FILTER (n < 3), median(n) FROM (SELECT count(*) n FROM e GROUP BY person)")
    share = few / people
    level: Level = "bad" if share > 0.5 else "note" if share > 0.1 else "good"
    yield Finding(level, f"{few:,} people ({share:.0%}) have fewer than 3 events and cannot be tested.", share)
    enough: Level = "good" if middle >= 5 else "bad"
    yield Finding(enough, f"Half of the people have at least {middle:,.0f} events.", middle)
    rare = ask("SELECT count(*) FROM (SELECT count(*) n FROM e WHERE item <> '' GROUP BY item) WHERE n < 5")[0]
    if items:
        share = rare / items
        level = "bad" if share > 0.8 else "note"
        yield Finding(
            level, f"{rare:,} items ({share:.0%}) have fewer than 5 events; only content can place them.", share
        )
        met = ask("SELECT count(*) FROM (SELECT DISTINCT person, item FROM e WHERE item <> '')")[0]
        dense = met / (people * items)
        yield Finding("note", f"One in {max(1, round(1 / dense)):,} pairs of person and item has met.", dense)


def _weights(ask: Ask, events: int, people: int, items: int, registry: Registry) -> Iterable[Finding]:
    for one, count in (("person", people), ("item", items)):
        name, most = ask(
            f"SELECT {one}, count(*) n FROM e WHERE {one} <> '' GROUP BY 1 ORDER BY n DESC, 1 LIMIT 1"
        ) or ("", 0)
        share = most / events
        if count > 3 and share >= 0.1:
            level: Level = "bad" if share >= 0.3 else "note"
            why = "a test account or a robot" if one == "person" else "a default, a banner or an error of the log"
            sentence = f"One {one} ({shown(name)}) has {share:.0%} of all events: perhaps {why}."
            yield Finding(level, sentence, share)


def _doubles(ask: Ask, events: int, people: int, items: int, registry: Registry) -> Iterable[Finding]:
    distinct = ask("SELECT count(*) FROM (SELECT DISTINCT person, item, outcome, time_ms, value FROM e)")[0]
    doubled = events - distinct
    if doubled:
        share = doubled / events
        level: Level = "bad" if share > 0.05 else "note"
        yield Finding(level, f"{doubled:,} events ({share:.1%}) are there twice; each is taken once.", share)


def _times(ask: Ask, events: int, people: int, items: int, registry: Registry) -> Iterable[Finding]:
    early = ask("SELECT count(*) FROM e WHERE time_ms < 31536000000")[0]
    if early > 0.5 * events:
        yield Finding(
            "bad", "Most times lie in 1970: milliseconds were probably read as something larger.", early / events
        )
    midnight = ask("SELECT count(*) FROM e WHERE time_ms % 86400000 = 0")[0] / events
    if midnight > 0.9 and events > 10:
        yield Finding("note", "Times are whole days: the order within a day is unknown.", midnight)
    together, several = ask(
        "SELECT count(*) FILTER (span <= 1000), count(*) FROM (SELECT max(time_ms) - min(time_ms) span FROM e "
        "GROUP BY person HAVING count(DISTINCT item) >= 3)"
    )
    if several and together / several > 0.05:
        share = together / several
        level: Level = "bad" if share > 0.3 else "note"
        sentence = (
            f"{together:,} people ({share:.0%}) did everything within one second: "
            "their times are not when it happened, and no order can be learnt."
        )
        yield Finding(level, sentence, share)
    back = ask("SELECT count(*) FILTER (time_ms < before) FROM (SELECT time_ms, lag(time_ms) OVER () before FROM e)")[0]
    ordered = back == 0
    sentence = (
        "Rows stand in order of time."
        if ordered
        else f"Rows are not in order of time ({back:,} steps back); that is fine."
    )
    yield Finding("good" if ordered else "note", sentence, back)


def _kinds(ask: Ask, events: int, people: int, items: int, registry: Registry) -> Iterable[Finding]:
    names = [name for name in ask("SELECT list(DISTINCT outcome) FROM e")[0] if name in registry.by_name]
    shares = ", ".join(sorted(names)[:12])
    yield Finding("note", f"What happened: {shares}.", len(names))
    if "exposure" not in names:
        sentence = "Nothing says what was shown and left alone: the ranker learns against sampled items instead."
        yield Finding("note", sentence, 0.0)
    else:
        shown_count = ask("SELECT count(*) FROM e WHERE outcome = 'exposure'")[0]
        yield Finding(
            "good", f"{shown_count:,} exposures say what was shown, also where nothing followed.", shown_count
        )


def _gaps(ask: Ask, events: int, people: int, items: int, registry: Registry) -> Iterable[Finding]:
    days, most = ask(
        "SELECT coalesce(sum(gap - 1), 0), coalesce(max(gap - 1), 0) "
        "FROM (SELECT day - lag(day) OVER (ORDER BY day) gap "
        "FROM (SELECT DISTINCT time_ms // 86400000 AS day FROM e)) WHERE gap > 1"
    )
    if days and events > 1_000:
        yield Finding(
            "note", f"{days:,.0f} days have no event at all; the longest gap is {most:,.0f} days.", float(days)
        )


def _tests(ask: Ask, events: int, people: int, items: int, registry: Registry) -> Iterable[Finding]:
    fresh, tested = ask(
        "WITH o AS (SELECT person, item, time_ms, row_number() OVER (PARTITION BY person ORDER BY time_ms DESC) last, "
        "count(*) OVER (PARTITION BY person) n, min(time_ms) OVER (PARTITION BY item) born FROM e WHERE item <> '') "
        "SELECT count(*) FILTER (born = time_ms), count(*) FROM o WHERE last = 1 AND n >= 3"
    )
    if tested and fresh / tested > 0.05:
        share = fresh / tested
        sentence = (
            f"The last item of {share:.0%} of the people was never met before by anybody: behaviour cannot foresee it."
        )
        yield Finding("bad" if share > 0.5 else "note", sentence, share)


def _titles(found: Gathered, items: int) -> Iterable[Finding]:
    if not items:
        return
    if not found.titled:
        yield Finding("note", "No item has a title: new items can be placed only once somebody has met them.", 0.0)
        return
    share = min(1.0, found.titled / max(found.items, 1))
    yield Finding(
        "good" if share > 0.9 else "note", f"{share:.0%} of the items described have a title or a text.", share
    )
