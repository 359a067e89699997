"""Which column of a file means what: a value that is guessed, written by hand as TOML, or given by flags."""

import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from walras.base.errors import Invalid, nearest

TimeUnit = Literal["auto", "s", "ms", "us", "ns", "text", "date", "order"]
# How a cell that lists topics separates them, where the file does not say.
TOPIC_SEPARATOR = "|"


class Mark(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One event that a row stands for, where its condition holds."""

    outcome: str
    column: str = ""  # the condition reads this column; empty: every row
    at_least: float | None = None  # holds where the column's number is at least this …
    below: float | None = None  # … and below this; neither given: where the cell says yes (1, true, 是)
    value: str = ""  # column of the event's value; empty: 1
    scale: float = 1.0  # the value is multiplied by this, such as 0.001 for milliseconds


class Mapping(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Columns of a file by what they mean. Empty means: the file does not have it."""

    person: str = ""
    item: str = ""
    time: str = ""
    time_unit: TimeUnit = "auto"
    zone: str = "UTC"  # IANA zone of times that state none
    outcome: str = ""  # one outcome for every row
    outcome_column: str = ""  # or a column that names it …
    outcomes: dict[str, str] = {}  # … by these words (lower case)
    other_outcome: str = ""  # what a word that is not among them stands for; empty: the row is refused
    flags: dict[str, str] = {}  # or columns of 0 and 1, each an outcome
    marks: tuple[Mark, ...] = ()  # or the general form
    value: str = ""
    value_scale: float = 1.0
    zero_means_one: bool = False  # a value of 0 says that none was given
    id: str = ""
    owner: str = ""
    surface: str = ""
    page: str = ""
    place: str = ""
    context: tuple[str, ...] = ()  # columns kept with the event as facts about the moment
    context_json: str = ""  # or a column that holds an object of texts
    shown: str = ""  # a column that names the item another system showed for this row
    title: str = ""
    text: str = ""
    topics: str = ""
    topic_separator: Annotated[str, Meta(max_length=8)] = TOPIC_SEPARATOR
    topic_flags: dict[str, str] = {}  # columns of 0 and 1, each a topic
    duration: str = ""
    duration_scale: float = 1.0  # to seconds
    kind: str = ""  # column
    item_kind: str = "video"  # the kind of every item where no column names it
    language: str = ""  # column
    created: str = ""  # column
    hidden: str = ""  # column of 0 and 1
    attributes: tuple[str, ...] = ()  # columns kept with the item or person as they are

    def all_marks(self) -> tuple[Mark, ...]:
        """Every event that a row may stand for, when no column names its outcome."""
        fixed = (Mark(self.outcome, value=self.value, scale=self.value_scale),) if self.outcome else ()
        return (*fixed, *(Mark(outcome, column=column) for column, outcome in self.flags.items()), *self.marks)

    def columns(self) -> list[str]:
        """Every column that is read, each once."""
        named = [getattr(self, name) for name in _SINGLE]
        several = [*self.flags, *self.context, *self.topic_flags, *self.attributes]
        marked = [name for mark in self.marks for name in (mark.column, mark.value)]
        return list(dict.fromkeys(name for name in (*named, *several, *marked) if name))


_SINGLE = (
    *(
        "person",
        "item",
        "time",
        "outcome_column",
        "value",
        "id",
        "owner",
        "surface",
        "page",
        "place",
        "shown",
        "context_json",
    ),
    *("title", "text", "topics", "duration", "kind", "language", "created", "hidden"),
)
# Columns that describe the item of a row.
ITEM_FIELDS = ("title", "text", "topics", "duration", "kind", "language", "created", "hidden")


def load_mapping(path: Path) -> Mapping:
    """Read a mapping from TOML.

    Raises:
        Invalid: the file is missing, is no TOML, or has an unknown name; with the nearest known one.
    """
    try:
        found = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError as error:
        raise Invalid("is not there", field=str(path), hint="Give the path of a mapping written as TOML.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise Invalid(f"cannot be read as TOML: {error}", field=path.name, hint="Mend the line named.") from error
    return mapping_of(found, where=path.name)


def mapping_of(found: dict[str, Any], where: str = "mapping") -> Mapping:
    """Make a mapping of plain values, refusing unknown names with the nearest known one."""
    for name in found:
        if name not in Mapping.__struct_fields__:
            hint = nearest(name, Mapping.__struct_fields__)
            raise Invalid("is no field of a mapping", field=f"{where}.{name}", value=found[name], hint=hint)
    try:
        mapping = msgspec.convert(found, Mapping)
    except msgspec.ValidationError as error:
        raise Invalid(str(error), field=where, hint="See docs/import.md for every field.") from error
    return msgspec.structs.replace(mapping, outcomes={k.strip().lower(): v for k, v in mapping.outcomes.items()})


def toml_of(mapping: Mapping) -> str:
    """Write a mapping as TOML, so that a guess can be kept, changed and given back."""
    plain: dict[str, Any] = msgspec.to_builtins(mapping)
    tables = {name: value for name, value in plain.items() if isinstance(value, dict)}
    lists = plain.pop("marks", [])
    lines = [f"{name} = {_toml(value)}" for name, value in plain.items() if name not in tables]
    for name, table in tables.items():
        lines += ["", f"[{name}]", *(f"{_toml(key)} = {_toml(value)}" for key, value in table.items())]
    for mark in lists:
        lines += ["", "[[marks]]", *(f"{key} = {_toml(value)}" for key, value in mark.items() if value is not None)]
    return "\n".join(lines) + "\n"


def _toml(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_toml(each) for each in value) + "]"
    return msgspec.json.encode(str(value)).decode()


def must_fit(mapping: Mapping, columns: Iterable[str], where: str) -> None:
    """Refuse a mapping that names columns the file does not have.

    Raises:
        Invalid: with the field, the column named, and the nearest column there is.
    """
    there = list(columns)
    for name in mapping.columns():
        if name not in there:
            raise Invalid("has no such column", field=f"{where}: {_field_of(mapping, name)}", value=name,
                          hint=nearest(name, there))  # fmt: skip


def _field_of(mapping: Mapping, column: str) -> str:
    return next((name for name in _SINGLE if getattr(mapping, name) == column), "flags or marks")
