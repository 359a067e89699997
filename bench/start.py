"""[start.*] A fresh clone in an empty environment: seconds from `make run` to a first page, cold and warm."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

import httpx

from bench.running import free_port

ROOT = Path(__file__).resolve().parents[1]
COMMAND = "python -m bench start"


def until_page(clone: Path, home: Path, wait_s: float) -> float:
    """Seconds from `make run` until a personalised page was answered."""
    port = free_port()
    environ = {k: v for k, v in os.environ.items() if k not in ("VIRTUAL_ENV", "PYTHONPATH")}
    environ |= {"WALRAS_HOME": str(home), "WALRAS_PORT": str(port)}
    start = time.perf_counter()
    process = subprocess.Popen(
        ["make", "run"], cwd=clone, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        start_new_session=True,
    )  # fmt: skip
    try:
        while time.perf_counter() - start < wait_s:
            if _page(port, home):
                return time.perf_counter() - start
            assert process.poll() is None, "make run ended"
            time.sleep(0.1)
        raise RuntimeError("no page was answered")
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(60)


def _page(port: int, home: Path) -> bool:
    try:
        key = (home / "development-key").read_text().strip()
        headers = {"X-API-Key": key}
        body = {"person": "person-0001"}
        page = httpx.post(f"http://127.0.0.1:{port}/v1/feed", json=body, headers=headers, timeout=30)
        return page.status_code == 200 and bool(page.json()["places"])
    except (OSError, httpx.HTTPError):
        return False


def run() -> list[dict[str, Any]]:
    """Rows for the report."""
    with tempfile.TemporaryDirectory(prefix="walras-bench-") as folder:
        clone, home = Path(folder) / "clone", Path(folder) / "home"
        subprocess.run(["git", "clone", "-q", str(ROOT), str(clone)], check=True)
        cold = until_page(clone, home, 1_200)
        warm = until_page(clone, home, 120)
        shutil.rmtree(clone)
    note = "packages from this machine's index; a download adds its own time"
    first = {"id": "start.cold_s", "value": round(cold, 1), "unit": "s", "target": "<= 300", "note": note}
    again = {"id": "start.warm_s", "value": round(warm, 1), "unit": "s", "target": "<= 10"}
    return [row | {"command": COMMAND} for row in (first, again)]
