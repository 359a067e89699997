"""[own_log.*, train.*] A log of one million rows of somebody's own: import, train and evaluate, as the commands do."""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from bench.ground import _events

COMMAND = "python -m bench own_log"
ROWS, PEOPLE, ITEMS = 1_000_000, 20_000, 20_000


def _timed(home: Path, *words: str) -> float:
    start = time.perf_counter()
    environ = {**os.environ, "WALRAS_HOME": str(home)}
    subprocess.run([sys.executable, "-m", "walras.cli", *words], env=environ, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


def run() -> list[dict[str, Any]]:
    """Rows for the report."""
    with tempfile.TemporaryDirectory(prefix="walras-bench-") as folder:
        home, path = Path(folder) / "home", Path(folder) / "own.csv"
        frame = next(_events(ITEMS, PEOPLE, ROWS // PEOPLE, 1_760_000_000_000, 1))
        frame.select("person", "item", "outcome", "value", "time_ms").write_csv(path)
        imported = _timed(home, "import", str(path))
        trained = _timed(home, "train")
        judged = _timed(home, "evaluate", "--json")
    minutes = (imported + trained + judged) / 60
    note = (
        f"import {imported:.0f} s, train {trained:.0f} s, evaluate {judged:.0f} s; {PEOPLE:,} people, {ITEMS:,} items"
    )
    return [
        {
            "id": "own_log.1m_minutes", "value": round(minutes, 2), "unit": "minutes", "target": "<= 10",
            "command": COMMAND, "note": note,
        },
        {"id": "train.rows_s", "value": round(ROWS / trained), "unit": "rows/s", "command": COMMAND},
    ]  # fmt: skip
