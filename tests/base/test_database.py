"""What is said and done when the database is wrong, gone, full, damaged or slow; with a real server that stops."""

import socket
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cluster import Cluster
from walras.base.clock import SetClock, elapsed_s
from walras.base.database import REST_S, Database, url_of
from walras.base.errors import Corrupt, Exhausted, Invalid, Unavailable
from walras.base.ids import ItemId
from walras.base.settings import Settings
from walras.schema import Item
from walras.world import World, open_world


@pytest.fixture
def sqlite_world(home: Path, clock: SetClock) -> Iterator[World]:
    world = open_world(home, Settings(), clock=clock)
    yield world
    world.close()


def item(id: str) -> Item:
    return Item(id=ItemId(id))


@pytest.mark.parametrize("url", ["nonsense", "mysql://host/name", "postgres://host/name", "sqlite://", "://"])
def test_a_url_that_names_no_database_is_refused_with_what_to_write(url: str) -> None:
    with pytest.raises(Invalid, match=r"database_url.*postgresql\+psycopg"):
        Database(url)


def test_any_driver_of_postgresql_is_read_as_ours() -> None:
    assert Database("postgresql://host/name").url.drivername == "postgresql+psycopg"


def test_without_a_setting_tables_lie_in_the_home_folder(tmp_path: Path) -> None:
    assert url_of(tmp_path, "") == f"sqlite:///{tmp_path}/world.sqlite"
    assert url_of(tmp_path, "postgresql://h/n") == "postgresql://h/n"


def test_the_password_stands_in_no_message() -> None:
    database = Database("postgresql://me:secret@127.0.0.1:1/name")
    with pytest.raises(Unavailable) as caught, database.read():
        pass
    assert "secret" not in str(caught.value)
    assert "127.0.0.1" in str(caught.value)


# ---------------------------------------------------------------- PostgreSQL comes and goes


def test_a_server_that_is_down_at_start_is_named_and_found_when_it_is_there(cluster: Cluster, home: Path) -> None:
    cluster.stop()
    with pytest.raises(Unavailable, match=r"does not answer.*Start PostgreSQL"):
        open_world(home, Settings(database_url=cluster.tcp_url()))
    cluster.start()
    world = open_world(home, Settings(database_url=cluster.tcp_url()))
    world.ping()
    world.close()


def test_a_server_that_goes_down_later_is_missed_and_taken_up_again(cluster: Cluster, home: Path) -> None:
    clock = SetClock(1_000_000)
    world = open_world(home, Settings(database_url=cluster.url()), clock=clock)
    secret = world.keys.create("app", ["admin"]).secret
    world.items.put_many([item("before")], 1)
    assert world.keys.check(secret) is not None
    cluster.stop()
    for _ in range(3):
        with pytest.raises(Unavailable):
            world.items.get("before")
        with pytest.raises(Unavailable):
            world.items.put_many([item("meanwhile")], 2)
    clock.instant_ms += 60_000
    assert world.keys.check(secret) is not None  # it was good lately
    with pytest.raises(Unavailable):
        world.keys.check("never seen")
    clock.instant_ms += 3_600_000
    with pytest.raises(Unavailable):
        world.keys.check(secret)
    cluster.start()
    _rest()
    assert sorted(world.items.get_many(["before", "meanwhile"])) == ["before"]
    world.items.put_many([item("after")], 3)
    assert world.items.count() == 2
    world.close()


def test_while_the_server_is_gone_nobody_waits_for_it(cluster: Cluster, home: Path) -> None:
    world = open_world(home, Settings(database_url=cluster.tcp_url()))
    cluster.stop()
    with pytest.raises(Unavailable):
        world.ping()
    asked = elapsed_s()
    refused = 0
    while elapsed_s() - asked < REST_S / 4:
        with pytest.raises(Unavailable):
            world.ping()
        refused += 1
    assert refused > 100
    world.close()


def test_a_host_that_swallows_packets_does_not_hold_a_page() -> None:
    # A full queue of connections: the kernel answers no further one, as a firewall that drops them.
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen(0)
        waiting = [socket.socket() for _ in range(4)]
        for one in waiting:
            one.setblocking(False)
            one.connect_ex(silent.getsockname())
        database = Database(f"postgresql://127.0.0.1:{silent.getsockname()[1]}/name")
        with pytest.raises(Unavailable), database.read():
            pass
        for one in waiting:
            one.close()


def test_a_statement_that_hangs_is_ended(postgres_url: str, home: Path) -> None:
    world = open_world(home, Settings(database_url=postgres_url))
    database = Database(postgres_url)
    with pytest.raises(Unavailable, match="statement timeout"), database.read() as connection:
        connection.exec_driver_sql("SELECT pg_sleep(20)")
    world.ping()  # one slow statement does not shut out the others
    database.close()
    world.close()


def test_many_threads_share_the_small_pool(postgres_url: str, home: Path) -> None:
    world = open_world(home, Settings(database_url=postgres_url))
    world.items.put_many([item(f"i{k}") for k in range(50)], 1)
    wrong: list[object] = []

    def look() -> None:
        for k in range(20):
            if world.items.get(f"i{k}").id != f"i{k}":
                wrong.append(k)

    threads = [threading.Thread(target=look) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    world.close()


# ---------------------------------------------------------------- SQLite and its file


def test_a_damaged_file_is_named_as_such(home: Path) -> None:
    (home / "world.sqlite").write_bytes(b"this is no database, and long enough to be read as one" * 100)
    with pytest.raises(Corrupt, match="damaged"):
        open_world(home, Settings())


def test_a_full_disk_is_said_and_what_was_there_stays(sqlite_world: World) -> None:
    sqlite_world.items.put_many([item("before")], 1)
    with sqlite_world.database.read() as connection:
        connection.exec_driver_sql("PRAGMA max_page_count = 1")  # the file may not grow any more
    with pytest.raises(Exhausted, match="full"):
        sqlite_world.items.put_many([item(f"i{k}") for k in range(5_000)], 2)
    assert [value.id for value in sqlite_world.items.list().values] == ["before"]


def test_a_file_that_may_not_be_written_is_said(sqlite_world: World) -> None:
    with sqlite_world.database.read() as connection:
        connection.exec_driver_sql("PRAGMA query_only = 1")
    with pytest.raises(Unavailable, match=r"readonly.*home folder"):
        sqlite_world.items.put_many([item("a")], 1)


def test_a_writer_who_holds_the_file_does_not_hold_readers(sqlite_world: World, home: Path) -> None:
    sqlite_world.items.put_many([item("a")], 1)
    other = sqlite3.connect(home / "world.sqlite", isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    assert sqlite_world.items.get("a").id == "a"
    other.execute("ROLLBACK")
    other.close()


def test_two_processes_may_upgrade_at_once(database_url: str, home: Path) -> None:
    worlds = [World(database_url, models_folder=home) for _ in range(4)]
    done: list[bool] = []
    threads = [threading.Thread(target=lambda w=world: done.append(w.upgrade())) for world in worlds]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(done) == 4
    for world in worlds:
        world.ping()
        world.close()


def _rest() -> None:
    until = elapsed_s() + REST_S
    while elapsed_s() < until:
        threading.Event().wait(0.05)
