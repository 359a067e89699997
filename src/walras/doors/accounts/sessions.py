"""Where somebody is signed in: the list, and signing a browser out from another."""

import asyncio

import msgspec
from litestar import delete, get

from walras.doors.accounts.browser import done, note, world_of
from walras.doors.asking import Answer, Ask, answer
from walras.web import path_id, visitor_of
from walras.web.told import told
from walras.world import SignIn


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """A browser that is signed in."""

    id: str
    way: str
    agent: str
    address: str
    created_ms: int
    seen_ms: int
    ends_ms: int
    current: bool  # this very browser


class Sessions(msgspec.Struct, frozen=True):
    """Every browser that is signed in, the last used first."""

    sessions: tuple[Session, ...]


@get(
    "/app/sessions",
    opt=told(summary="Where I am signed in.", tag="accounts", scope=None, who="account", gives=Sessions),
    include_in_schema=False,
)
async def list_sessions(request: Ask) -> Answer:
    """Tokens are shown nowhere."""
    visitor = visitor_of(request)
    found = await asyncio.to_thread(world_of(request).sign_ins.of, visitor.person)
    return answer(Sessions(tuple(_session(one, visitor.sign_in) for one in found)))


@delete(
    "/app/sessions/{id:str}",
    status_code=200,
    opt=told(summary="Sign a browser out.", tag="accounts", scope=None, who="account", path={"id": "n1"}),
    include_in_schema=False,
)
async def end_session(request: Ask) -> Answer:
    """One of her own; another's is not found. `others` ends all but this one."""
    await asyncio.to_thread(_end, request, path_id(request.path_params, "id"))
    return done()


def _end(request: Ask, id: str) -> None:
    visitor, world = visitor_of(request), world_of(request)
    if id == "others":
        world.sign_ins.end_all(visitor.person, but=visitor.sign_in)
    else:
        world.sign_ins.end(visitor.person, id)
    note(request, visitor.person, "account.session_end", after=id)


def _session(one: SignIn, current: str) -> Session:
    return Session(
        id=one.id,
        way=one.way,
        agent=one.agent,
        address=one.address,
        created_ms=one.created_ms,
        seen_ms=one.seen_ms,
        ends_ms=one.ends_ms(),
        current=one.id == current,
    )
