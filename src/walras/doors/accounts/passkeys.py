"""Passkeys: adding one to an account, and signing in with one. The device proves that it holds the private key.

A challenge is kept here under an id that only this browser has, in a cookie, and can be answered once.
"""

import asyncio
from types import ModuleType
from typing import Any

import msgspec
from litestar import delete, get, post

from walras.base.clock import HOUR_MS
from walras.base.errors import Forbidden, Invalid
from walras.doors.accounts.browser import (
    address_of,
    begin,
    done,
    drop_pending,
    keep_pending,
    note,
    pending,
    world_of,
)
from walras.doors.accounts.letters import tell
from walras.doors.accounts.me import me_answer
from walras.doors.accounts.relying import relying_of
from walras.doors.accounts.shapes import Me, Proof
from walras.doors.accounts.sign_in import TRIES_OF_ADDRESS, WrongLogin, let_in, prove_password
from walras.doors.asking import Answer, Ask, answer, body_of, engine_of
from walras.web import decoded, path_id, visitor_of
from walras.web.people import People
from walras.web.told import told
from walras.world import Account, Passkey
from walras.world.names import one_line

_REGISTER, _SIGN_IN = "passkey-register", "passkey-signin"
_NAME_CHARS_MAX = 50


class SignInAgain(Forbidden):
    """The sign-in is too old for this; the password is needed, or a new sign-in."""

    code = "sign-in-again"


class Credential(msgspec.Struct, frozen=True, kw_only=True):
    """What `navigator.credentials` gave, as JSON; and a name for the list where it is a new one."""

    credential: dict[str, Any]
    name: str = ""


class KnownPasskey(msgspec.Struct, frozen=True, kw_only=True):
    """A passkey as its owner sees it."""

    id: str
    name: str
    created_ms: int
    used_ms: int


_credential = msgspec.json.Decoder(Credential)
_proof = msgspec.json.Decoder(Proof)


@post(
    "/app/passkeys/register/options",
    status_code=200,
    opt=told(summary="Begin to add a passkey.", tag="accounts", scope=None, who="account"),
    include_in_schema=False,
)
async def register_options(request: Ask) -> Answer:
    """What `navigator.credentials.create` is called with, in the JSON form of the standard.

    Where the sign-in is older than an hour the password is needed: a passkey outlives the sign-in it was added by.
    """
    said = decoded(await request.body() or b"{}", _proof)
    return _json(await asyncio.to_thread(_register_options, request, said.password))


@post(
    "/app/passkeys/register/verify",
    status_code=201,
    opt=told(summary="Add a passkey.", tag="accounts", scope=None, who="account", reads=Credential, status=201),
    include_in_schema=False,
)
async def register_verify(request: Ask) -> Answer:
    """What the device gave."""
    said = await body_of(request, _credential)
    await asyncio.to_thread(_register, request, said)
    return answer({"done": True}, 201)


@post(
    "/app/passkeys/signin/options",
    status_code=200,
    opt=told(summary="Begin to sign in with a passkey.", tag="accounts", scope=None, who="guest"),
    include_in_schema=False,
)
async def sign_in_options(request: Ask) -> Answer:
    """The device itself says which account it is for, so nothing is asked and nothing told."""
    return _json(await asyncio.to_thread(_sign_in_options, request))


@post(
    "/app/passkeys/signin/verify",
    status_code=200,
    opt=told(summary="Sign in with a passkey.", tag="accounts", scope=None, who="guest", reads=Credential, gives=Me),
    include_in_schema=False,
)
async def sign_in_verify(request: Ask) -> Answer:
    """What the device gave."""
    said = await body_of(request, _credential)
    account = await asyncio.to_thread(_signed_in, request, said)
    return await me_answer(request, account)


