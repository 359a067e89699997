"""Decide how each file of an import is read: by a public format's name, by a mapping, or by a guess."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from walras.base.errors import Invalid, nearest
from walras.doors.files.formats import FORMATS, Part
from walras.doors.files.guess import columns_part, guess_mapping, recognise
from walras.doors.files.heads import Head, read_head
from walras.doors.files.mapping import Mapping, must_fit
from walras.doors.files.times import must_be_zone

# Items and people stand in the log before the behaviour that names them, so that owners and topics are counted.
_ORDER = {"items": 0, "people": 1, "mixed": 2, "events": 3}


def plan(paths: Sequence[Path], format: str | None = None, mapping: Mapping | None = None) -> list[Part]:
    """Decide how each file is read, items first.

    Args:
        paths: the files.
        format: name of a public format; None guesses.
        mapping: columns by meaning; None guesses.

    Raises:
        Invalid: a file cannot be read, is not of the format named, or lacks a column.
    """
    if not paths:
        raise Invalid("names no file", field="files", hint="Give at least one file.")
    parts = [_part(read_head(path), format, mapping) for path in dict.fromkeys(paths)]
    parts += [part for part in _beside(parts) if part.path not in {each.path for each in parts}]
    return sorted(parts, key=lambda part: _ORDER[part.kind])


def _part(head: Head, format: str | None, mapping: Mapping | None) -> Part:
    if format is not None and format != "columns":
        return _of_format(head, format)
    if mapping is not None:
        must_fit(mapping, head.columns, head.path.name)
        part = columns_part(head, mapping)
    else:
        found = recognise(head) if format is None else None
        part = found or columns_part(head, guess_mapping(head)[0])
    _must_be_whole(part, head)
    return part


def _of_format(head: Head, format: str) -> Part:
    if format not in FORMATS:
        raise Invalid("is no format", field="format", value=format, hint=nearest(format, [*FORMATS, "columns"]))
    part = FORMATS[format](head)
    if part is None:
        other = recognise(head)
        looks = f"It looks like {other.format}: say --format {other.format}." if other else "Try it without --format."
        found = ", ".join(head.columns[:12])
        raise Invalid(f"is not of the format {format}", field=str(head.path), value=f"columns {found}", hint=looks)
    return part


def _must_be_whole(part: Part, head: Head) -> None:
    mapping, where = part.mapping, head.path.name
    must_be_zone(mapping.zone)
    if (part.kind == "items" and not mapping.item) or (part.kind == "events" and not (mapping.item or mapping.owner)):
        names = ", ".join(head.columns[:20])
        hint = "Name its columns with --person and --item, or with a mapping file."
        raise Invalid("has no column that is surely an item", field=where, value=names, hint=hint)
    says = mapping.outcome_column or mapping.all_marks()
    if part.kind == "events" and not says:
        hint = "Give outcome, outcome_column, flags or marks."
        raise Invalid("does not say what happened", field=f"{where}: outcome", hint=hint)


def _beside(parts: Sequence[Part]) -> Iterator[Part]:
    """S3-Rec's attributes that lie beside a text file, as its authors publish them."""
    for part in parts:
        if part.layout.shape == "s3rec":
            stem = part.path.name.removesuffix(".gz").removesuffix(".txt")
            for name in (f"{stem}_item2attributes.json", f"{stem}_item2attributes.json.gz"):
                beside = part.path.parent / name
                found = FORMATS["s3rec"](read_head(beside)) if beside.exists() else None
                if found is not None:
                    yield found
                    break
