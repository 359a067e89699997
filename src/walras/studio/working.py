"""A worker: takes jobs one after another, keeps its lease while it works, and says what came of each.

It runs in a process of its own (`python -m walras.studio`), which ends when nothing was to be done for a while.
"""

import os
import threading
from collections.abc import Callable, Mapping

from walras.base.clock import elapsed_s
from walras.base.errors import Exhausted, NotFound, WalrasError
from walras.base.limits import JOB_LEASE_MS, JOB_TRIES_MAX
from walras.base.logs import room_log
from walras.studio import faults, jobs
from walras.studio.faults import Unmakeable, fault_of
from walras.studio.jobs import Job, JobKind
from walras.studio.making import Desk, give_up, make_first, make_rest
from walras.studio.running import Stopped
from walras.studio.studio import Studio
from walras.studio.understanding import Understanding

IDLE_S = 60.0
_WAIT_S = 0.3
_log = room_log("studio")
Work = Callable[[Desk], None]


class Worker:
    """One thread of work."""

    def __init__(self, studio: Studio, understanding: Understanding, name: str = "") -> None:
        """Nothing is taken yet.

        Args:
            studio: whose jobs.
            understanding: the models.
            name: distinct from every other worker's.
        """
        self._studio = studio
        self.name = name or f"{os.getpid()}-{os.urandom(3).hex()}"
        self._work: Mapping[JobKind, Work] = {
            "first": make_first,
            "understand": understanding.work,
            "rest": make_rest,
        }

    def run(self, stopped: threading.Event, idle_s: float = IDLE_S) -> None:
        """Work until nothing was to be done for so long, or until stopped."""
        last_s = elapsed_s()
        while not stopped.is_set() and elapsed_s() - last_s < idle_s:
            try:
                busy = self.step(stopped)
            except WalrasError as error:
                # The tables do not answer, or the disk is full: both may pass.
                _log.warning("no job could be taken: %s", error)
                busy = False
            if busy:
                last_s = elapsed_s()
            else:
                stopped.wait(_WAIT_S)

    def step(self, stopped: threading.Event | None = None) -> bool:
        """Do one job; False where none was due."""
        job = jobs.take_job(self._studio.database, self.name, self._studio.clock.now_ms())
        if job is None:
            return False
        with _Lease(self._studio, job, stopped or threading.Event()) as lost:
            self._do(job, lost)
        return True

    def _do(self, job: Job, lost: threading.Event) -> None:
        if job.tries > JOB_TRIES_MAX:
            # Whoever took it before died of it each time and could not say so.
            give_up(self._studio, job, fault_of(faults.OUR_FAULT, f"{job.kind} ended its worker {job.tries - 1} times"))
            return
        try:
            self._work[job.kind](Desk(self._studio, job, lost))
        except Stopped:
            self._let_go(job)
        except Unmakeable as error:
            self._fail(job, error)
        except NotFound:
            _log.info("%s was removed while %s was being done", job.asset, job.kind)
        except Exception as error:
            # The top of a job: whatever broke is ours, is written down, and is tried again.
            _log.exception("%s of %s failed (try %s)", job.kind, job.asset, job.tries)
            self._try_later(job, error)

    def _fail(self, job: Job, error: Unmakeable) -> None:
        _log.info("%s of %s: %s (%s)", job.kind, job.asset, error.cause.code, error.detail)
        give_up(self._studio, job, error.fault())

    def _try_later(self, job: Job, error: Exception) -> None:
        with self._studio.database.write() as connection:
            if jobs.put_off(connection, job, self._studio.clock.now_ms()):
                return
        cause = faults.DISK_FULL if isinstance(error, Exhausted) else faults.OUR_FAULT
        shown = error.message if isinstance(error, WalrasError) else type(error).__name__
        give_up(self._studio, job, fault_of(cause, shown))

    def _let_go(self, job: Job) -> None:
        """The process ends in the middle: whoever comes next need not wait for the lease, and no try is counted."""
        with self._studio.database.write() as connection:
            jobs.let_go(connection, job)


class _Lease:
    """Keeps a job's lease while it is worked on; its event is set when the job is lost or the worker is to stop."""

    def __init__(self, studio: Studio, job: Job, stopped: threading.Event) -> None:
        self._studio, self._job, self._stopped = studio, job, stopped
        self._lost, self._over = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._keep, daemon=True)

    def __enter__(self) -> threading.Event:
        self._thread.start()
        return self._lost

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _keep(self) -> None:
        due_s = elapsed_s() + JOB_LEASE_MS / 3000
        while not self._over.wait(0.2):
            if self._stopped.is_set():
                self._lost.set()
                return
            if elapsed_s() < due_s:
                continue
            due_s = elapsed_s() + JOB_LEASE_MS / 3000
            try:
                if not jobs.renew(self._studio.database, self._job, self._studio.clock.now_ms()):
                    self._lost.set()
                    return
            except WalrasError as error:
                # The lease outlives a few failed renewals; the next one may succeed.
                _log.warning("the lease of %s could not be renewed: %s", self._job.asset, error)
