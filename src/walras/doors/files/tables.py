"""Blocks of rows become tables of texts: every cell a string, every row with its line, broken rows set aside."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import polars as pl
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from walras.base.errors import Invalid
from walras.doors.files.source import Block, blocks
from walras.schema import Item, Person

LINE = "\x00line"  # no file can name a column so
# Between the parts of one cell that was a list.
PART = "\x1f"
PARQUET_ROWS = 131_072


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a row was not taken."""

    line: int
    field: str
    value: str
    reason: str


@dataclass(frozen=True, slots=True)
class Table:
    """Some rows of a file."""

    rows: pl.DataFrame  # wanted columns as String, and LINE as Int64
    faults: tuple[Fault, ...]
    after: int  # where to go on: offset of the decoded text, or rows of a Parquet file
    line: int  # number of the line there
    done_bytes: int
    items: tuple[Item, ...] = ()  # of lines that are items themselves
    people: tuple[Person, ...] = ()


@dataclass(frozen=True, slots=True)
class Layout:
    """How the rows of a file are written."""

    shape: str = "csv"  # csv, jsonl, parquet, or a shape of a format's own
    separator: str = ","
    header: bool = True
    columns: tuple[str, ...] = ()
    quotes: bool = True
    encoding: str = "utf-8"
    options: dict[str, str] = field(default_factory=dict)


def tables(path: Path, layout: Layout, wanted: Sequence[str], *, start: int = 0, line: int = 1) -> Iterator[Table]:
    """Read a file as tables of the wanted columns, from an offset that an earlier table gave.

    Raises:
        Invalid: the file breaks off.
    """
    if layout.shape == "parquet":
        yield from _parquet(path, wanted, start)
        return
    read = _json_table if layout.shape == "jsonl" else _csv_table
    for block in blocks(path, layout.encoding, quotes=layout.quotes, start=start, line=line):
        rows, faults = read(block, layout, wanted)
        yield Table(rows, tuple(faults), block.after, block.line + block.text.count(b"\n"), block.done_bytes)


# ---------------------------------------------------------------- delimited text


def _csv_table(block: Block, layout: Layout, wanted: Sequence[str]) -> tuple[pl.DataFrame, list[Fault]]:
    text, line = block.text, block.line
    if layout.header and line == 1:
        end = text.find(b"\n") + 1 or len(text)
        text, line = text[end:], 2
    if len(layout.separator) > 1:  # ml-1m's `::`; the unit separator stands in for it
        text, layout = text.replace(layout.separator.encode(), b"\x1f"), _with_separator(layout, "\x1f")
    return delimited(text, line, layout, wanted)


def _with_separator(layout: Layout, separator: str) -> Layout:
    return Layout(layout.shape, separator, layout.header, layout.columns, layout.quotes, layout.encoding)


def delimited(text: bytes, line: int, layout: Layout, wanted: Sequence[str]) -> tuple[pl.DataFrame, list[Fault]]:
    """Split text into cells.

    Args:
        text: whole rows as UTF-8, without a header.
        line: number of the first line.
        layout: separator, quoting and the names of all columns in order.
        wanted: the columns to keep.

    Returns:
        The rows with their lines, and the rows whose number of cells is not that of the columns.
    """
    if not text.strip():
        return _empty(wanted), []
    odd: list[Any] = []
    try:
        arrow = _parse(text, layout, wanted, odd)
    except pa.ArrowInvalid:
        odd.clear()
        arrow = _parse(text.decode("utf-8", "replace").encode(), layout, wanted, odd)
    rows = pl.from_arrow(arrow)
    assert isinstance(rows, pl.DataFrame)
    lines, odd_lines = _lines(text, line, rows, odd)
    if lines is None:  # some cells hold newlines, perhaps in columns that nobody wants: look at all of them
        whole = _parse(text.decode("utf-8", "replace").encode(), layout, layout.columns, [])
        lines, odd_lines = _broken_lines(line, pl.from_arrow(whole), odd)  # type: ignore[arg-type]
    rows = rows.with_columns(pl.Series(LINE, lines, pl.Int64))
    faults, again = _odd_rows(odd, odd_lines)
    for rest, at in again:
        more, more_faults = delimited(rest, at, layout, wanted)
        rows, faults = pl.concat([rows, more]), faults + more_faults
    return _without_empty(rows, wanted), faults


