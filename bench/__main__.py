"""`python -m bench [PART …]`: run benchmarks and write their figures into docs/.

Without names every part runs, one after the other, each in a process of its own so that none warms or starves another.
A part is a module of this folder with `run() -> list of rows`.
"""

import importlib
import subprocess
import sys
from pathlib import Path

import msgspec

from bench import report

PARTS = (
    "start",
    "events",
    "doors",
    "imports",
    "feed",
    "growth",
    "memory",
    "seq",
    "rank",
    "cold",
    "own_log",
    "video",
    "web",
    "fair",
    "experiments",
    "books",
    "market",
    "town",
)
# Run by name only: each takes longer than all the others want to wait.
LONG = ("town_large",)


def run_part(name: str) -> None:
    """Run one part here and write its rows."""
    rows = importlib.import_module(f"bench.{name}").run()
    for row in rows:
        print(msgspec.json.encode(row, enc_hook=float).decode(), flush=True)
    report.write(rows)


def main(names: list[str]) -> int:
    """Run parts by name; the exit code counts those that failed."""
    unknown = [name for name in names if name not in (*PARTS, *LONG)]
    if unknown:
        print(f"No such part: {', '.join(unknown)}. Parts: {', '.join((*PARTS, *LONG))}.", file=sys.stderr)
        return 2
    if len(names) == 1:
        run_part(names[0])
        return 0
    failed = 0
    for name in names or PARTS:
        print(f"== {name}", flush=True)
        here = Path(__file__).resolve().parents[1]
        failed += subprocess.run([sys.executable, "-m", "bench", name], cwd=here, check=False).returncode != 0
    return failed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
