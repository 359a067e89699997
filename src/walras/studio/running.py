"""Runs ffmpeg and ffprobe as processes with bounds: processor time, memory, output, time on the wall.

A file that somebody else made is opened with few protocols and few formats, so that a playlist dressed as a video
reaches neither other files nor the network. The process dies with its worker.
"""

import contextlib
import os
import resource
import shutil
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from walras.base.errors import Exhausted, Unavailable
from walras.base.limits import FFMPEG_MEMORY_BYTES_MAX, FFMPEG_OUTPUT_BYTES_MAX
from walras.studio.faults import TOO_WORK, Unmakeable

# What people's cameras, phones, browsers and editors write. No playlists, no pictures, no lists of other files.
FORMATS = "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpegts,mpeg,flv,asf,ogg"
GUARDED = ("-protocol_whitelist", "file,pipe", "-format_whitelist", FORMATS)
_FULL = "No space left on device"
# How the shell says that a file grew beyond its limit, the kernel that time ran out.
_TOO_MUCH = (-signal.SIGXCPU, -signal.SIGXFSZ, 128 + signal.SIGXCPU, 128 + signal.SIGXFSZ)


@dataclass(frozen=True, slots=True)
class Bounds:
    """What one run may use."""

    cpu_s: int
    wall_s: float
    niceness: int = 5


@dataclass(frozen=True, slots=True)
class Ran:
    """How a run ended that was neither stopped nor out of bounds."""

    code: int
    output: str
    complaint: str


class Stopped(Exception):
    """The work was no longer wanted."""


def ffmpeg(*arguments: str) -> list[str]:
    """A command of ffmpeg that asks nothing and says its progress on standard output."""
    head = ["ffmpeg", "-y", "-nostdin", "-hide_banner", "-loglevel", "error"]
    return [*head, "-stats_period", "0.5", "-progress", "pipe:1", *arguments]


def run(
    command: Sequence[str],
    bounds: Bounds,
    *,
    folder: Path | None = None,
    heard: Callable[[str], None] | None = None,
    stopped: threading.Event | None = None,
) -> Ran:
    """Run a command to its end.

    Args:
        command: program and arguments; no shell reads them.
        bounds: what it may use.
        folder: where it runs.
        heard: told each line of its standard output.
        stopped: set by somebody else to end it.

    Raises:
        Stopped: it was.
        Unmakeable: it went out of its bounds.
        Exhausted: the disk is full.
        Unavailable: the program is missing, was killed, or took too long on the wall.
    """
    lines: list[str] = []
    before_s = _children_s()
    with _started(_bounded(command, bounds), folder) as process, _watched(process, bounds, stopped) as late:
        assert process.stdout is not None and process.stderr is not None
        complaints: list[str] = []
        reader = threading.Thread(target=_drain, args=(process.stderr, complaints), daemon=True)
        reader.start()
        for line in process.stdout:
            lines.append(line)
            if heard is not None:
                heard(line.strip())
        code = process.wait()
        reader.join(5)
    if stopped is not None and stopped.is_set():
        raise Stopped
    complaint = "".join(complaints[-20:]).strip()
    if code < 0 and _children_s() - before_s > 0.9 * bounds.cpu_s:
        # At its limit the kernel kills it like anybody else would; only what it used tells the two apart.
        raise Unmakeable(TOO_WORK, f"more than {bounds.cpu_s} s of processor time")
    _check(code, complaint, command[0], late.is_set())
    return Ran(code, "".join(lines), complaint)


def _children_s() -> float:
    """Processor seconds of all children of this process that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _check(code: int, complaint: str, program: str, late: bool) -> None:
    if code in _TOO_MUCH or "Cannot allocate memory" in complaint:
        raise Unmakeable(TOO_WORK, complaint or f"{program} ended with {code}")
    if _FULL in complaint:
        raise Exhausted("the disk is full", field="media", hint="Free some space.")
    if late:
        raise Unavailable(f"{program} took too long", field="studio", hint="It is tried again.")
    if code < 0 or code in (126, 127, 137, 143):
        raise Unavailable(f"{program} was ended with {code}: {complaint[-200:]}", field="studio")


def _bounded(command: Sequence[str], bounds: Bounds) -> list[str]:
    """The command behind limits that the kernel keeps, and behind a wish to die with its parent."""
    memory, output = FFMPEG_MEMORY_BYTES_MAX, FFMPEG_OUTPUT_BYTES_MAX
    # At the lower limit the kernel says why it ends a process, at the upper one it does not.
    limits = ["prlimit", f"--cpu={bounds.cpu_s}:{bounds.cpu_s + 5}", f"--as={memory}", f"--fsize={output}", "--core=0"]
    nice = ["nice", "-n", str(bounds.niceness)]
    return [*dying_with_parent("KILL"), *limits, *nice, *command]


@cache
def dying_with_parent(signal_name: str) -> tuple[str, ...]:
    """What to write before a command so that it gets this signal when the thread that started it dies, however."""
    return ("setpriv", "--pdeathsig", signal_name) if shutil.which("setpriv") else ()


@contextlib.contextmanager
def _started(command: Sequence[str], folder: Path | None) -> Iterator["subprocess.Popen[str]"]:
    try:
        process = subprocess.Popen(
            command,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"},
        )
    except FileNotFoundError as error:
        hint = "Install ffmpeg and util-linux."
        raise Unavailable(f"{command[0]} is not installed", field="studio", hint=hint) from error
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        for stream in (process.stdout, process.stderr):
            if stream is not None:
                stream.close()


@contextlib.contextmanager
def _watched(
    process: "subprocess.Popen[str]", bounds: Bounds, stopped: threading.Event | None
) -> Iterator[threading.Event]:
    """End the process when it is late or no longer wanted; the event says that it was late."""
    late, over = threading.Event(), threading.Event()

    def watch() -> None:
        waited_s = 0.0
        while not over.wait(0.2):
            waited_s += 0.2
            if waited_s > bounds.wall_s:
                late.set()
            if late.is_set() or (stopped is not None and stopped.is_set()):
                process.kill()
                return

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield late
    finally:
        over.set()
        watcher.join()


def _drain(stream: Iterator[str], into: list[str]) -> None:
    with contextlib.suppress(ValueError):
        for line in stream:
            into.append(line[:500])
            del into[:-50]
