"""Files of a shape of their own become tables too: S3-Rec's texts, GA4's rows, Walras' own lines."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeAlias

import msgspec
import polars as pl
import pyarrow.parquet

from walras.doors.files.formats import GA4_COLUMNS, Part
from walras.doors.files.source import Block, blocks
from walras.doors.files.tables import LINE, PARQUET_ROWS, PART, Fault, Table, tables
from walras.doors.files.times import FIRST_OF_ORDER_MS, STEP_OF_ORDER_MS
from walras.schema import Event, Item, Person

Cells: TypeAlias = dict[str, str]


def read(part: Part, *, start: int = 0, line: int = 1) -> Iterator[Table]:
    """Read a part as tables of the columns its mapping names, from where an earlier table ended.

    Raises:
        Invalid: the file breaks off or is not of the part's shape.
    """
    shape, path = part.layout.shape, part.path
    if shape in {"csv", "jsonl", "parquet"}:
        yield from tables(path, part.layout, part.mapping.columns(), start=start, line=line)
    elif shape == "s3rec-attributes":
        yield _attributes(path)
    elif shape == "ga4-parquet":
        yield from _ga4_parquet(path, start)
    else:
        read_block = _BLOCKS[shape]
        for block in blocks(path, part.layout.encoding, quotes=False, start=start, line=line):
            yield read_block(block)


def _table(block: Block, rows: pl.DataFrame, faults: list[Fault], **more: Any) -> Table:
    after_line = block.line + block.text.count(b"\n")
    return Table(rows, tuple(faults), block.after, after_line, block.done_bytes, **more)


# ---------------------------------------------------------------- S3-Rec


def _s3rec(block: Block) -> Table:
    """Lines `person item item …`: one row for each item, one hour after the one before."""
    text = pl.Series("text", block.text.decode("utf-8", "replace").split("\n")).str.strip_chars()
    lines = pl.DataFrame({"text": text}).with_row_index("number").filter(pl.col("text") != "")
    words = lines.select(pl.col("number").cast(pl.Int64) + block.line, words=pl.col("text").str.split(" "))
    words = words.with_columns(words=pl.col("words").list.eval(pl.element().filter(pl.element() != "")))
    alone = words.filter(pl.col("words").list.len() < 2)
    faults = [Fault(line, "item", one[0], "is a person without any item") for line, one in alone.iter_rows()]
    taken = words.filter(pl.col("words").list.len() >= 2).select(
        pl.col("number").alias(LINE), person=pl.col("words").list.first(), item=pl.col("words").list.slice(1)
    )
    rows = taken.explode("item")
    order = pl.int_range(pl.len()).over(LINE)
    rows = rows.with_columns(time=(order * STEP_OF_ORDER_MS + FIRST_OF_ORDER_MS).cast(pl.String))
    return _table(block, rows.select("person", "item", "time", LINE), faults)


def _attributes(path: Path) -> Table:
    """One JSON object of items and lists of attributes; small enough to be read at once."""
    size = path.stat().st_size
    text = b"".join(block.text for block in blocks(path, "utf-8", quotes=False))
    found = msgspec.json.decode(text, type=dict[str, list[str | int | float]], strict=False)
    topics = [PART.join(str(each) for each in several) for several in found.values()]
    rows = pl.DataFrame(
        {"item": list(found), "topics": topics, LINE: [1] * len(found)}, schema_overrides={LINE: pl.Int64}
    )
    return Table(rows, (), size, 2, size)


# ---------------------------------------------------------------- GA4


def _ga4(block: Block) -> Table:
    cells: list[Cells] = []
    lines: list[int] = []
    faults: list[Fault] = []
    for line, text in enumerate(block.text.split(b"\n"), block.line):
        if not text.strip():
            continue
        try:
            flat = _ga4_cells(msgspec.json.decode(text, type=dict[str, Any]))
        except (msgspec.DecodeError, UnicodeDecodeError, AttributeError, TypeError) as error:
            shown = text[:200].decode("utf-8", "replace")
            faults.append(Fault(line, "row", shown, f"is no row of GA4's export: {error}"))
            continue
        cells += flat
        lines += [line] * len(flat)
    return _table(block, _ga4_frame(cells, lines), faults)


def _ga4_parquet(path: Path, start: int) -> Iterator[Table]:
    file = pyarrow.parquet.ParquetFile(path)
    there = set(file.schema_arrow.names)
    wanted = [name for name in ("event_name", "event_timestamp", "user_pseudo_id", "user_id", "items", "event_params",
                                "event_value_in_usd") if name in there]  # fmt: skip
    size, total, at = path.stat().st_size, max(file.metadata.num_rows, 1), 0
    for batch in file.iter_batches(PARQUET_ROWS, columns=wanted, use_threads=False):
        first, at = at, at + batch.num_rows
        if at <= start:
            continue
        flat = [(line, cells) for line, row in enumerate(batch.to_pylist(), first + 1) for cells in _ga4_cells(row)]
        frame = _ga4_frame([cells for _, cells in flat], [line for line, _ in flat])
        yield Table(frame, (), at, at + 1, size * at // total)


def _ga4_frame(cells: list[Cells], lines: list[int]) -> pl.DataFrame:
    columns = {name: pl.Series([row.get(name, "") for row in cells], dtype=pl.String) for name in GA4_COLUMNS}
    return pl.DataFrame({**columns, LINE: pl.Series(lines, dtype=pl.Int64)})


def _ga4_cells(row: dict[str, Any]) -> list[Cells]:
    """A row's events as flat cells, one for each of its items; none where it is about no item."""
    params = {param["key"]: _ga4_value(param.get("value") or {}) for param in _repeated(row.get("event_params"))}
    base = {
        "person": _text(row.get("user_id")) or _text(row.get("user_pseudo_id")),
        "time": _text(row.get("event_timestamp")),
        "event_name": _text(row.get("event_name")),
    }
    items = [item for item in _repeated(row.get("items")) if _text(item.get("item_id") or item.get("item_name"))]
    if items:
        paid = base["event_name"] in {"purchase", "in_app_purchase"}
        return [base | _ga4_item(item, params) | ({} if paid else {"value": ""}) for item in items]
    content = params.get("item_id") or params.get("content_id") or ""
    return [base | {"item": content}] if content else []


