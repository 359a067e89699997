"""[events.durable_s] Events a second through HTTP, in batches of a thousand, each answered when it is on disk."""

import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import msgspec

from bench.events import BATCH, _bare, _events
from bench.load import quantile
from bench.running import running

COMMAND = "python -m bench doors"
# No batch is sent twice as long as fewer than 80,000 events a second are taken.
SECONDS, CONNECTIONS, BATCHES = 10, 4, 800


def run() -> list[dict[str, Any]]:
    """Rows for the report."""
    with tempfile.TemporaryDirectory(prefix="walras-bench-") as folder:
        home = Path(folder)
        events = _events()
        batches = [events[at : at + BATCH] for at in range(0, len(events), BATCH)]
        plan = home / "plan.jsonl"
        plan.write_bytes(b"\n".join(_request(batches[n % len(batches)], n) for n in range(BATCHES)))
        bare = _bare(home / "bare.sqlite", batches)
        with running(home, "--no-sample") as up:
            command = [
                sys.executable,
                "-m",
                "bench.load",
                str(up.port),
                str(plan),
                str(SECONDS),
                str(CONNECTIONS),
                up.key,
            ]
            before_s = up.cpu_s()
            seen = msgspec.json.decode(subprocess.run(command, capture_output=True, check=True).stdout)
            spent_s = up.cpu_s() - before_s
    assert not seen["failures"]
    assert seen["answers"] <= BATCHES, "some batches were sent twice, and doubles cost less"
    taken = BATCH * seen["answers"]
    rate = taken / seen["seconds"]
    note = f"{CONNECTIONS} connections; a batch took {quantile(seen['ms'], 0.5):.0f} ms at the median"
    row = {"id": "events.durable_s", "value": round(rate), "unit": "events/s", "target": ">= 50,000"}
    return [
        row | {"baseline": round(bare), "ratio": round(rate / bare, 3), "command": COMMAND, "note": note},
        _server_us(spent_s / taken),
    ]


def _server_us(spent_s: float) -> dict[str, Any]:
    """[events.server_us] processor time of the serving process for an event, the load's own left out."""
    note = (
        "The load runs on the same two cores; this is what serving alone costs, reading the log into memory included."
    )
    row = {"id": "events.server_us", "value": round(spent_s * 1e6, 2), "unit": "µs CPU an event", "target": ""}
    return row | {"baseline": None, "ratio": None, "command": COMMAND, "note": note}


def _request(batch: list[Any], turn: int) -> bytes:
    """One batch as a request; every turn has other ids, so that none is a duplicate."""
    events = [{**msgspec.to_builtins(event), "id": f"e{turn}-{n}"} for n, event in enumerate(batch)]
    return msgspec.json.encode({"method": "POST", "path": "/v1/events", "body": {"events": events}})
