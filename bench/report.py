"""Keeps docs/benchmarks.json and draws docs/benchmarks.md from it; nothing in them is typed by hand."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec

DOCS = Path(__file__).resolve().parents[1] / "docs"
Row = dict[str, Any]
FIELDS = ("id", "value", "unit", "baseline", "ratio", "target", "command")


def merge(old: Iterable[Row], new: Iterable[Row]) -> list[Row]:
    """Rows by id, the new ones replacing the old; sorted, so that a diff shows what moved."""
    rows = {row["id"]: row for row in [*old, *new]}
    return [rows[name] for name in sorted(rows)]


def write(new: Iterable[Row]) -> None:
    """Put rows into both files."""
    path = DOCS / "benchmarks.json"
    old = msgspec.json.decode(path.read_bytes()) if path.exists() else []
    rows = merge(old, [{name: row.get(name) for name in FIELDS} | _extras(row) for row in new])
    path.write_bytes(msgspec.json.format(msgspec.json.encode(rows, enc_hook=float), indent=2) + b"\n")
    (DOCS / "benchmarks.md").write_text(_page(rows), "utf-8")


def _extras(row: Row) -> Row:
    return {name: value for name, value in row.items() if name not in FIELDS}


def _page(rows: list[Row]) -> str:
    head = (
        "# Benchmarks\n\nWritten by `make bench` alone. Machines are noisy: read ratios against the baseline of\n"
        "the same run rather than absolute figures. A target in words is the issue's own.\n\n"
        "| id | value | unit | baseline | ratio | target | met | command |\n|---|---:|---|---:|---:|---|---|---|\n"
    )
    return head + "".join(_line(row) for row in rows) + _notes(rows)


def _line(row: Row) -> str:
    cells = [
        f"`{row['id']}`",
        _figure(row["value"]),
        row["unit"] or "",
        _figure(row["baseline"]),
        _figure(row["ratio"]),
        str(row["target"] or ""),
        _met(row),
        f"`{row['command']}`",
    ]
    return "| " + " | ".join(cells) + " |\n"


def _figure(value: object) -> str:
    if value is None or isinstance(value, str):
        return str(value or "")
    if isinstance(value, dict):
        return "; ".join(f"{name} {_figure(part)}" for name, part in value.items())
    return f"{value:,.4g}" if isinstance(value, float) and abs(value) < 1_000 else f"{value:,.0f}"


def _met(row: Row) -> str:
    """Yes or no where the target is a comparison such as `>= 200`."""
    words = str(row["target"] or "").split()
    if len(words) != 2 or words[0] not in {">=", "<=", ">", "<"} or not isinstance(row["value"], int | float):
        return ""
    value, bound = float(row["value"]), float(words[1].replace(",", ""))
    kept = {">=": value >= bound, "<=": value <= bound, ">": value > bound, "<": value < bound}[words[0]]
    return "yes" if kept else "**no**"


def _notes(rows: list[Row]) -> str:
    noted = [row for row in rows if row.get("note")]
    return ("\n" + "".join(f"- `{row['id']}`: {row['note']}\n" for row in noted)) if noted else ""