def _parse(text: bytes, layout: Layout, wanted: Sequence[str], odd: list[Any]) -> Any:
    def keep_odd(row: Any) -> str:
        odd.append(row)
        return "skip"

    return pyarrow.csv.read_csv(
        pa.BufferReader(text),
        read_options=pyarrow.csv.ReadOptions(
            column_names=list(layout.columns), use_threads=False, block_size=len(text) + 1
        ),
        parse_options=pyarrow.csv.ParseOptions(
            delimiter=layout.separator,
            quote_char='"' if layout.quotes else False,
            newlines_in_values=layout.quotes,
            ignore_empty_lines=False,  # they count as lines, and are dropped afterwards
            invalid_row_handler=keep_odd,
        ),
        convert_options=pyarrow.csv.ConvertOptions(
            column_types={name: pa.large_string() for name in layout.columns},
            include_columns=list(wanted),
            strings_can_be_null=False,
        ),
    )


def _lines(text: bytes, line: int, rows: pl.DataFrame, odd: list[Any]) -> tuple[pl.Series | None, list[int]]:
    """Numbers of the lines of good rows and of odd ones, where no cell holds a newline; else None."""
    total = len(rows) + len(odd)
    at_row = [row.number - 1 for row in odd]
    if b'"' in text and text.count(b"\n") + (not text.endswith(b"\n")) > total:
        return None, []
    good = pl.Series(range(total), dtype=pl.Int64) if not at_row else _others(total, at_row)
    return good + line, [row + line for row in at_row]


def _broken_lines(line: int, rows: pl.DataFrame, odd: list[Any]) -> tuple[pl.Series, list[int]]:
    """The same where cells hold newlines.

    Args:
        line: number of the first line.
        rows: all columns of the good rows.
        odd: rows with too many or too few cells.
    """
    at_row = [row.number - 1 for row in odd]
    cells = pl.sum_horizontal(pl.col(pl.String).str.count_matches("\n", literal=True)).cast(pl.Int64)
    good = _others(len(rows) + len(odd), at_row)
    breaks = pl.DataFrame({"row": good, "more": rows.select(cells).to_series()})
    extra = pl.DataFrame({"row": at_row, "more": [row.text.count("\n") for row in odd]}, schema=breaks.schema)
    ordered = pl.concat([breaks, extra]).sort("row")
    ordered = ordered.with_columns(line=pl.col("more").cum_sum() - pl.col("more") + pl.col("row") + line)
    is_odd = pl.col("row").is_in(at_row)
    return ordered.filter(~is_odd)["line"], ordered.filter(is_odd)["line"].to_list()


def _others(total: int, taken: list[int]) -> pl.Series:
    return pl.Series(range(total), dtype=pl.Int64).filter(~pl.Series(range(total)).is_in(taken))


def _odd_rows(odd: list[Any], lines: list[int]) -> tuple[list[Fault], list[tuple[bytes, int]]]:
    """Faults of rows with too many or too few cells, and the text behind a quotation mark that was never closed."""
    faults, again = [], []
    for row, line in zip(odd, lines, strict=True):
        first, newline, rest = row.text.partition("\n")
        if newline and first.count('"') % 2:
            faults.append(Fault(line, "row", first, "has a quotation mark that is not closed on this line"))
            again.append((rest.encode() + b"\n", line + 1))
        else:
            reason = f"has {row.actual_columns} cells where the file has {row.expected_columns} columns"
            faults.append(Fault(line, "row", row.text, reason))
    return faults, again


def _without_empty(rows: pl.DataFrame, wanted: Sequence[str]) -> pl.DataFrame:
    """Drop lines with nothing in them; a lone line feed is no fault."""
    return rows.filter(pl.any_horizontal([pl.col(name) != "" for name in wanted])) if wanted else rows


