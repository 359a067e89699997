"""Starts a training when enough is new, as its own process, and keeps what it says of its progress.

The training speaks in JSON lines on its standard output, one `TrainingStatus` each. The newest lies in
`<home>/training.json`, where every serving process reads it.
"""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path

import msgspec

from walras.base.logs import room_log
from walras.schema import TrainingStatus
from walras.studio import dying_with_parent

FILE_NAME = "training.json"
# Below this a model would learn nothing that the counters do not already say.
EVENTS_MIN = 1_000
_log = room_log("loops")


def read_status(home: Path) -> TrainingStatus:
    """The newest word of the last training; idle where there was none or where it cannot be read."""
    try:
        return msgspec.json.decode((home / FILE_NAME).read_bytes(), type=TrainingStatus)
    except (OSError, msgspec.DecodeError):
        return TrainingStatus()


def write_status(home: Path, status: TrainingStatus) -> None:
    """Replace the newest word in one step, so that a reader never sees half of it."""
    scratch = home / f"{FILE_NAME}.{os.getpid()}"
    scratch.write_bytes(msgspec.json.encode(status))
    scratch.replace(home / FILE_NAME)


def is_due(status: TrainingStatus, position: int, train_after: int) -> bool:
    """Whether enough rows have come since the last training, or enough at all before the first one."""
    if status.state == "running":
        return False
    if status.position == 0:
        return position >= EVENTS_MIN
    return position - status.position >= train_after


class TrainingLoop:
    """One training at a time, in a process of its own."""

    def __init__(self, home: Path, train_after: int, environ: Mapping[str, str] | None = None) -> None:
        """Watch the home folder; a training left over from a process that died counts as failed."""
        self._home = home
        self._train_after = train_after
        self._environ = dict(os.environ if environ is None else environ)
        self._process: subprocess.Popen[bytes] | None = None
        self._reader: threading.Thread | None = None
        self._forget_the_dead()

    def tick(self, position: int, now_ms: int) -> bool:
        """Start a training where one is due.

        Args:
            position: where the log stands.
            now_ms: the present instant.

        Returns:
            Whether one was started.
        """
        status = read_status(self._home)
        if self._process is not None or not is_due(status, position, self._train_after):
            return False
        self.start(position, now_ms)
        return True

    def start(self, position: int, now_ms: int) -> None:
        """Start a training now."""
        write_status(self._home, TrainingStatus(state="running", stage="start", position=position, started_ms=now_ms))
        command = [sys.executable, "-m", "walras.cli", "train", "--progress-lines"]
        environ = {**self._environ, "WALRAS_HOME": str(self._home)}
        # A person waits for pages, nobody for the training: it yields the processor.
        self._process = subprocess.Popen(
            [*dying_with_parent("TERM"), "nice", "-n", "15", *command],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environ,
        )
        self._reader = threading.Thread(target=self._follow, args=(self._process, position, now_ms), daemon=True)
        self._reader.start()

    def stop(self) -> None:
        """End a running training; its last checkpoint is where the next one goes on."""
        process = self._process
        if process is not None and process.poll() is None:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
        if self._reader is not None:
            self._reader.join(10)

    def _follow(self, process: "subprocess.Popen[bytes]", position: int, now_ms: int) -> None:
        """Keep the newest word of a training until it ends, and say how it ended."""
        assert process.stdout is not None and process.stderr is not None
        said: list[bytes] = []
        complaints = threading.Thread(target=lambda: said.extend(process.stderr or ()), daemon=True)
        complaints.start()
        last = TrainingStatus(state="running", stage="start")
        for line in process.stdout:
            try:
                last = msgspec.json.decode(line, type=TrainingStatus)
            except msgspec.DecodeError:
                continue
            running = msgspec.structs.replace(last, state="running", position=position, pid=process.pid)
            write_status(self._home, msgspec.structs.replace(running, started_ms=now_ms))
        code = process.wait()
        complaints.join(5)
        ended = self._ending(code, last, b"".join(said[-20:]).decode("utf-8", "replace"))
        write_status(self._home, msgspec.structs.replace(ended, position=position, started_ms=now_ms))
        process.stdout.close()
        process.stderr.close()
        self._process = None

    def _ending(self, code: int, last: TrainingStatus, complaint: str) -> TrainingStatus:
        if code == 0:
            return TrainingStatus(state="done", stage="done", done=1.0, seconds_left=0.0)
        reason = complaint.strip().splitlines()[-1] if complaint.strip() else f"exit status {code}"
        _log.warning("training ended with status %s: %s", code, complaint.strip()[-2000:])
        return TrainingStatus(state="failed", stage=last.stage, done=last.done, message=reason)

    def _forget_the_dead(self) -> None:
        status = read_status(self._home)
        if status.state == "running":
            # Its starter is gone, so nobody would ever say that it ended; begin again from the checkpoint.
            write_status(self._home, msgspec.structs.replace(status, state="failed", position=0, pid=0))
