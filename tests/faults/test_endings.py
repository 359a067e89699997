"""However the platform ends, nothing that it started lives on: the real one is started and ended while it trains."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from walras.base.clock import SystemClock
from walras.events import Registry, SqliteLog
from walras.loops import read_status
from walras.schema import Event, Item, ItemPut

pytestmark = [pytest.mark.timeout(300), pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="reads /proc")]
PATIENCE_S = 20.0


def descendants(pid: int) -> dict[int, str]:
    """Processes below one, each with its command."""
    found: dict[int, str] = {}
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in map(int, task.read_text().split()):
            found |= {child: command_of(child)} | descendants(child)
    return found


def command_of(pid: int) -> str:
    """What a process runs; empty where it is gone."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except OSError:
        return ""


def fill(home: Path) -> None:
    now_ms = SystemClock().now_ms()
    log = SqliteLog(home / "log", Registry(), SystemClock())
    log.append([ItemPut(Item(id=f"i{n}", owner="o", kind="note", title=f"note {n}"), now_ms) for n in range(50)])
    log.append(
        [Event(person=f"p{n % 40}", outcome="like", item=f"i{n * n % 50}", time_ms=now_ms - n) for n in range(3_000)]
    )
    log.close()


def started(home: Path, port: int, workers: int) -> "subprocess.Popen[bytes]":
    options = ["--port", str(port), "--workers", str(workers), "--no-sample", "--train"]
    environ = {**os.environ, "WALRAS_HOME": str(home)}
    return subprocess.Popen(
        [sys.executable, "-m", "walras.cli", "up", *options], env=environ, stderr=subprocess.DEVNULL
    )


def trains_and_serves(home: Path, port: int, process: "subprocess.Popen[bytes]") -> bool:
    assert process.poll() is None, "it ended by itself"
    if read_status(home).state != "running" or not any("train" in said for said in descendants(process.pid).values()):
        return False
    try:
        return httpx.get(f"http://127.0.0.1:{port}/healthz").status_code == 200
    except httpx.TransportError:
        return False


@pytest.mark.parametrize(
    ("ending", "workers"), [("SIGTERM", 1), ("SIGINT", 1), ("SIGKILL", 1), ("SIGTERM", 2), ("SIGKILL", 2)]
)
def test_nothing_lives_on(home: Path, free_port: int, ending: str, workers: int) -> None:
    fill(home)
    process = started(home, free_port, workers)
    below: dict[int, str] = {}
    try:
        while not trains_and_serves(home, free_port, process):
            time.sleep(0.05)
        below = descendants(process.pid)
        process.send_signal(getattr(signal, ending))
        code = process.wait(60)
        assert code == (0 if ending != "SIGKILL" else -signal.SIGKILL)
        until = time.monotonic() + PATIENCE_S
        while (left := {pid: said for pid, said in below.items() if said and command_of(pid) == said}) and (
            time.monotonic() < until
        ):
            time.sleep(0.05)
        assert not left
    finally:
        process.kill()
        for pid, said in below.items():
            if said and command_of(pid) == said:
                os.kill(pid, signal.SIGKILL)
