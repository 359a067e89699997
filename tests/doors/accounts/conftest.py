"""An application with accounts, and browsers that ask it."""

from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import httpx
import pytest
from litestar import Litestar

from tests.doors.accounts.browsing import ELSEWHERE, FIREFOX, NOON_MS, ORIGIN, Browser, NewBrowser
from tests.doors.stand_in import StandIn, stand_in
from walras.base.clock import SetClock
from walras.base.settings import Settings
from walras.doors.accounts import account_routes
from walras.doors.api import build_app
from walras.doors.reference import statics


class GoingClock(SetClock):
    """Goes on by a millisecond each time it is read, so that what comes later also says so."""

    def now_ms(self) -> int:
        self.instant_ms += 1
        return self.instant_ms


@pytest.fixture
def clock() -> SetClock:
    return GoingClock(NOON_MS)


@pytest.fixture
def engine(tmp_path: Path, clock: SetClock) -> Iterator[StandIn]:
    with stand_in(tmp_path, Settings(disk_free_mb_min=0), clock) as engine:
        yield engine


@pytest.fixture
def app(engine: StandIn) -> Litestar:
    return build_app(engine, account_routes(statics()))


@pytest.fixture
async def browser(app: Litestar, engine: StandIn) -> AsyncIterator[NewBrowser]:
    async with AsyncExitStack() as stack:

        def new(agent: str = FIREFOX, address: tuple[str, int] = ELSEWHERE, origin: str = ORIGIN) -> Browser:
            made = Browser(
                transport=httpx.ASGITransport(app, client=address),  # type: ignore[arg-type]
                base_url=origin,
                headers={"user-agent": agent, "origin": origin, "accept-language": "en"},
            )
            made.app, made.engine = app, engine
            stack.push_async_callback(made.aclose)
            return made

        yield new


@pytest.fixture
async def ann(browser: NewBrowser) -> Browser:
    made = browser()
    await made.sign_up("ann")
    return made


@pytest.fixture
async def bob(browser: NewBrowser) -> Browser:
    made = browser()
    await made.sign_up("bob")
    return made
