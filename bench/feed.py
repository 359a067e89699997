"""[feed.*] Pages from a running platform: 1 M items, 100 k people with 200 events each, load from another process."""

import contextlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import msgspec
import numpy as np

from bench import ground, trained
from bench.load import quantile
from bench.running import Running, running

COMMAND = "python -m bench feed"
ITEMS, PEOPLE, EACH = 1_000_000, 100_000, 200
SECONDS, CONNECTIONS = 20, 4


def plan(path: Path, people: int, count: int = 20_000, seed: int = 2) -> None:
    """Requests for pages of people drawn evenly, one JSON object a line."""
    rng = np.random.Generator(np.random.PCG64(seed))
    lines = (
        msgspec.json.encode({"method": "POST", "path": "/v1/feed", "body": {"person": f"p{n}", "count": 10}})
        for n in rng.integers(people, size=count)
    )
    path.write_bytes(b"\n".join(lines))


def under_load(up: Running, path: Path, seconds: float = SECONDS, connections: int = CONNECTIONS) -> dict[str, float]:
    """Load a running platform from another process; pages, processor seconds and latencies."""
    command = [sys.executable, "-m", "bench.load", str(up.port), str(path), str(seconds), str(connections), up.key]
    before = up.cpu_s()
    said = subprocess.run(command, capture_output=True, check=True).stdout
    cpu_s = up.cpu_s() - before
    seen = msgspec.json.decode(said)
    assert not seen["failures"], f"{seen['failures']} answers were errors"
    return {
        "pages_s": seen["answers"] / seen["seconds"],
        "pages_s_core": seen["answers"] / cpu_s,
        **{f"p{share * 100:g}": quantile(seen["ms"], share) for share in (0.5, 0.99, 0.999)},
    }


@contextlib.contextmanager
def filled(items: int, people: int, each: int) -> Iterator[Path]:
    """A filled ground with models and a snapshot; kept in BENCH_GROUND for the next time, where that names a folder."""
    kept = os.environ.get("BENCH_GROUND")
    with tempfile.TemporaryDirectory(prefix="walras-bench-") as folder:
        home = Path(kept or folder) / f"{items}-{people}-{each}"
        if not (home / "filled").exists():
            home.mkdir(parents=True)
            ground.fill(home, items, people, each)
            trained.models(home, items, home.parent / "trained")
            ground.settle(home)
            (home / "filled").touch()
        yield home


def measure(people: int, home: Path) -> dict[str, float]:
    """Start on a filled ground, warm up, let it come to rest; load once for latency and once for throughput."""
    requests = home / "plan.jsonl"
    plan(requests, people)
    with running(home, "--no-sample", wait_s=1_200) as up:
        under_load(up, requests, 10, 2)
        up.wait_until_quiet()
        alone = under_load(up, requests, SECONDS, 1)
        many = under_load(up, requests)
        return {
            **many,
            **{name: alone[name] for name in ("p50", "p99", "p99.9")},
            "memory_bytes": float(up.memory_bytes()),
            "ready_s": up.started_s,
        }


def run() -> list[dict[str, object]]:
    """Rows for the report."""
    with filled(ITEMS, PEOPLE, EACH) as home:
        seen = measure(PEOPLE, home)
    note = f"{ITEMS:,} items, {PEOPLE:,} people with {EACH} events; latencies on one connection, rate on {CONNECTIONS}"

    def row(name: str, value: float, unit: str, target: str) -> dict[str, object]:
        return {"id": name, "value": value, "unit": unit, "target": target, "command": COMMAND, "note": note}

    return [
        row("feed.pages_s_core", seen["pages_s_core"], "pages/s per core", ">= 200"),
        row("feed.p50", seen["p50"], "ms", ""),
        row("feed.p99", seen["p99"], "ms", "<= 40"),
        row("feed.p999", seen["p99.9"], "ms", ""),
        row("feed.memory", seen["memory_bytes"] / 1e9, "GB", ""),
        row("feed.ready_s", seen["ready_s"], "s", ""),
    ]
