"""Starts the process that makes media whenever there is something to make; it ends by itself when there is not.

A process of its own, since it loads models and runs ffmpeg: whatever a file does to it, pages are served on.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from walras.base.clock import elapsed_s
from walras.base.logs import room_log
from walras.studio import Studio, dying_with_parent

# A process that ends at once again and again is started this seldom.
_AGAIN_S = 5.0
_EXPIRE_S = 600.0
_STOP_S = 5
_log = room_log("loops")


class MakingLoop:
    """One process that works, at most."""

    def __init__(self, home: Path, studio: Studio, environ: Mapping[str, str] | None = None) -> None:
        """Nothing runs yet.

        Args:
            home: handed to the process.
            studio: whose jobs are watched.
            environ: handed to the process; this one's where none is given.
        """
        self._home, self._studio = home, studio
        self._environ = dict(os.environ if environ is None else environ)
        self._process: subprocess.Popen[bytes] | None = None
        self._started_s = self._expired_s = -_EXPIRE_S

    def tick(self, now_s: float | None = None) -> bool:
        """Start the process where there is work and none runs; give up uploads that stopped coming.

        Args:
            now_s: seconds of a clock that never goes back.

        Returns:
            Whether it was started.
        """
        now_s = elapsed_s() if now_s is None else now_s
        if now_s - self._expired_s >= _EXPIRE_S:
            self._expired_s = now_s
            self._studio.expire()
        if self._runs() or now_s - self._started_s < _AGAIN_S or not self._studio.waiting():
            return False
        self._started_s = now_s
        self._start()
        return True

    def stop(self) -> None:
        """End it; what it was making is begun again next time."""
        if self._process is None or self._process.poll() is not None:
            return
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _runs(self) -> bool:
        if self._process is None:
            return False
        code = self._process.poll()
        if code is None:
            return True
        if code != 0:
            _log.warning("the process that makes media ended with status %s", code)
        self._process = None
        return False

    def _start(self) -> None:
        environ = {**self._environ, "WALRAS_HOME": str(self._home), "OMP_NUM_THREADS": "1"}
        # A person waits for pages more often than for a video.
        command = [*dying_with_parent("TERM"), "nice", "-n", "3", sys.executable, "-m", "walras.studio"]
        self._process = subprocess.Popen(command, env=environ, stdin=subprocess.DEVNULL)
