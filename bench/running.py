"""A running platform for a benchmark: started in a process of its own on a free port, ended by its process id."""

import contextlib
import os
import resource
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx

TICKS_PER_S = os.sysconf("SC_CLK_TCK")
# A platform that nobody asks anything uses less of one processor than this share over so many seconds.
QUIET_S, QUIET_SHARE = 5.0, 0.6


@dataclass(frozen=True, slots=True)
class Running:
    """Where it answers, and which processes it has."""

    port: int
    key: str
    pid: int
    started_s: float

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port}"

    def cpu_s(self) -> float:
        """Processor seconds of the process and its children, so far."""
        return sum(_cpu_s(pid) for pid in [self.pid, *_children(self.pid)])

    def wait_until_quiet(self, wait_s: float = 420.0) -> None:
        """Wait until it has built its indices, which it does beside requests and which would count as their work.

        Its loops go on beside requests as long as it lives, so it is not waited for longer than indices take.
        """
        until = time.perf_counter() + wait_s
        while time.perf_counter() < until:
            before = self.cpu_s()
            time.sleep(QUIET_S)
            if self.cpu_s() - before < QUIET_SHARE * QUIET_S:
                return

    def memory_bytes(self) -> int:
        """Memory the processes hold now."""
        return sum(_rss(pid) for pid in [self.pid, *_children(self.pid)])


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def running(home: Path, *options: str, wait_s: float = 300.0) -> Iterator[Running]:
    """Start `walras up` on a home folder and end it afterwards."""
    port = free_port()
    environ = {**os.environ, "WALRAS_HOME": str(home)}
    command = [sys.executable, "-m", "walras.cli", "up", "--port", str(port), "--no-train", *options]
    start = time.perf_counter()
    process = subprocess.Popen(command, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait(process, port, start + wait_s)
        key = (home / "development-key").read_text().strip()
        yield Running(port, key, process.pid, time.perf_counter() - start)
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(60)
        except subprocess.TimeoutExpired:
            process.kill()


def _wait(process: "subprocess.Popen[bytes]", port: int, until: float) -> None:
    while time.perf_counter() < until:
        if process.poll() is not None:
            raise RuntimeError(f"the platform ended with status {process.returncode}")
        with contextlib.suppress(httpx.HTTPError):
            if httpx.get(f"http://127.0.0.1:{port}/readyz", timeout=5).status_code == 200:
                return
        time.sleep(0.5)
    raise RuntimeError("the platform did not become ready")


def _children(pid: int) -> list[int]:
    try:
        found = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return []
    return [int(child) for child in found]


def _cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS_PER_S


def _rss(pid: int) -> int:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * resource.getpagesize()
