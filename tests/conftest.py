"""What tests share: a home folder, a clock that stands, the outcomes, a real PostgreSQL and a real Chromium.

With pytest-xdist the first process starts one PostgreSQL and every worker gets a database of its own in it.
"""

import os
import shutil
import socket
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest
import sqlalchemy as sa
from playwright.sync_api import Browser, expect, sync_playwright
from sqlalchemy.engine import make_url

from tests.cluster import Cluster, Missing
from walras.base.clock import SetClock
from walras.events.outcomes import Registry

# Machines are busy: a time limit on one example would make a slow moment a failure. Every test has its own timeout.
expect.set_options(timeout=20_000)
hypothesis.settings.register_profile("walras", deadline=None)
hypothesis.settings.load_profile("walras")

NAMED_SERVER = "WALRAS_TEST_DATABASE_URL"
# Any instant will do: 2026-01-05 08:00 UTC, a Monday.
MORNING_MS = 1_767_600_000_000
_cluster: list[Cluster] = []


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """An empty home folder."""
    folder = tmp_path / "home"
    folder.mkdir()
    return folder


@pytest.fixture
def clock() -> SetClock:
    """A clock that stands on a Monday morning until a test sets it."""
    return SetClock(MORNING_MS)


@pytest.fixture
def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def registry() -> Registry:
    """The core's outcomes."""
    return Registry()


@pytest.fixture(scope="session")
def postgres_server(request: pytest.FixtureRequest) -> str:
    """The URL of a running PostgreSQL where databases can be made; where there is none, the test fails."""
    named = os.environ.get(NAMED_SERVER)
    if named:
        return named
    given = getattr(request.config, "workerinput", {}).get("walras_postgres")
    url = str(given) if given is not None else _start()
    if not url.startswith("postgresql"):
        pytest.fail(url, pytrace=False)
    return url


@pytest.fixture(scope="session")
def postgres_database(postgres_server: str) -> Iterator[str]:
    """The URL of this process's own database, dropped at the end."""
    name = f"walras_{os.getpid()}_{os.urandom(4).hex()}"
    admin = sa.create_engine(postgres_server, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    with admin.connect() as connection:
        connection.exec_driver_sql(f'CREATE DATABASE "{name}"')
    yield make_url(postgres_server).set(database=name).render_as_string(hide_password=False)
    with admin.connect() as connection:
        connection.exec_driver_sql(f'DROP DATABASE "{name}" WITH (FORCE)')
    admin.dispose()


@pytest.fixture
def postgres_url(postgres_database: str) -> str:
    """The URL of an empty PostgreSQL database. It is emptied, not made, for each test: making one takes a second."""
    emptied = sa.create_engine(postgres_database, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
    with emptied.connect() as connection:
        connection.exec_driver_sql(f"{others} AND pid <> pg_backend_pid()")
        connection.exec_driver_sql("DROP SCHEMA IF EXISTS public CASCADE")
        connection.exec_driver_sql("CREATE SCHEMA public")
    emptied.dispose()
    return postgres_database


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    """A PostgreSQL of one test's own, which it may stop and start."""
    try:
        own = Cluster()
    except Missing as missing:
        pytest.fail(str(missing), pytrace=False)
    yield own
    own.close()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """A Chromium for one module: while it lives no other event loop can run here, so it ends before the next module.

    A missing browser fails the tests rather than hiding them.
    """
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    assert found, "chromium is missing; `make test` installs it"
    with sync_playwright() as playwright:
        arguments = ["--no-sandbox", "--autoplay-policy=no-user-gesture-required"]
        # A camera and a microphone that show and play a pattern, and let whoever asks use them.
        arguments += ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]
        browser = playwright.chromium.launch(executable_path=found, args=arguments)
        yield browser
        browser.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, home: Path) -> str:
    """The URL of an empty database, once in SQLite and once in PostgreSQL."""
    if request.param == "sqlite":
        return f"sqlite:///{home / 'world.sqlite'}"
    return str(request.getfixturevalue("postgres_url"))


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: object) -> None:
    """Tell a worker of pytest-xdist where the one PostgreSQL is."""
    if not os.environ.get(NAMED_SERVER):
        node.workerinput["walras_postgres"] = _start()  # type: ignore[attr-defined]


def pytest_unconfigure() -> None:
    """Stop the PostgreSQL that this process started."""
    while _cluster:
        _cluster.pop().close()


def _start() -> str:
    """The URL of this process's server, started at the first call; or words that say what is missing."""
    if not _cluster:
        try:
            _cluster.append(Cluster())
        except (Missing, RuntimeError) as error:
            return str(error)
    return _cluster[0].url()