def _ga4_item(item: dict[str, Any], params: Cells) -> Cells:
    category = [_text(item.get(name)) for name in ("item_category", "item_category2", "item_category3")]
    price, quantity = item.get("price"), item.get("quantity")
    revenue = item.get("item_revenue")
    paid = revenue if revenue is not None else float(price) * float(quantity or 1) if price is not None else ""
    place = _text(item.get("item_list_index"))
    return {
        "item": _text(item.get("item_id")) or _text(item.get("item_name")),
        "title": _text(item.get("item_name")),
        "owner": _text(item.get("item_brand")),
        "topics": PART.join(each for each in category if each),
        "value": _text(paid),
        "surface": _text(item.get("item_list_name")) or params.get("item_list_name", ""),
        "place": place if place.isdigit() else "",
    }


def _repeated(value: Any) -> list[dict[str, Any]]:
    """A repeated record, whichever way Parquet or JSON wraps it."""
    if isinstance(value, dict):
        value = value.get("list") or []
    return [each.get("element", each) for each in value or []]


def _ga4_value(value: dict[str, Any]) -> str:
    return next((_text(each) for each in value.values() if each is not None), "")


def _text(value: Any) -> str:
    """A value as text; GA4 writes `(not set)` where it knows nothing."""
    return "" if value is None or value == "(not set)" else str(value)


# ---------------------------------------------------------------- our own lines


class EventLine(Event, frozen=True, kw_only=True, tag_field="type", tag="event"):
    """An event, as a line of its own."""


class ItemLine(Item, frozen=True, kw_only=True, tag_field="type", tag="item"):
    """An item, as a line of its own."""


class PersonLine(Person, frozen=True, kw_only=True, tag_field="type", tag="person"):
    """A person, as a line of its own."""


_NAMES = ("id", "person", "item", "owner", "surface", "page", "outcome")


def _own(block: Block) -> Table:
    """Lines of events, items and people; a line without a type is an event."""
    typed = msgspec.json.Decoder(EventLine | ItemLine | PersonLine)
    untyped = msgspec.json.Decoder(Event)
    events: list[Event] = []
    lines: list[int] = []
    items: list[Item] = []
    people: list[Person] = []
    faults: list[Fault] = []
    for line, text in enumerate(block.text.split(b"\n"), block.line):
        if not text.strip():
            continue
        try:
            found = typed.decode(text) if b'"type"' in text else untyped.decode(text)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            message, _, at = str(error).partition(" - at `$.")
            shown = text[:200].decode("utf-8", "replace")
            faults.append(Fault(line, at.rstrip("`") or "row", shown, message))
            continue
        if isinstance(found, ItemLine):
            items.append(msgspec.convert(found, Item, from_attributes=True))
        elif isinstance(found, PersonLine):
            people.append(msgspec.convert(found, Person, from_attributes=True))
        else:
            events.append(found)
            lines.append(line)
    return _table(block, _own_frame(events, lines), faults, items=tuple(items), people=tuple(people))


def _own_frame(events: list[Event], lines: list[int]) -> pl.DataFrame:
    columns = {name: pl.Series([getattr(event, name) for event in events], dtype=pl.String) for name in _NAMES}
    for name in ("time_ms", "value", "place"):
        columns[name] = pl.Series([str(getattr(event, name)) for event in events], dtype=pl.String)
    context = [msgspec.json.encode(event.context).decode() if event.context else "" for event in events]
    columns["context"] = pl.Series(context, dtype=pl.String)
    return pl.DataFrame({**columns, LINE: pl.Series(lines, dtype=pl.Int64)})


_BLOCKS: dict[str, Callable[[Block], Table]] = {"s3rec": _s3rec, "ga4": _ga4, "walras": _own}