@get(
    "/app/passkeys",
    opt=told(summary="My passkeys.", tag="accounts", scope=None, who="account"),
    include_in_schema=False,
)
async def list_passkeys(request: Ask) -> Answer:
    """The first made first."""
    found = await asyncio.to_thread(world_of(request).passkeys.of, visitor_of(request).person)
    shown = [KnownPasskey(id=one.id, name=one.name, created_ms=one.created_ms, used_ms=one.used_ms) for one in found]
    return answer({"passkeys": shown})


@delete(
    "/app/passkeys/{id:str}",
    status_code=200,
    opt=told(summary="Forget a passkey.", tag="accounts", scope=None, who="account", path={"id": "k1"}),
    include_in_schema=False,
)
async def remove_passkey(request: Ask) -> Answer:
    """One of her own; another's is not found."""
    id = path_id(request.path_params, "id")
    await asyncio.to_thread(world_of(request).passkeys.remove, visitor_of(request).person, id)
    await asyncio.to_thread(note, request, visitor_of(request).person, "account.passkey_remove", before=id)
    return done()


def _proofs() -> ModuleType:
    from walras.doors.accounts import proofs

    return proofs


def _register_options(request: Ask, password: str) -> str:
    world, relying = world_of(request), relying_of(request)
    account = world.accounts.get(visitor_of(request).person)
    if password:
        prove_password(request, account, password)
    elif not _is_fresh(request):
        raise SignInAgain("the password is needed for this", field="password", hint="Or sign in again.")
    asked = _proofs().ask_new(relying, account, world.passkeys.of(account.person))
    keep_pending(request, _REGISTER, world.codes.keep(_REGISTER, asked.challenge))
    return str(asked.options)


def _is_fresh(request: Ask) -> bool:
    """Whether this browser was signed in lately; a cookie that was carried off seldom is."""
    people: People = request.app.state.people
    found = people.sign_in_of(request.scope)
    return found is not None and engine_of(request).clock.now_ms() - found.created_ms < HOUR_MS


def _register(request: Ask, said: Credential) -> None:
    world, relying, person = world_of(request), relying_of(request), visitor_of(request).person
    challenge = world.codes.take(pending(request, _REGISTER), _REGISTER)
    name, proofs = one_line(said.name)[:_NAME_CHARS_MAX], _proofs()
    try:
        made = proofs.proved_new(said.credential, relying, challenge)
    except proofs.NoProof as error:
        raise Invalid("is no proof of a new passkey", field="credential", hint="Begin again.") from error
    passkey = Passkey(
        id=made.id,
        person=person,
        name=name,
        public_key=made.public_key,
        uses=made.uses,
        transports="",
        created_ms=0,
        used_ms=0,
    )
    world.passkeys.add(passkey)
    drop_pending(request)
    note(request, person, "account.passkey_add", after=name)
    tell(request, world.accounts.get(person), "passkey")


def _sign_in_options(request: Ask) -> str:
    world, relying = world_of(request), relying_of(request)
    world.tries.count(f"passkey:{address_of(request)}", TRIES_OF_ADDRESS, HOUR_MS)
    asked = _proofs().ask_known(relying)
    keep_pending(request, _SIGN_IN, world.codes.keep(_SIGN_IN, asked.challenge))
    return str(asked.options)


def _signed_in(request: Ask, said: Credential) -> Account:
    world, relying, proofs = world_of(request), relying_of(request), _proofs()
    challenge = world.codes.take(pending(request, _SIGN_IN), _SIGN_IN)
    known = world.passkeys.get(str(said.credential.get("id", "")))
    if known is None:
        raise WrongLogin("nobody has this passkey here", field="credential", hint="Sign in with a password or a code.")
    try:
        uses = proofs.proved_known(said.credential, relying, challenge, known)
    except proofs.NoProof as error:
        raise WrongLogin("is no proof of the passkey", field="credential", hint="Begin again.") from error
    world.passkeys.used(known.id, uses)
    account = world.accounts.get(known.person)
    let_in(account)
    begin(request, account, "passkey")
    drop_pending(request)
    return account


def _json(text: str) -> Answer:
    made = answer(msgspec.Raw(text.encode()))
    made.headers["cache-control"] = "no-store"
    return made