def _empty(wanted: Sequence[str]) -> pl.DataFrame:
    return pl.DataFrame(schema={**dict.fromkeys(wanted, pl.String), LINE: pl.Int64})


# ---------------------------------------------------------------- lines of JSON


def _json_table(block: Block, layout: Layout, wanted: Sequence[str]) -> tuple[pl.DataFrame, list[Fault]]:
    decoder = msgspec.json.Decoder(_struct_of(wanted))
    found: list[Any] = []
    lines: list[int] = []
    faults: list[Fault] = []
    for line, text in enumerate(block.text.split(b"\n"), block.line):
        if not text.strip():
            continue
        try:
            found.append(decoder.decode(text))
            lines.append(line)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            faults.append(Fault(line, "row", text[:200].decode("utf-8", "replace"), f"is no JSON object: {error}"))
    names = _attributes(wanted)
    columns = {name: pl.Series([_cell(getattr(row, names[name])) for row in found], dtype=pl.String) for name in wanted}
    return pl.DataFrame(columns).with_columns(pl.Series(LINE, lines, pl.Int64)), faults


def _attributes(wanted: Sequence[str]) -> dict[str, str]:
    return {name: f"c{number}" for number, name in enumerate(wanted)}


def _struct_of(wanted: Sequence[str]) -> type[msgspec.Struct]:
    """A struct that decodes the wanted fields alone; the others are skipped, which is what makes it fast."""
    names = _attributes(wanted)
    fields = [(attribute, Any, None) for attribute in names.values()]
    rename = {attribute: name for name, attribute in names.items()}
    return msgspec.defstruct("Row", fields, rename=rename)


def _cell(value: Any) -> str:
    """A value of JSON as the text of a cell; lists are joined, nested lists flattened."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, list | tuple):
        return PART.join(part for part in map(_cell, value) if part)
    return msgspec.json.encode(value).decode() if isinstance(value, dict) else str(value)


# ---------------------------------------------------------------- Parquet


def parquet_columns(path: Path) -> list[tuple[str, str]]:
    """Names and types of the columns.

    Raises:
        Invalid: it is no Parquet, or broken.
    """
    try:
        schema = pyarrow.parquet.ParquetFile(path).schema_arrow
    except (pa.ArrowInvalid, OSError) as error:
        reason = str(error).splitlines()[0]
        raise Invalid(f"is broken Parquet: {reason}", field=str(path), hint="Write or fetch it again.") from error
    return [(column.name, str(column.type)) for column in schema]


def _parquet(path: Path, wanted: Sequence[str], start: int) -> Iterator[Table]:
    file = pyarrow.parquet.ParquetFile(path)
    size, total, at = path.stat().st_size, max(file.metadata.num_rows, 1), 0
    for batch in file.iter_batches(PARQUET_ROWS, columns=list(wanted), use_threads=False):
        first, at = at, at + batch.num_rows
        if at <= start:
            continue
        columns = {name: texts(batch.column(name)) for name in wanted}
        lines = pl.Series(range(first + 1, at + 1), dtype=pl.Int64)
        yield Table(pl.DataFrame({**columns, LINE: lines}), (), at, at + 1, size * at // total)


def texts(column: Any) -> pl.Series:
    """A column of Parquet as texts: instants as milliseconds, lists joined."""
    kind = column.type
    if pa.types.is_timestamp(kind):
        series = pl.Series(column.cast(pa.timestamp("ms", tz=kind.tz), safe=False).cast(pa.int64()))
        return series.cast(pl.String).fill_null("")
    if pa.types.is_nested(kind):
        return pl.Series([_cell(value) for value in column.to_pylist()], dtype=pl.String)
    if pa.types.is_boolean(kind):
        column = column.cast(pa.int8())
    if pa.types.is_dictionary(kind):
        column = column.dictionary_decode()
    series = pl.Series(column)
    if series.dtype == pl.Binary:
        series = pl.Series([(value or b"").decode("utf-8", "replace") for value in series.to_list()], dtype=pl.String)
    return series.cast(pl.String).fill_null("")
