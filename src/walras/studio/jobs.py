"""Work to be done on assets, as rows that outlive every process.

A worker takes a job by writing its name and a lease into it, and renews the lease while it works. A job whose lease
has run out is taken by the next one, so a killed worker delays its job and loses nothing.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import sqlalchemy as sa

from walras.base.limits import JOB_LEASE_MS, JOB_TRIES_MAX
from walras.studio.asset import AssetId
from walras.studio.tables import JobRow
from walras.world import Database, upsert

JobKind = Literal["first", "understand", "rest"]
# What lets people watch comes first, then what lets them find it, then the other heights.
RANKS: dict[JobKind, int] = {"first": 0, "understand": 1, "rest": 2}
# Between two tries: long enough for a full disk or a busy machine to recover, short enough for a maker to wait.
_BACKOFF_MS = (2_000, 15_000, 120_000)


@dataclass(frozen=True, slots=True)
class Job:
    """One piece of work, held by a worker."""

    asset: AssetId
    kind: JobKind
    version: int
    tries: int
    worker: str


def add_jobs(connection: sa.Connection, asset: AssetId, kinds: Iterable[JobKind], version: int, now_ms: int) -> None:
    """Let this be done for a version of an asset; what is under way for an older version is made void."""
    rows = [
        {
            "asset": asset,
            "kind": kind,
            "state": "waiting",
            "rank": RANKS[kind],
            "version": version,
            "tries": 0,
            "due_ms": now_ms,
            "lease_ms": 0,
            "worker": "",
        }
        for kind in kinds
    ]
    upsert(connection, JobRow, rows)


def drop_jobs(connection: sa.Connection, asset: AssetId) -> None:
    """Nothing more is to be done for this asset."""
    connection.execute(sa.delete(JobRow).where(JobRow.asset == asset))


def take_job(database: Database, worker: str, now_ms: int) -> Job | None:
    """The most urgent job that is due and nobody holds; None where there is none."""
    if not waiting_jobs(database, now_ms):
        return None
    with database.write() as connection:
        query = sa.select(JobRow.asset, JobRow.kind, JobRow.version, JobRow.tries).where(_free(now_ms))
        first = query.order_by(JobRow.rank, JobRow.due_ms).limit(1).with_for_update(skip_locked=True)
        found = connection.execute(first).first()
        if found is None:
            return None
        job = Job(AssetId(found.asset), found.kind, found.version, found.tries + 1, worker)
        taken = {"state": "running", "tries": job.tries, "lease_ms": now_ms + JOB_LEASE_MS, "worker": worker}
        connection.execute(sa.update(JobRow).where(_same(job)).values(**taken))
        return job


def waiting_jobs(database: Database, now_ms: int) -> int:
    """How many jobs a worker could take now."""
    with database.read() as connection:
        return connection.execute(sa.select(sa.func.count()).select_from(JobRow).where(_free(now_ms))).scalar_one()


def unfinished_jobs(database: Database) -> int:
    """How many jobs are waiting, due or not, or running."""
    with database.read() as connection:
        return connection.execute(sa.select(sa.func.count()).select_from(JobRow)).scalar_one()


def renew(database: Database, job: Job, now_ms: int) -> bool:
    """Hold a job for longer; False where it is no longer this worker's, and its work is void."""
    with database.write() as connection:
        held = connection.execute(sa.update(JobRow).where(_held(job)).values(lease_ms=now_ms + JOB_LEASE_MS))
        return held.rowcount == 1


def is_held(connection: sa.Connection, job: Job) -> bool:
    """Whether this worker still holds the job, and nobody else can take it before the transaction ends."""
    query = sa.select(JobRow.asset).where(_held(job)).with_for_update()
    return connection.execute(query).first() is not None


def end_job(connection: sa.Connection, job: Job) -> None:
    """The job is done, or can never be."""
    connection.execute(sa.delete(JobRow).where(_held(job)))


def put_off(connection: sa.Connection, job: Job, now_ms: int) -> bool:
    """Let the job be tried again later; False, and nothing done, where it was tried often enough."""
    if job.tries >= JOB_TRIES_MAX:
        return False
    wait_ms = _BACKOFF_MS[min(job.tries, len(_BACKOFF_MS)) - 1]
    later = {"state": "waiting", "due_ms": now_ms + wait_ms, "lease_ms": 0, "worker": ""}
    connection.execute(sa.update(JobRow).where(_held(job)).values(**later))
    return True


def let_go(connection: sa.Connection, job: Job) -> None:
    """The worker is told to end: the next one may begin at once, and this try does not count."""
    free = {"state": "waiting", "lease_ms": 0, "worker": "", "tries": max(job.tries - 1, 0)}
    connection.execute(sa.update(JobRow).where(_held(job)).values(**free))


def _free(now_ms: int) -> sa.ColumnElement[bool]:
    waiting = sa.and_(JobRow.state == "waiting", JobRow.due_ms <= now_ms)
    return sa.or_(waiting, sa.and_(JobRow.state == "running", JobRow.lease_ms < now_ms))


def _same(job: Job) -> sa.ColumnElement[bool]:
    return sa.and_(JobRow.asset == job.asset, JobRow.kind == job.kind)


def _held(job: Job) -> sa.ColumnElement[bool]:
    return sa.and_(_same(job), JobRow.version == job.version, JobRow.worker == job.worker, JobRow.state == "running")
