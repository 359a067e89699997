"""Whom somebody has blocked. Blocking and lifting it are events of the log, like everything a person does."""

import asyncio

import msgspec
from litestar import delete, get, put

from walras.base.errors import Invalid
from walras.base.ids import OwnerId, PersonId
from walras.doors.accounts.browser import done, world_of
from walras.doors.accounts.known import known_person
from walras.doors.asking import Answer, Ask, answer, change, engine_of, write
from walras.schema import Event, Person, PersonPut
from walras.web import path_id, visitor_of
from walras.web.told import told

_PATH = {"handle": "ann"}


@get(
    "/app/blocked",
    opt=told(summary="Whom I have blocked.", tag="accounts", scope=None, who="account"),
    include_in_schema=False,
)
async def list_blocked(request: Ask) -> Answer:
    """People by handle; those without an account are left out."""
    owners = _blocked(request)
    accounts = await asyncio.to_thread(world_of(request).accounts.of_people, owners)
    shown = [
        {"person": owner, "handle": one.handle, "name": one.name, "avatar": one.avatar}
        for owner, one in accounts.items()
    ]
    return answer({"people": shown})


@put(
    "/app/blocked/{handle:str}",
    status_code=200,
    opt=told(summary="Block somebody.", tag="accounts", scope=None, who="account", path=_PATH),
    include_in_schema=False,
)
async def block(request: Ask) -> Answer:
    """Nothing of hers is shown to me, and she cannot write to me."""
    await _say(request, "block")
    return done()


@delete(
    "/app/blocked/{handle:str}",
    status_code=200,
    opt=told(summary="Lift a block.", tag="accounts", scope=None, who="account", path=_PATH),
    include_in_schema=False,
)
async def unblock(request: Ask) -> Answer:
    """Lifting it twice is harmless."""
    owner = await _say(request, "unblock")
    engine, person = engine_of(request), visitor_of(request).person
    known = await asyncio.to_thread(known_person, engine, person)
    if owner in known.blocked_owners:
        left = tuple(one for one in known.blocked_owners if one != owner)
        await change(engine, [PersonPut(_with_blocked(known, left), engine.clock.now_ms())])
    return done()


async def _say(request: Ask, outcome: str) -> str:
    engine, person = engine_of(request), visitor_of(request).person
    handle = path_id(request.path_params, "handle")
    other = await asyncio.to_thread(world_of(request).accounts.of_handle, handle)
    if other.person == person:
        raise Invalid("is you", field="handle", value=handle)
    now_ms = engine.clock.now_ms()
    event = Event(person=PersonId(person), outcome=outcome, owner=OwnerId(other.person), time_ms=now_ms)
    await write(engine, [event])
    return other.person


def _blocked(request: Ask) -> list[str]:
    """Ids of those she has blocked, as the serving state of this process knows them."""
    engine, person = engine_of(request), visitor_of(request).person
    engine.catch_up()
    state = engine.state
    rows = state.person_view(person, engine.clock.now_ms()).blocked_owners
    return list(dict.fromkeys(state.catalogue.owners.names[row] for row in rows.tolist()))


def _with_blocked(person: Person, owners: tuple[str, ...]) -> Person:
    return msgspec.structs.replace(person, blocked_owners=owners)
