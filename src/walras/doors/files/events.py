"""Rows of a file become events: whole columns are checked and cast at once, by the rules of the events' own door."""

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
import polars as pl

from walras.base import limits
from walras.base.errors import nearest
from walras.doors.files.mapping import Mapping, Mark
from walras.doors.files.tables import LINE, Fault
from walras.doors.files.times import FIRST_OF_ORDER_MS, STEP_OF_ORDER_MS, instants_ms
from walras.events import Registry, context_fault

COLUMNS = ("id", "time_ms", "person", "item", "owner", "outcome", "value", "surface", "page", "place", "context")
# The same characters as base.ids refuses; a file's text never has half a surrogate pair.
_UNUSABLE = r"[\x00-\x1f\x7f]"
_YES = ("1", "true", "yes", "y", "t", "是", "1.0", "✓")
_NO = ("", "0", "false", "no", "n", "f", "否", "0.0", "null", "none", "nan")


@dataclass(frozen=True, slots=True)
class Check:
    """One rule: the cells that break it, and the sentence about them."""

    field: str
    column: str  # whose value is shown
    broken: pl.Expr
    reason: str | pl.Expr


@dataclass(frozen=True, slots=True)
class Found:
    """What some rows came to."""

    events: pl.DataFrame  # COLUMNS, in the order of the rows; without an id of its own an event's id is empty
    faults: tuple[Fault, ...]
    passed_over: int  # rows that stand for no event, such as a flag column all 0
    lines: pl.Series  # lines of the rows that were taken


def read_events(rows: pl.DataFrame, mapping: Mapping, registry: Registry, now_ms: int) -> Found:
    """Read rows as events.

    Args:
        rows: [R] the mapping's columns as texts, and LINE.
        mapping: which column means what.
        registry: known outcomes.
        now_ms: the present instant; times more than ten minutes later are refused.

    Returns:
        The events of every sound row, and the fault of every other one.
    """
    marks = mapping.all_marks()
    cast = _cast(rows, mapping, marks)
    checks = [
        *_row_checks(cast, mapping, now_ms),
        *_outcome_checks(cast, mapping, registry),
        *_mark_checks(marks, registry),
    ]
    broken = cast.select(broken=pl.any_horizontal([check.broken.fill_null(True) for check in checks])).to_series()
    sound = cast.filter(~broken)
    faults = _faults(cast.filter(broken), checks) if broken.any() else ()
    events = _named(sound, mapping, registry) if mapping.outcome_column else _marked(sound, marks, registry)
    if mapping.shown:
        events = pl.concat([events, _shown(sound)]).sort("row", maintain_order=True)
    passed = len(sound) - events["row"].n_unique()
    return Found(events.select(COLUMNS), faults, passed, sound[LINE])


# ---------------------------------------------------------------- columns


def _cast(rows: pl.DataFrame, mapping: Mapping, marks: Sequence[Mark]) -> pl.DataFrame:
    """The mapped columns under their own names: texts, and beside them the numbers they stand for."""
    columns: dict[str, pl.Expr | pl.Series] = {
        name: _text(getattr(mapping, name))
        for name in ("id", "person", "item", "owner", "surface", "page", "place", "shown")
    }
    columns["context"] = _context(rows, mapping)
    columns["time"] = _text(mapping.time)
    columns["time_ms"] = _times(rows, mapping)
    columns["place_number"] = _number(mapping.place) if mapping.place else pl.lit(-1.0)
    for name in {name for mark in marks for name in (mark.column, mark.value) if name} | {mapping.value} - {""}:
        columns[f"cell:{name}"] = pl.col(name)
        columns[f"number:{name}"] = _number(name)
    if mapping.outcome_column:
        columns["word"] = pl.col(mapping.outcome_column).str.strip_chars()
    cast = rows.select(pl.col(LINE), **columns)
    return cast.with_row_index("row")


