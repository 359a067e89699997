"""DELETE /app/me: leaving for good. Seven days later everything is forgotten; until then she can come back."""

import asyncio

import msgspec
from litestar import delete, post

from walras.base.clock import DAY_MS
from walras.base.errors import Conflict, Invalid
from walras.doors.accounts.browser import add_cookie, done, drop_pending, note, pending, world_of
from walras.doors.accounts.letters import tell
from walras.doors.accounts.shapes import Proof
from walras.doors.accounts.sign_in import DELETION, prove_password
from walras.doors.asking import Answer, Ask, body_of, engine_of
from walras.web import visitor_of
from walras.web.people import SIGN_IN_COOKIE
from walras.web.told import told
from walras.world import Account, WrongCode

# Long enough to notice that somebody else did it, or to think better of it.
GRACE_DAYS = 7
_proof = msgspec.json.Decoder(Proof)


@delete(
    "/app/me",
    status_code=202,
    opt=told(summary="Leave for good.", tag="accounts", scope=None, who="account", reads=Proof, status=202),
    include_in_schema=False,
)
async def leave(request: Ask) -> Answer:
    """With the password, or with a code of the purpose `deletion`. Every browser is signed out."""
    said = await body_of(request, _proof)
    leaves_ms = await asyncio.to_thread(_leave, request, said)
    add_cookie(request, SIGN_IN_COOKIE, "", 0)
    return done(202, leaves_ms=leaves_ms)


@post(
    "/app/me/stay",
    status_code=200,
    opt=told(summary="Stay after all.", tag="accounts", scope=None, who="account"),
    include_in_schema=False,
)
async def stay(request: Ask) -> Answer:
    """Within the seven days, after signing in."""
    await asyncio.to_thread(_stay, request)
    return done()


def _leave(request: Ask, said: Proof) -> int:
    world = world_of(request)
    account = world.accounts.get(visitor_of(request).person)
    _prove(request, account, said)
    leaves_ms = engine_of(request).clock.now_ms() + GRACE_DAYS * DAY_MS
    world.accounts.leave(account.person, leaves_ms)
    note(request, account.person, "account.leave", before="active", after="leaving")
    tell(request, account, "leaving", days=GRACE_DAYS)
    world.sign_ins.end_all(account.person)
    return leaves_ms


def _stay(request: Ask) -> None:
    world = world_of(request)
    account = world.accounts.get(visitor_of(request).person)
    if account.state != "leaving":
        raise Conflict("the account is not leaving", field="state", value=account.state)
    world.accounts.leave(account.person, 0)
    note(request, account.person, "account.stay", before="leaving", after="active")


def _prove(request: Ask, account: Account, said: Proof) -> None:
    if said.password:
        prove_password(request, account, said.password)
        return
    if not said.code:
        raise Invalid("the password is needed, or a code", field="password", hint="POST /app/codes sends one.")
    person = world_of(request).codes.redeem(pending(request, DELETION), DELETION, said.code).decode()
    if person != account.person:
        raise WrongCode("was sent to another account", field="code")
    drop_pending(request)
