"""Columns that give the outcome away: filled in after it, or made of it."""

import polars as pl

from walras.doors.files.formats import Part
from walras.doors.files.tables import tables

# A column with more different cells than this tells rows apart, not outcomes.
_CELLS_MAX = 50
_ROWS_MIN = 50
# From this share on a column's cell says what happened.
_SURE = 0.995


def leaks(part: Part, rows_max: int) -> list[tuple[str, float]]:
    """Columns nobody mapped whose cells tell the outcome, or name the item, in nearly every row.

    Args:
        part: a file of behaviour.
        rows_max: how many of its rows to look at.

    Returns:
        Names with the share of rows in which they tell.
    """
    if part.layout.shape not in {"csv", "jsonl", "parquet"}:
        return []
    used = set(part.mapping.columns())
    free = [name for name in part.layout.columns if name not in used]
    if not free:
        return []
    whole = next(iter(tables(part.path, part.layout, [*used, *free])), None)
    if whole is None or len(whole.rows) < _ROWS_MIN:
        return []
    rows = whole.rows.head(rows_max)
    found = [(name, _tells_outcome(rows, name, part)) for name in free]
    found += [(name, _names_item(rows, name, part.mapping.item)) for name in free]
    return [(name, share) for name, share in found if share >= _SURE]


def _tells_outcome(rows: pl.DataFrame, column: str, part: Part) -> float:
    """How often the most usual outcome of a cell is the outcome; 0 where most rows have one outcome anyway."""
    best = 0.0
    for label in _labels(rows, part):
        usual = label.value_counts()["count"].max()
        different = rows[column].n_unique()
        if not 1 < different <= _CELLS_MAX or not isinstance(usual, int) or usual > 0.95 * len(rows):
            continue
        pairs = pl.DataFrame({"cell": rows[column], "label": label}).group_by("cell", "label").len()
        told = int(pairs.group_by("cell").agg(pl.col("len").max())["len"].sum())
        best = max(best, told / len(rows))
    return best


def _labels(rows: pl.DataFrame, part: Part) -> list[pl.Series]:
    """What happened, as labels: the outcome's column, each flag, each threshold."""
    mapping = part.mapping
    labels = [rows[mapping.outcome_column]] if mapping.outcome_column else []
    for mark in mapping.all_marks():
        if mark.column and mark.at_least is not None and not mark.value:
            labels.append(rows[mark.column].cast(pl.Float64, strict=False) >= mark.at_least)
        elif mark.column and mark.at_least is None and mark.below is None:
            labels.append(rows[mark.column].str.strip_chars())
        elif mark.column and mark.at_least is not None and mark.at_least > 1:
            labels.append(rows[mark.column].cast(pl.Float64, strict=False) >= mark.at_least)
    return [label.fill_null("" if label.dtype == pl.String else False) for label in labels]


def _names_item(rows: pl.DataFrame, column: str, item: str) -> float:
    """How often a longer cell holds the row's own item, as a history does that was written afterwards."""
    if not item:
        return 0.0
    longer = pl.col(column).str.len_chars() > pl.col(item).str.len_chars()
    own = pl.col(column).str.split(" ").list.contains(pl.col(item)) | pl.col(column).str.split(",").list.contains(
        pl.col(item)
    )
    share = rows.select((longer & own).mean()).item()
    return float(share or 0.0)
