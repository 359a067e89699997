"""How fast files come in: a million rows of CSV, checked and durable in the log, against a bare copy into Parquet."""

import resource
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from walras.base.clock import SystemClock, elapsed_s
from walras.base.streams import stream
from walras.doors.files import import_files
from walras.events import Registry, SqliteLog

_ROWS = 1_000_000
_COMMAND = "python -m bench imports"


def run() -> list[dict[str, Any]]:
    """Import a million rows, then the same file once more without the journal."""
    with tempfile.TemporaryDirectory(prefix="walras-bench-") as folder:
        path = _write(Path(folder) / "million.csv")
        bare_s = min(_bare_s(path, Path(folder) / "bare.parquet") for _ in range(2))
        first_s, fresh = _import_s(path, Path(folder), "first")
        again_s, doubled = _import_s(path, Path(folder), "again")
    assert fresh > 0.99 * _ROWS and doubled == 0
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    bare, first, again = (_ROWS / seconds for seconds in (bare_s, first_s, again_s))
    note = "The baseline reads the same file with polars and writes it as Parquet, unchecked and without ids."
    return [
        _row("import.rows_s", first, "rows/s", bare, ">= 200,000", note),
        _row("import.again_rows_s", again, "rows/s", bare, "", "The same file once more, its journal lost."),
        _row("import.peak_mb", peak_mb, "MB", None, "", "Largest memory of the process, both imports included."),
    ]


def _row(name: str, value: float, unit: str, baseline: float | None, target: str, note: str) -> dict[str, Any]:
    ratio = value / baseline if baseline else None
    row = {"id": name, "value": value, "unit": unit, "baseline": baseline, "ratio": ratio, "target": target}
    return row | {"command": _COMMAND, "note": note}


def _write(path: Path) -> Path:
    rng = stream(1, "bench/imports")
    words = pl.Series(["click", "like", "share", "buy"])
    frame = pl.DataFrame(
        {
            "user_id": rng.integers(0, 50_000, _ROWS),
            "item_id": np.minimum(rng.zipf(1.3, _ROWS), 20_000),
            "event": words.gather(pl.Series(rng.integers(0, 4, _ROWS))),
            "timestamp": 1_600_000_000 + rng.integers(0, 10_000_000, _ROWS),
            "amount": rng.integers(1, 100, _ROWS) / 4,
        }
    )
    frame.with_columns(pl.lit("u") + pl.col("user_id").cast(pl.String)).write_csv(path)
    return path


def _bare_s(path: Path, out: Path) -> float:
    began = elapsed_s()
    pl.read_csv(path, infer_schema=False).write_parquet(out, compression="zstd")
    return elapsed_s() - began


def _import_s(path: Path, folder: Path, journal: str) -> tuple[float, int]:
    log = SqliteLog(folder / "log", Registry())
    try:
        report = import_files([path], log, registry=Registry(), clock=SystemClock(), home=folder / journal)
    finally:
        log.close()
    return report.seconds, report.fresh
