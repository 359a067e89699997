"""The first rows of a file, and how they are written: shape, encoding, separator, header."""

import csv
import io
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import msgspec
import pyarrow.parquet

from walras.base.errors import Invalid
from walras.doors.files.source import encoding_of, head_of, must_be_readable, must_be_text
from walras.doors.files.tables import Layout, parquet_columns, texts

SAMPLE_ROWS = 200
# Fewer marks than this are an accident, not a way of writing.
_STRAY_MARKS = 4
_SEPARATORS = ("::", "\t", ",", ";", "|")
_NUMBER = re.compile(r"^\s*[-+]?\d+(\.\d+)?([eE][-+]?\d+)?\s*$")


@dataclass(frozen=True, slots=True)
class Head:
    """What the beginning of a file shows."""

    path: Path
    layout: Layout
    rows: tuple[tuple[str, ...], ...]  # the first rows, in the order of layout.columns
    text: str = ""  # the first lines as they are, for formats with a shape of their own

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns, given by the header or made up from their numbers."""
        return self.layout.columns

    def cells(self, column: str) -> list[str]:
        """The first cells of a column."""
        at = self.columns.index(column)
        return [row[at] for row in self.rows]


def read_head(path: Path) -> Head:
    """Look at the beginning of a file.

    Raises:
        Invalid: it is missing, empty, binary or broken; with what to do.
    """
    must_be_readable(path)
    with path.open("rb") as file:
        magic = file.read(4)
    if magic == b"PAR1":
        return _parquet_head(path)
    if magic == b"PK\x03\x04":
        raise Invalid("is a zip archive", field=str(path), hint=f"Unpack it first: unzip {path.name}")
    head = head_of(path)
    must_be_text(head, path)
    encoding = encoding_of(head)
    # A piece may end inside a letter, which `replace` turns into a mark at the very end.
    text = head.decode(encoding, "replace").replace("\r\n", "\n").replace("\r", "\n").removeprefix("\ufeff")
    if not text.strip():
        raise Invalid("has only empty lines", field=str(path), hint="Give a file with at least one row.")
    if text.lstrip().startswith(("{", "[")):
        return _json_head(path, text, encoding)
    return _text_head(path, text, encoding)


def _json_head(path: Path, text: str, encoding: str) -> Head:
    found: list[dict[str, Any]] = []
    for line in text.split("\n")[:SAMPLE_ROWS]:
        try:
            row = msgspec.json.decode(line)
        except msgspec.DecodeError:
            continue
        if isinstance(row, dict):
            found.append(row)
    columns = tuple(dict.fromkeys(name for row in found for name in row))
    rows = tuple(tuple(_plain(row.get(name)) for name in columns) for row in found)
    return Head(path, Layout("jsonl", columns=columns, quotes=False, encoding=encoding), rows, text)


def _plain(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def _parquet_head(path: Path) -> Head:
    named = parquet_columns(path)
    columns = tuple(name for name, _ in named)
    file = pyarrow.parquet.ParquetFile(path)
    if not file.metadata.num_rows:
        raise Invalid("has no rows", field=str(path), hint="Give a file with at least one row.")
    batch = next(file.iter_batches(SAMPLE_ROWS, use_threads=False))
    cells = [texts(batch.column(name)).to_list() for name in columns]
    types = dict(named)
    return Head(path, Layout("parquet", columns=columns, options=types), tuple(zip(*cells, strict=True)))


def _text_head(path: Path, text: str, encoding: str) -> Head:
    lines = [line for line in text.split("\n")[:SAMPLE_ROWS] if line.strip()]
    separator = _separator(lines)
    quotes = _has_quotes(text, separator)
    rows = _split(text, separator, quotes)
    header = _is_header(rows)
    columns = _names(rows[0]) if header else tuple(f"column_{n}" for n in range(1, len(rows[0]) + 1))
    body = tuple(tuple(row) for row in rows[1 if header else 0 :] if len(row) == len(columns))
    layout = Layout("csv", separator, header, columns, quotes, encoding)
    return Head(path, layout, body, text)


def _separator(lines: list[str]) -> str:
    """The separator that splits most lines alike, into the most cells."""
    scores = []
    for rank, separator in enumerate(_SEPARATORS):
        counts = [line.count(separator) for line in lines]
        usual = max(set(counts), key=counts.count)
        alike = counts.count(usual) / len(counts)
        scores.append((usual > 0 and (alike > 0.5 or lines[0].count(separator) > 0), alike, -rank, separator))
    best = max(scores)
    return best[-1] if best[0] else ","


def _has_quotes(text: str, separator: str) -> bool:
    """Whether quotation marks wrap cells, rather than standing for inches or speech."""
    mark = re.escape(separator)
    opens = len(re.findall(rf'(?:^|{mark})"', text, re.MULTILINE))
    closes = len(re.findall(rf'"(?:{mark}|$)', text, re.MULTILINE))
    few = max(opens, closes) < _STRAY_MARKS
    return separator == "," if few and min(opens, closes) == 0 else min(opens, closes) * 2 >= max(opens, closes)


def _split(text: str, separator: str, quotes: bool) -> list[list[str]]:
    if len(separator) > 1:
        return [line.split(separator) for line in text.split("\n")[:SAMPLE_ROWS] if line.strip()]
    whole = text[: text.rfind("\n") + 1] or text
    rows: list[list[str]] = []
    quoting: Literal[0, 3] = 0 if quotes else 3  # minimal, or none at all
    reader = csv.reader(io.StringIO(whole, newline=""), delimiter=separator, quoting=quoting)
    try:
        for row in reader:
            if row:
                rows.append(row)
            if len(rows) >= SAMPLE_ROWS:
                break
    except csv.Error:
        rows = rows or [whole.split("\n", 1)[0].split(separator)]
    return rows


def _is_header(rows: list[list[str]]) -> bool:
    """A first row of distinct words, none of them a number, above rows with numbers or other words."""
    first = [cell.strip() for cell in rows[0]]
    if any(_NUMBER.match(cell) for cell in first) or len(set(first)) < len(first):
        return False
    if len(rows) == 1:
        return True
    numbers_below = any(_NUMBER.match(cell) for row in rows[1:] for cell in row)
    return numbers_below or all(
        first[at] not in {row[at] for row in rows[1:] if len(row) > at} for at in range(len(first))
    )


def _names(cells: list[str]) -> tuple[str, ...]:
    """Header cells without blanks around; an empty or doubled one gets its number."""
    names: list[str] = []
    for number, cell in enumerate(cells, 1):
        name = cell.strip() or f"column_{number}"
        names.append(f"{name}_{number}" if name in names else name)
    return tuple(names)
