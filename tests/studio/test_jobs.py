"""Jobs and assets keep one contract in SQLite and in PostgreSQL: each job has one holder, each change one number."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.studio.conftest import ANN
from walras.base.clock import SetClock
from walras.base.limits import JOB_LEASE_MS, JOB_TRIES_MAX
from walras.base.settings import Settings
from walras.studio import Asset, Making, Studio, open_studio
from walras.studio.jobs import Job, add_jobs, end_job, is_held, let_go, put_off, renew, take_job, unfinished_jobs
from walras.studio.shelf import change_fields
from walras.world import open_world


@pytest.fixture
def studio(home: Path, database_url: str, clock: SetClock) -> Iterator[Studio]:
    settings = Settings(disk_free_mb_min=0, database_url=database_url)
    world = open_world(home, settings)
    yield open_studio(home, world.database, clock, settings)
    world.close()


def whole(studio: Studio) -> Asset:
    asset = studio.begin_upload(ANN, 1)
    return studio.receive(asset.id, 0, [b"x"])


def taken(studio: Studio, worker: str = "w") -> Job | None:
    return take_job(studio.database, worker, studio.clock.now_ms())


def test_a_job_has_one_holder_until_its_lease_runs_out(studio: Studio, clock: SetClock) -> None:
    asset = whole(studio)
    first = taken(studio, "one")
    assert first == Job(asset.id, "first", 1, 1, "one")
    assert taken(studio, "two") is None
    clock.instant_ms += JOB_LEASE_MS - 1
    assert renew(studio.database, first, clock.now_ms())
    clock.instant_ms += JOB_LEASE_MS - 1
    assert taken(studio, "two") is None
    clock.instant_ms += 2
    second = taken(studio, "two")
    assert second == Job(asset.id, "first", 1, 2, "two")
    assert not renew(studio.database, first, clock.now_ms())
    with studio.database.write() as connection:
        assert not is_held(connection, first)
        end_job(connection, first)
        assert is_held(connection, second)
        end_job(connection, second)
    assert unfinished_jobs(studio.database) == 0


def test_many_workers_take_each_job_once(studio: Studio) -> None:
    for _ in range(4):
        whole(studio)
    held: list[Job] = []

    def work(name: str) -> None:
        while (job := taken(studio, name)) is not None:
            held.append(job)

    threads = [threading.Thread(target=work, args=(f"w{n}",)) for n in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(held) == len({job.asset for job in held}) == 4


def test_what_lets_people_watch_comes_first(studio: Studio) -> None:
    old, new = whole(studio), whole(studio)
    with studio.database.write() as connection:
        add_jobs(connection, old.id, ["understand", "rest"], 1, 0)
    order = []
    while (job := taken(studio)) is not None:
        order.append((job.kind, job.asset))
    assert order[:2] == [("first", old.id), ("first", new.id)]
    assert order[2:] == [("understand", old.id), ("rest", old.id)]


def test_a_job_is_tried_a_few_times_ever_later(studio: Studio, clock: SetClock) -> None:
    whole(studio)
    waits = []
    while (job := taken(studio)) is not None:
        with studio.database.write() as connection:
            if not put_off(connection, job, clock.now_ms()):
                break
        before = clock.instant_ms
        while not studio.waiting():
            clock.instant_ms += 500
        waits.append(clock.instant_ms - before)
    assert waits == sorted(waits)
    assert len(waits) == JOB_TRIES_MAX - 1


def test_a_worker_that_ends_leaves_its_job_without_counting_a_try(studio: Studio) -> None:
    whole(studio)
    for _ in range(JOB_TRIES_MAX + 2):
        job = taken(studio)
        assert job is not None
        assert job.tries == 1
        with studio.database.write() as connection:
            let_go(connection, job)


def test_a_new_order_makes_the_work_for_the_old_one_void(studio: Studio) -> None:
    asset = whole(studio)
    old = taken(studio)
    assert old is not None
    studio.order(asset.id, Making(end_s=3))
    new = taken(studio, "another")
    assert new is not None
    assert (old.version, new.version) == (1, 2)
    with studio.database.write() as connection:
        assert not is_held(connection, old)


def test_changes_made_at_once_each_have_a_number_and_none_is_missed(studio: Studio) -> None:
    assets = [whole(studio) for _ in range(3)]
    seen: dict[str, float] = {}
    done = threading.Event()

    def follow() -> None:
        turn = 0
        while True:
            last = done.is_set()
            for asset in studio.changed(turn):
                assert asset.turn > turn
                turn, seen[asset.id] = asset.turn, asset.progress
            if last:
                return

    def work(asset: Asset) -> None:
        for n in range(1, 11):
            change_fields(studio.database, asset.id, progress=n / 10)

    follower = threading.Thread(target=follow)
    writers = [threading.Thread(target=work, args=(asset,)) for asset in assets]
    for thread in (follower, *writers):
        thread.start()
    for thread in writers:
        thread.join()
    done.set()
    follower.join()
    assert seen == {asset.id: 1.0 for asset in assets}
    turns = [asset.turn for asset in studio.changed(0)]
    assert len(set(turns)) == 3
