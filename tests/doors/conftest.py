"""An application over a stand-in engine, and a client that asks it in this process."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest
from litestar import Litestar

from tests.doors.stand_in import StandIn, stand_in
from walras.doors.api import build_app


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[StandIn]:
    with stand_in(tmp_path) as engine:
        yield engine


@pytest.fixture
def app(engine: StandIn) -> Litestar:
    return build_app(engine)


@pytest.fixture
def secret(engine: StandIn) -> str:
    return engine.world.keys.create("test", ("admin",), 1e6).secret


@pytest.fixture
async def client(app: Litestar, secret: str) -> AsyncIterator[httpx.AsyncClient]:
    # An address that is not this machine's, so that nothing is open to it.
    transport = httpx.ASGITransport(app, client=("192.0.2.7", 1234))  # type: ignore[arg-type]
    headers = {"authorization": f"Bearer {secret}"}
    async with httpx.AsyncClient(transport=transport, base_url="http://walras", headers=headers) as client:
        yield client