def _text(column: str) -> pl.Expr:
    return pl.col(column) if column else pl.lit("")


def _number(column: str) -> pl.Expr:
    return pl.col(column).str.strip_chars().cast(pl.Float64, strict=False)


def _context(rows: pl.DataFrame, mapping: Mapping) -> pl.Expr | pl.Series:
    """Small facts about the moment as one JSON object, empty where there are none."""
    if mapping.context_json:
        return pl.col(mapping.context_json)
    if not mapping.context:
        return pl.lit("")
    names, encode = mapping.context, msgspec.json.Encoder(order="deterministic").encode
    facts = (
        {name: cell for name, cell in zip(names, cells, strict=True) if cell}
        for cells in rows.select(names).iter_rows()
    )
    return pl.Series([encode(each).decode() if each else "" for each in facts], dtype=pl.String)


def _times(rows: pl.DataFrame, mapping: Mapping) -> pl.Series | pl.Expr:
    if mapping.time_unit == "order" or not mapping.time:
        # Without times the order of the rows is the order of behaviour; the line gives each file the same times always.
        return FIRST_OF_ORDER_MS + pl.col(LINE) * (STEP_OF_ORDER_MS // 3600)
    return instants_ms(rows[mapping.time], mapping.time_unit, mapping.zone)


# ---------------------------------------------------------------- rules


def _row_checks(cast: pl.DataFrame, mapping: Mapping, now_ms: int) -> list[Check]:
    ahead = now_ms + limits.CLOCK_AHEAD_MS_MAX
    checks = [*_id_checks("person", needed=True), *_id_checks("item", needed=not mapping.owner)]
    if mapping.owner:
        neither = (pl.col("item") == "") & (pl.col("owner") == "")
        checks.append(Check("item", "item", neither, "is empty, and so is the owner"))
    for name in ("owner", "page", "id"):
        checks += _id_checks(name, needed=False) if getattr(mapping, name) else []
    if mapping.time and mapping.time_unit != "order":
        checks += [
            Check("time", "time", pl.col("time_ms").is_null(), "is no time that can be read"),
            Check("time", "time", pl.col("time_ms") <= 0, "lies before 1970"),
            Check("time", "time", pl.col("time_ms") > ahead, "lies more than 10 minutes in the future"),
        ]
    if mapping.place:
        whole = pl.col("place_number").is_between(-1, limits.PLACE_MAX) & (pl.col("place_number") % 1 == 0)
        checks.append(
            Check("place", "place", (pl.col("place") != "") & ~whole.fill_null(False), "is no place of a page")
        )
    if mapping.surface:
        long = pl.col("surface").str.len_chars() > limits.SURFACE_CHARS_MAX
        checks.append(Check("surface", "surface", long, f"has more than {limits.SURFACE_CHARS_MAX} characters"))
        checks.append(Check("surface", "surface", pl.col("surface").str.contains(_UNUSABLE), "has a control character"))
    if mapping.context or mapping.context_json:
        checks.append(Check("context", "context", _odd_context(cast), "is no small object of texts"))
    if mapping.shown:
        checks += _id_checks("shown", needed=False)
    return checks


def _odd_context(cast: pl.DataFrame) -> pl.Expr:
    """Contexts that the events' own door would refuse; each different one is looked at once."""
    odd = [text for text in cast["context"].unique().to_list() if text and _is_odd_context(text)]
    return pl.col("context").is_in(odd)


def _is_odd_context(text: str) -> bool:
    try:
        return context_fault(msgspec.json.decode(text, type=dict[str, str])) is not None
    except msgspec.DecodeError:
        return True


def _id_checks(name: str, *, needed: bool) -> list[Check]:
    cell = pl.col(name)
    long = (cell.str.len_bytes() > limits.ID_CHARS_MAX) & (cell.str.len_chars() > limits.ID_CHARS_MAX)
    checks = [
        Check(name, name, long, f"has more than {limits.ID_CHARS_MAX} characters"),
        Check(name, name, cell.str.contains(_UNUSABLE), "has a control character"),
        Check(name, name, cell.str.contains("\ufffd", literal=True), "has bytes that are not of the file's encoding"),
    ]
    return [Check(name, name, cell == "", "is empty"), *checks] if needed else checks


def _outcome_checks(cast: pl.DataFrame, mapping: Mapping, registry: Registry) -> list[Check]:
    if not mapping.outcome_column:
        return []
    known = _outcome_of_words(cast, mapping, registry)
    unknown = [word for word, outcome in known.items() if not outcome]
    hints = {word: f"is no known outcome. {nearest(word, registry.by_name)}".strip() for word in unknown}
    reason = pl.col("word").replace_strict(hints, default="is no known outcome", return_dtype=pl.String)
    of_items = [word for word, outcome in known.items() if outcome in registry.by_name and _of_item(outcome, registry)]
    checks = [
        Check("outcome", "word", pl.col("word").is_in(unknown), reason),
        Check("item", "item", (pl.col("item") == "") & pl.col("word").is_in(of_items), "is empty"),
    ]
    if mapping.value:
        most = {word: registry.by_name[name].value_max for word, name in known.items() if name in registry.by_name}
        bound = pl.col("word").replace_strict(most, default=limits.VALUE_MAX, return_dtype=pl.Float64)
        checks += _value_checks(mapping.value, mapping.value_scale, pl.lit(True), bound)
    return checks


def _of_item(outcome: str, registry: Registry) -> bool:
    return registry.by_name[outcome].of == "item"


def _outcome_of_words(cast: pl.DataFrame, mapping: Mapping, registry: Registry) -> dict[str, str]:
    """What each word of the outcome column stands for; empty for a word that nobody knows, `-` for one passed over."""
    return {word: outcome_of(word, mapping, registry) for word in cast["word"].unique().to_list()}


def outcome_of(word: str, mapping: Mapping, registry: Registry) -> str:
    """The outcome of a word: as the mapping says, or by its own name; `-` means that it stands for none."""
    said = mapping.outcomes.get(word.lower())
    return said or (word if word in registry.by_name else mapping.other_outcome)


def _mark_checks(marks: Sequence[Mark], registry: Registry) -> list[Check]:
    checks: list[Check] = []
    for mark in marks:
        outcome = registry.named(mark.outcome)
        if mark.column and mark.at_least is None and mark.below is None:
            odd = pl.col(f"number:{mark.column}").is_null() & ~_is_word(mark.column, (*_YES, *_NO))
            checks.append(Check(mark.column, f"cell:{mark.column}", odd, "is neither yes nor no"))
        elif mark.column:
            checks += _number_checks(mark.column)
        if outcome.of == "item":
            checks.append(Check("item", "item", (pl.col("item") == "") & _holds(mark), "is empty"))
        if mark.value:
            checks += _value_checks(mark.value, mark.scale, _holds(mark), pl.lit(outcome.value_max))
    return checks


def _number_checks(column: str) -> list[Check]:
    number, cell = pl.col(f"number:{column}"), f"cell:{column}"
    return [
        Check(column, cell, number.is_null(), "is no number"),
        Check(column, cell, ~number.is_finite(), "is not a finite number"),
    ]


def _value_checks(column: str, scale: float, holds: pl.Expr, most: pl.Expr) -> list[Check]:
    number, cell = pl.col(f"number:{column}"), f"cell:{column}"
    filled = pl.col(cell).str.strip_chars() != ""
    return [
        Check(column, cell, filled & number.is_null(), "is no number"),
        Check(column, cell, filled & number.is_not_null() & ~number.is_finite(), "is not a finite number"),
        Check(column, cell, (number * scale < 0).fill_null(False), "is negative"),
        Check(column, cell, (holds & (number * scale > most)).fill_null(False), "is more than this outcome can have"),
    ]


def _faults(rows: pl.DataFrame, checks: Sequence[Check]) -> tuple[Fault, ...]:
    """The first rule each row breaks, as a fault."""
    open_rows, faults = rows, []
    for check in checks:
        broken = open_rows.select(broken=check.broken.fill_null(True)).to_series()
        hit = open_rows.filter(broken)
        if len(hit):
            reasons = pl.lit(check.reason) if isinstance(check.reason, str) else check.reason
            said = hit.select(pl.col(LINE), value=pl.col(check.column), reason=reasons)
            faults += [Fault(line, check.field, value or "", reason) for line, value, reason in said.iter_rows()]
            open_rows = open_rows.filter(~broken)
    return tuple(sorted(faults, key=lambda fault: fault.line))


# ---------------------------------------------------------------- events


def _named(sound: pl.DataFrame, mapping: Mapping, registry: Registry) -> pl.DataFrame:
    """Events of rows that name their outcome; a word that stands for none is passed over."""
    words = _outcome_of_words(sound, mapping, registry)
    outcome = pl.col("word").replace_strict(words, default="-", return_dtype=pl.String)
    value = pl.lit(1.0)
    if mapping.value:
        value = pl.col(f"number:{mapping.value}").fill_null(1.0 / mapping.value_scale) * mapping.value_scale
    if mapping.value and mapping.zero_means_one:
        value = pl.when(value == 0).then(1.0).otherwise(value)
    return _shaped(sound.with_columns(outcome=outcome).filter(pl.col("outcome") != "-"), value)


def _marked(sound: pl.DataFrame, marks: Sequence[Mark], registry: Registry) -> pl.DataFrame:
    """Events of rows by their marks, in the order of rows and then of marks."""
    parts = [
        _shaped(sound.filter(_holds(mark)).with_columns(outcome=pl.lit(mark.outcome)), _value(mark)) for mark in marks
    ]
    return parts[0] if len(parts) == 1 else pl.concat(parts).sort("row", maintain_order=True)


def _shown(sound: pl.DataFrame) -> pl.DataFrame:
    """What the former system showed for a row, kept for comparison."""
    rows = sound.filter(pl.col("shown") != "")
    own_id = pl.when(pl.col("id") != "").then(pl.col("id") + "/shown").otherwise(pl.lit(""))
    named = rows.with_columns(item=pl.col("shown"), owner=pl.lit(""), outcome=pl.lit("shown_by_other"), id=own_id)
    return _shaped(named, pl.lit(1.0))


def _holds(mark: Mark) -> pl.Expr:
    if not mark.column:
        return pl.lit(True)
    number = pl.col(f"number:{mark.column}")
    if mark.at_least is None and mark.below is None:
        return (number > 0).fill_null(_is_word(mark.column, _YES))
    low = number >= mark.at_least if mark.at_least is not None else pl.lit(True)
    return (low & (number < mark.below if mark.below is not None else pl.lit(True))).fill_null(False)


def _is_word(column: str, words: Sequence[str]) -> pl.Expr:
    return pl.col(f"cell:{column}").str.strip_chars().str.to_lowercase().is_in(list(words))


def _value(mark: Mark) -> pl.Expr:
    return pl.col(f"number:{mark.value}").fill_null(0.0) * mark.scale if mark.value else pl.lit(1.0)


def _shaped(rows: pl.DataFrame, value: pl.Expr) -> pl.DataFrame:
    place = pl.col("place_number").fill_null(-1.0).cast(pl.Int32)
    texts = [name for name in COLUMNS if name not in {"time_ms", "value", "place", "context"}]
    context = pl.when(pl.col("context") != "").then(pl.col("context")).alias("context")
    return rows.select(
        pl.col("row"), *texts, context, pl.col("time_ms").cast(pl.Int64), value=value.cast(pl.Float64), place=place
    )
