"""Columns of times become instants: seconds to nanoseconds since 1970, dates, or text in any usual order of writing."""

from statistics import median
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import polars as pl

from walras.base.errors import Invalid
from walras.doors.files.mapping import TimeUnit

Known = Literal["s", "ms", "us", "ns", "text", "date", "order"]
# Numbers below 1e11 are seconds (until the year 5138), below 1e14 milliseconds, below 1e17 microseconds.
_LEAST: tuple[tuple[Known, float], ...] = (("s", 1e11), ("ms", 1e14), ("us", 1e17))
_PER_MS: dict[str, float] = {"s": 1000.0, "ms": 1.0, "us": 1e-3, "ns": 1e-6}
# 2024-05-01T12:30:05.250+08:00, 2024/5/1 12:30, 2024年5月1日, 2020-01-01 01:01:01.000000001 +0000 UTC
_TEXT = (
    r"^\s*(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?"
    r"(?:[T\s]+(\d{1,2})[:时](\d{1,2})(?:[:分](\d{1,2})(?:[.,](\d{1,9}))?秒?)?)?"
    r"\s*(Z|UTC|GMT|[+-]\d{2}:?\d{2})?(?:\s+[A-Z]{3,4})?\s*$"
)
# An order without times is written as one event an hour from here, so that the same file always gives the same events.
FIRST_OF_ORDER_MS = 1_577_836_800_000
STEP_OF_ORDER_MS = 3_600_000
_YEAR_MIN, _YEAR_MAX = 1971, 2200


def unit_of(sample: list[str]) -> Known:
    """Guess how times are written from some of them."""
    cells = [cell.strip() for cell in sample if cell.strip()]
    numbers = [float(cell) for cell in cells if _is_number(cell)]
    if len(numbers) * 2 < len(cells) or not cells:
        return "text"
    if all(len(cell) == 8 and "19710101" <= cell <= "22001231" for cell in cells):
        return "date"
    middle = median(abs(number) for number in numbers)
    return next((name for name, bound in _LEAST if middle < bound), "ns")


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def must_be_zone(zone: str) -> None:
    """Refuse a zone that nobody knows.

    Raises:
        Invalid: with the form wanted.
    """
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        hint = "Give an IANA name such as Asia/Shanghai or UTC."
        raise Invalid("is no time zone", field="zone", value=zone, hint=hint) from error


def instants_ms(cells: pl.Series, unit: TimeUnit, zone: str) -> pl.Series:
    """Read times.

    Args:
        cells: [N] texts.
        unit: how they are written; `auto` looks at the first hundred.
        zone: IANA zone of those that state none.

    Returns:
        [N] Int64 milliseconds UTC, null where a cell is no time.
    """
    known = unit_of(cells.head(100).to_list()) if unit == "auto" else unit
    if known in _PER_MS:
        return _numbers_ms(cells, _PER_MS[known])
    if known == "date":
        spaced = cells.str.strip_chars().str.replace(r"^(\d{4})(\d{2})(\d{2})$", "$1-$2-$3")
        return _texts_ms(spaced, zone)
    return _texts_ms(cells, zone)


def _numbers_ms(cells: pl.Series, per_ms: float) -> pl.Series:
    whole = cells.str.strip_chars().cast(pl.Int64, strict=False)
    if whole.null_count() == 0 and per_ms in (1.0, 1000.0):
        bounded = whole.is_between(-(10**15), 10**15)
        return whole.set(~bounded, None) * int(per_ms)
    broken = cells.str.strip_chars().cast(pl.Float64, strict=False)
    exact = broken.is_finite() & (broken.abs() < 1e19)
    return (broken.set(~exact, None) * per_ms).floor().cast(pl.Int64, strict=False)


def _texts_ms(cells: pl.Series, zone: str) -> pl.Series:
    # Most files write every time in one usual way, which is read three times as fast as the general form.
    for form in ("%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%d"):
        wall = cells.head(1).str.to_datetime(form, time_unit="ms", strict=False)
        if wall.null_count() == 0 and len(cells):
            wall = cells.str.to_datetime(form, time_unit="ms", strict=False)
            if wall.null_count() == 0 and wall.dt.year().is_between(_YEAR_MIN, _YEAR_MAX).all():
                own = "UTC" if form.endswith("Z") else zone
                return wall.dt.replace_time_zone(own, ambiguous="earliest", non_existent="null").dt.epoch("ms")
    return _any_texts_ms(cells, zone)


def _any_texts_ms(cells: pl.Series, zone: str) -> pl.Series:
    parts = cells.str.extract_groups(_TEXT).struct.unnest()
    number = [pl.col(str(n)).cast(pl.Int32, strict=False).fill_null(0) for n in range(1, 7)]
    year, month, day, hour, minute, second = number
    digits = pl.col("7").fill_null("0").str.pad_end(9, "0").cast(pl.Int64, strict=False)
    fields = parts.with_columns(
        wall=pl.concat_str(
            [year.cast(pl.String).str.zfill(4), *(n.cast(pl.String).str.zfill(2) for n in number[1:])],
            separator=" ",
        ),
        ok=year.is_between(_YEAR_MIN, _YEAR_MAX)
        & (hour < 24)
        & (minute < 60)
        & (second < 60)
        & (month > 0)
        & (day > 0),
        ms=digits // 1_000_000,
        offset=_offset_min(pl.col("8")),
    )
    wall = pl.col("wall").str.to_datetime("%Y %m %d %H %M %S", time_unit="ms", strict=False)
    local = wall.dt.replace_time_zone(zone, ambiguous="earliest", non_existent="null")
    stated = wall.dt.replace_time_zone("UTC").dt.epoch("ms") - pl.col("offset") * 60_000
    instant = pl.when(pl.col("offset").is_null()).then(local.dt.epoch("ms")).otherwise(stated) + pl.col("ms")
    return fields.select(pl.when(pl.col("ok")).then(instant).otherwise(None).alias("ms")).to_series()


def _offset_min(cell: pl.Expr) -> pl.Expr:
    """Minutes east of UTC, null where none is stated."""
    sign = pl.when(cell.str.starts_with("-")).then(-1).otherwise(1)
    figures = cell.str.replace_all(r"\D", "")
    minutes = figures.str.slice(0, 2).cast(pl.Int64, strict=False) * 60 + figures.str.slice(2, 2).cast(
        pl.Int64, strict=False
    )
    return pl.when(cell.is_in(["Z", "UTC", "GMT"])).then(0).otherwise(sign * minutes)
