"""A PostgreSQL server of the tests' own: in a temporary folder, on a unix socket and a free loopback port."""

import os
import pwd
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

START_S = 30.0
STOP_S = 15.0
MISSING = (
    "PostgreSQL is not installed, and the tests of the tables need it. `make test` installs it where it can; "
    "otherwise install the package `postgresql`, or name a server in WALRAS_TEST_DATABASE_URL."
)
# For speed only: a test's data need not survive a power cut.
_FAST = ("fsync=off", "full_page_writes=off", "shared_buffers=32MB", "max_connections=60")
# The server lives as long as somebody holds the other end of standard input: tests that are killed leave none behind.
_LEASH = '"$@" </dev/null & read -r _; kill -QUIT $!; wait'


class Missing(RuntimeError):
    """No PostgreSQL is installed."""


def programs() -> Path:
    """The folder of PostgreSQL's programs, the newest version first.

    Raises:
        Missing: there is none.
    """
    found = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    found.sort(key=lambda path: [int(part) for part in re.findall(r"\d+", path.parent.name)])
    on_path = shutil.which("initdb")
    if found:
        return found[-1]
    if on_path:
        return Path(on_path).resolve().parent
    raise Missing(MISSING)


class Cluster:
    """One server. It can be stopped and started again, for tests of what happens meanwhile."""

    def __init__(self) -> None:
        """Make the folder and start the server.

        Raises:
            Missing: PostgreSQL is not installed.
        """
        self._programs = programs()
        self._user = _unprivileged()
        # Not under pytest's folder: only root may enter that one, and the server does not run as root.
        self.folder = Path(tempfile.mkdtemp(prefix="walras-pg-"))
        self.port = _free_port()
        self._process: subprocess.Popen[bytes] | None = None
        if self._user:
            shutil.chown(self.folder, self._user)
        try:
            self._init()
            self.start()
        except BaseException:
            self.close()
            raise

    def url(self, database: str = "postgres") -> str:
        """The URL of one database, over the socket."""
        return f"postgresql+psycopg://walras@/{database}?host={self.folder}&port={self.port}"

    def tcp_url(self, database: str = "postgres") -> str:
        """The URL of one database, over loopback."""
        return f"postgresql+psycopg://walras@127.0.0.1:{self.port}/{database}"

    def start(self) -> None:
        """Start the server and wait until it answers."""
        settings = [word for setting in _FAST for word in ("-c", setting)]
        place = ["-D", str(self.folder / "base"), "-k", str(self.folder), "-h", "127.0.0.1", "-p", str(self.port)]
        self._process = self._leashed([self._programs / "postgres", *place, *settings])
        until = time.monotonic() + START_S
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > until:
                raise RuntimeError(f"PostgreSQL did not start:\n{(self.folder / 'log').read_text()[-2000:]}")
            time.sleep(0.05)

    def stop(self) -> None:
        """Stop the server at once, as a crash would, with its connections."""
        if self._process is None:
            return
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            self._process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait(STOP_S)
        self._process = None

    def create(self, database: str) -> None:
        """Make an empty database."""
        where = ["-h", str(self.folder), "-p", str(self.port), "-U", "walras"]
        self._run([self._programs / "createdb", *where, database])

    def close(self) -> None:
        """Stop the server and remove its folder."""
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _init(self) -> None:
        options = ["-A", "trust", "-U", "walras", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"]
        self._run([self._programs / "initdb", "-D", self.folder / "base", *options])

    def _answers(self) -> bool:
        where = ["-q", "-h", str(self.folder), "-p", str(self.port)]
        return subprocess.run([self._programs / "pg_isready", *where], check=False).returncode == 0

    def _run(self, command: list[str | Path]) -> None:
        done = subprocess.run(
            command, user=self._user, group=self._user, cwd=self.folder, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise RuntimeError(f"{Path(command[0]).name} failed:\n{done.stdout}{done.stderr}")

    def _leashed(self, command: list[str | Path]) -> "subprocess.Popen[bytes]":
        # A process group of its own, so that Ctrl-C ends the tests, which then end the server.
        with (self.folder / "log").open("ab") as log:
            return subprocess.Popen(
                ["sh", "-c", _LEASH, "sh", *command],
                user=self._user,
                group=self._user,
                cwd=self.folder,
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                process_group=0,
            )


def _unprivileged() -> str | None:
    """Whom the server runs as: PostgreSQL refuses root. None where we are not root."""
    if os.geteuid() != 0:
        return None
    known = {user.pw_name for user in pwd.getpwall()}
    return next(name for name in ("postgres", "nobody") if name in known)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
