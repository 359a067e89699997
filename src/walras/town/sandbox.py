"""A platform of the town's own: `walras up` in a home of its own, with a clock that the town moves."""

import contextlib
import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import IO, Any

from walras.client import ClientError, Retry, Walras

_WAIT_S = 120.0
# The town asks as fast as it can; rates are for strangers.
_SETTINGS = {"requests_per_s": "1e9", "log_level": "error", "disk_free_mb_min": "0", "sample": "false"}


class SandboxClock:
    """The platform's clock as a file of eight bytes, moved from here."""

    def __init__(self, path: Path, at_ms: int) -> None:
        """Let it stand where it stood, or at an instant where it is new."""
        self.path = path
        if not path.exists():
            path.write_bytes(at_ms.to_bytes(8, "little", signed=True))
        self._file = path.open("r+b", buffering=0)

    def set(self, at_ms: int) -> None:
        """Move it."""
        self._file.seek(0)
        self._file.write(at_ms.to_bytes(8, "little", signed=True))

    def close(self) -> None:
        """Let the file go."""
        self._file.close()


class Sandbox:
    """A platform that the town starts, kills and starts again."""

    def __init__(
        self, home: Path, clock: SandboxClock, *, workers: int = 1, platform: Mapping[str, Any] | None = None
    ) -> None:
        """Nothing runs yet.

        Args:
            home: where the platform keeps everything.
            clock: what it reads the time from.
            workers: serving processes.
            platform: settings by name, as in settings.md.
        """
        self.home, self.clock = home, clock
        self._workers = workers
        self.settings = {name: _as_text(value) for name, value in {**_SETTINGS, **(platform or {})}.items()}
        self.port = _free_port()
        self.process: subprocess.Popen[bytes] | None = None
        # The system ends a child with the thread that began it, so that thread must live as long as the town.
        self._hand = ThreadPoolExecutor(1)

    @property
    def url(self) -> str:
        """Its address, the same in every life."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def key(self) -> str:
        """The key that was made at its first start."""
        return (self.home / "development-key").read_text("utf-8").strip()

    def environ(self) -> dict[str, str]:
        """What the platform and its commands read."""
        said = {f"WALRAS_{name.upper()}": value for name, value in self.settings.items()}
        clock = {"WALRAS_SANDBOX_CLOCK": str(self.clock.path.resolve())}
        return {**os.environ, **said, **clock, "WALRAS_HOME": str(self.home)}

    def start(self, wait_s: float = _WAIT_S) -> None:
        """Start it and wait until it can serve.

        Raises:
            RuntimeError: it ended at once, or did not become ready.
        """
        self.home.mkdir(parents=True, exist_ok=True)
        self._wait_for_the_last(wait_s)
        options = ["--port", str(self.port), "--workers", str(self._workers), "--no-train"]
        said = (self.home / "server.log").open("ab")
        command = [sys.executable, "-m", "walras.cli", "up", *options]
        self.process = self._hand.submit(self._popen, command, said).result()
        said.close()
        (self.home / "server.pid").write_text(str(self.process.pid))
        until = time.monotonic() + wait_s
        with Walras(self.url, retry=Retry(tries=1), timeout=10.0) as client:
            while not self._is_ready(client):
                if self.process.poll() is not None or time.monotonic() > until:
                    raise RuntimeError(f"the platform did not become ready; see {self.home / 'server.log'}")
                time.sleep(0.1)

    def _popen(self, command: list[str], said: IO[bytes]) -> "subprocess.Popen[bytes]":
        return subprocess.Popen(
            command,
            env=self.environ(),
            stdout=said,
            stderr=said,
            preexec_fn=_end_with_the_town,
            # A key that pauses the town must not reach the platform, which ends behind it.
            start_new_session=True,
        )

    def _is_ready(self, client: Walras) -> bool:
        try:
            return client.ready().ready
        except ClientError:
            return False

    def stop(self, wait_s: float = 60.0) -> None:
        """End it in order."""
        self._signal(signal.SIGTERM)
        if self.process is not None:
            try:
                self.process.wait(wait_s)
            except subprocess.TimeoutExpired:
                self.kill()
        self.process = None

    def kill(self) -> None:
        """End it without a word, with everything it started."""
        children = self.pids()
        self._signal(signal.SIGKILL)
        for pid in children:
            self.kill_one(pid)
        if self.process is not None:
            self.process.wait(30)
        self.process = None

    def kill_one(self, pid: int) -> None:
        """End one of its processes without a word."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)

    def pids(self) -> list[int]:
        """Every process of it but the first."""
        return _descendants(self.process.pid) if self.process is not None else []

    def command(self, *words: str) -> "subprocess.CompletedProcess[str]":
        """Run a `walras` command on its home."""
        command = [sys.executable, "-m", "walras.cli", *words]
        return subprocess.run(command, env=self.environ(), capture_output=True, text=True, check=False)

    def _signal(self, number: int) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(number)

    def _wait_for_the_last(self, wait_s: float) -> None:
        """A town that was killed leaves a platform that is still ending; two must not write one log."""
        path, until = self.home / "server.pid", time.monotonic() + wait_s
        text = path.read_text() if path.exists() else ""
        # A death between opening and writing leaves it empty; then nothing was started.
        while text.isdigit() and _is_ours(int(text), self.home) and time.monotonic() < until:
            time.sleep(0.1)


def _is_ours(pid: int, home: Path) -> bool:
    try:
        environ = Path(f"/proc/{pid}/environ").read_bytes()
    except OSError:
        return False
    return f"WALRAS_HOME={home}".encode() in environ


def _descendants(pid: int) -> list[int]:
    try:
        found = [int(n) for n in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []
    return [*found, *(deeper for child in found for deeper in _descendants(child))]


def _end_with_the_town() -> None:
    """Where the system can, let the platform be told to end when the town is gone, however it went."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _as_text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
