"""What a file is and which column means what, guessed from names, types and ranges, with the reasons told."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from walras.doors.files.formats import FORMATS, Part
from walras.doors.files.heads import Head, read_head
from walras.doors.files.mapping import Mapping, Mark, toml_of
from walras.doors.files.times import unit_of
from walras.doors.files.words import COLUMNS, flag_outcome, outcome_words, plain

_SHOWN_ROWS = 5
_YES_NO = {"0", "1", "0.0", "1.0", "true", "false", "yes", "no", "是", "否", ""}


_NEEDED: dict[str, tuple[str, ...]] = {
    "events": ("person", "item"),
    "items": ("item",),
    "people": ("person",),
    "mixed": (),
}


@dataclass(frozen=True, slots=True)
class Guess:
    """What a file seems to be. Give `mapping` back, changed or not, to import by it."""

    path: Path
    format: str  # a name such as movielens, or `columns`
    kind: str  # events, items, people
    mapping: Mapping
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]  # the first few
    reasons: tuple[str, ...]  # one sentence each
    missing: tuple[str, ...]  # what an import cannot do without

    def toml(self) -> str:
        """The mapping as TOML."""
        return toml_of(self.mapping)


def guess(path: Path) -> Guess:
    """Guess what a file is.

    Raises:
        Invalid: it is missing, empty, binary or broken.
    """
    head = read_head(path)
    part = recognise(head)
    if part is not None:
        return _guess(head, part, (part.reason, *_reasons_of(head, part.mapping)))
    mapping, reasons = guess_mapping(head)
    return _guess(head, columns_part(head, mapping), tuple(reasons))


def recognise(head: Head) -> Part | None:
    """The part of a public format that the file is, if it looks like one."""
    for build in FORMATS.values():
        part = build(head)
        if part is not None and part.sure:
            return part
    return None


def columns_part(head: Head, mapping: Mapping) -> Part:
    """A file read by its own columns: events where a person is named, else items."""
    kind = "events" if mapping.person or not mapping.item else "items"
    return Part(head.path, "columns", kind, head.layout, mapping, "Its columns are read by the mapping.")


def _guess(head: Head, part: Part, reasons: tuple[str, ...]) -> Guess:
    needed = _NEEDED[part.kind]
    missing = tuple(name for name in needed if not getattr(part.mapping, name))
    rows = head.rows[:_SHOWN_ROWS]
    return Guess(head.path, part.format, part.kind, part.mapping, head.columns, rows, reasons, missing)


def guess_mapping(head: Head) -> tuple[Mapping, list[str]]:
    """Guess columns by name first, then by what stands in them."""
    found, reasons = _by_names(head)
    for name, column in _by_cells(head, found):
        found[name] = column
        reasons.append(f"{column!r} is taken as {name} by what stands in it.")
    fields: dict[str, Any] = {
        name: column for name, column in found.items() if name not in {"outcome", "rating", "seconds"}
    }
    fields.update(_time_fields(head, found, reasons))
    fields.update(_topic_fields(head, found))
    fields.update(_duration_fields(head, found))
    if "person" in found:
        fields.update(_outcome_fields(head, found, reasons))
    else:
        fields.pop("value", None)
    return Mapping(**fields), reasons


def _by_names(head: Head) -> tuple[dict[str, str], list[str]]:
    """Each meaning's column: the one whose name stands first in that meaning's list."""
    bare = {plain(column): column for column in reversed(head.columns)}
    found: dict[str, str] = {}
    reasons: list[str] = []
    for meaning, names in COLUMNS.items():
        column = next((bare[name] for name in names if name in bare and bare[name] not in found.values()), None)
        if column is not None and _fits(head, meaning, column):
            found[meaning] = column
            reasons.append(f"{column!r} is taken as {meaning} by its name.")
    return found, reasons


def _fits(head: Head, meaning: str, column: str) -> bool:
    """Whether what stands in a column can be what its name says."""
    cells = [cell.strip() for cell in head.cells(column) if cell.strip()]
    if not cells or meaning not in {"rating", "value", "seconds", "place", "duration", "outcome"}:
        return True
    numbers = sum(_number(cell) is not None for cell in cells) * 2 > len(cells)
    return not numbers or set(cells) <= _YES_NO if meaning == "outcome" else numbers


def _number(cell: str) -> float | None:
    try:
        return float(cell)
    except ValueError:
        return None


def _by_cells(head: Head, found: dict[str, str]) -> list[tuple[str, str]]:
    """Person, item and time of a file without telling names: by their places and cells."""
    free = [column for column in head.columns if column not in found.values()]
    guessed: list[tuple[str, str]] = []
    if "time" not in found:
        timely = [column for column in free if _is_timely(head.cells(column))]
        guessed += [("time", timely[0])] if timely else []
    if not head.layout.header:
        free = [column for column in free if column not in dict(guessed).values()]
        wanted = [name for name in ("person", "item") if name not in found]
        guessed += list(zip(wanted, free, strict=False))
        rest = free[len(wanted) :]
        said = next((column for column in rest if _are_outcomes(head.cells(column))), "")
        if said:
            guessed.append(("outcome", said))
        elif rest and _is_rating(head.cells(rest[0])):
            guessed.append(("rating", rest[0]))
    return guessed


def _is_timely(cells: list[str]) -> bool:
    filled = [cell.strip() for cell in cells if cell.strip()]
    unit = unit_of(filled)
    if unit == "text":
        return bool(filled) and all(len(cell) >= 8 and cell[:4].isdigit() and not cell[4].isdigit() for cell in filled)
    numbers = [_number(cell) or 0.0 for cell in filled]
    return unit != "date" and all(number > 5e8 for number in numbers)


def _is_rating(cells: list[str]) -> bool:
    numbers = [_number(cell) for cell in cells if cell.strip()]
    return (
        bool(numbers) and all(number is not None and 0 <= number <= 10 for number in numbers) and len(set(numbers)) > 1
    )


def _are_outcomes(cells: list[str]) -> bool:
    words = {cell.strip().lower() for cell in cells if cell.strip()}
    return bool(words) and bool(words & outcome_words().keys())


def _time_fields(head: Head, found: dict[str, str], reasons: list[str]) -> dict[str, object]:
    if "person" not in found:
        return {"time": "", "created": found.get("created", found.get("time", ""))}
    if "time" not in found:
        reasons.append("No column holds a time: the order of the rows is taken as the order of behaviour.")
        return {"time_unit": "order"}
    column = found["time"]
    unit = "ms" if head.layout.options.get(column, "").startswith("timestamp") else unit_of(head.cells(column))
    meanings = {"s": "seconds since 1970", "ms": "milliseconds since 1970", "us": "microseconds since 1970",
                "ns": "nanoseconds since 1970", "date": "days", "text": "dates and times in words"}  # fmt: skip
    reasons.append(f"Times in {column!r} look like {meanings[unit]}; where they state no zone, UTC is meant.")
    return {"time_unit": unit}


def _topic_fields(head: Head, found: dict[str, str]) -> dict[str, object]:
    if "topics" not in found:
        return {}
    text = "".join(head.cells(found["topics"]))
    return {"topic_separator": max(("|", ",", ";", "/", "、"), key=lambda mark: (text.count(mark), mark == "|"))}


def _duration_fields(head: Head, found: dict[str, str]) -> dict[str, object]:
    return {"duration_scale": _seconds_scale(head, found["duration"])} if "duration" in found else {}


def _seconds_scale(head: Head, column: str) -> float:
    """A thousandth where the name says ms, or where half of the numbers would else be longer than two hours."""
    numbers = sorted(number for cell in head.cells(column) if (number := _number(cell)) is not None)
    long = bool(numbers) and numbers[len(numbers) // 2] > 7_200
    return 0.001 if plain(column).endswith("ms") or long else 1.0


def _outcome_fields(head: Head, found: dict[str, str], reasons: list[str]) -> dict[str, object]:
    """How a row says what happened: a column of words, flags, a rating, seconds, or nothing at all."""
    words = outcome_words()
    if "outcome" in found and _are_outcomes(head.cells(found["outcome"])):
        seen = dict.fromkeys(cell.strip().lower() for cell in head.cells(found["outcome"]) if cell.strip())
        return {"outcome_column": found["outcome"], "outcomes": {word: words[word] for word in seen if word in words}}
    flags = {column: flag_outcome(column) for column in head.columns if column not in found.values()}
    flags = {c: o for c, o in flags.items() if o and {cell.strip().lower() for cell in head.cells(c)} <= _YES_NO}
    if flags:
        reasons.append(f"Columns of 0 and 1 name outcomes: {', '.join(flags)}.")
        seconds = (_watch(head, found["seconds"]),) if "seconds" in found else ()
        return {"flags": flags, "marks": seconds, "value": ""}
    if "rating" in found:
        return {"marks": _ratings(head, found["rating"], reasons), "value": ""}
    if "seconds" in found:
        return {"marks": (_watch(head, found["seconds"]),), "value": ""}
    paid = "value" in found and plain(found["value"]) not in {"value", "数值"}
    reasons.append(f"No column says what happened: every row is taken as {'an order' if paid else 'engage'}.")
    return {"outcome": "order" if paid else "engage", **({} if paid else {"value": ""})}


def _watch(head: Head, column: str) -> Mark:
    return Mark("watch", column=column, at_least=1e-9, value=column, scale=_seconds_scale(head, column))


def _ratings(head: Head, column: str, reasons: list[str]) -> tuple[Mark, ...]:
    numbers = [number for cell in head.cells(column) if (number := _number(cell)) is not None]
    good = 4.0 if max(numbers, default=5.0) <= 5 else 7.0 if max(numbers) <= 10 else 70.0
    reasons.append(f"Ratings of at least {good:g} in {column!r} are taken as rate, lower ones as rate_low.")
    return (Mark("rate", column, at_least=good, value=column), Mark("rate_low", column, below=good, value=column))


def _reasons_of(head: Head, mapping: Mapping) -> tuple[str, ...]:
    named = [(name, getattr(mapping, name)) for name in ("person", "item", "time", "title", "owner", "topics")]
    return tuple(f"{column!r} is {name}." for name, column in named if column)
