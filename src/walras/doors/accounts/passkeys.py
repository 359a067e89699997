"""Passkeys: adding one to an account, and signing in with one. The device proves that it holds the private key.

A challenge is kept here under an id that only this browser has, in a cookie, and can be answered once.
"""

import asyncio
from typing import Any

import msgspec
from litestar import delete, get, post
from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from walras.base.clock import HOUR_MS
from walras.base.errors import Invalid
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
from walras.doors.accounts.me import me_answer
from walras.doors.accounts.relying import Relying, relying_of
from walras.doors.accounts.shapes import Me
from walras.doors.accounts.sign_in import TRIES_OF_ADDRESS, WrongLogin, let_in
from walras.doors.asking import Answer, Ask, answer, body_of
from walras.doors.told import told
from walras.web import path_id, visitor_of
from walras.world import Account, Passkey
from walras.world.names import one_line

_REGISTER, _SIGN_IN = "passkey-register", "passkey-signin"
_NAME_CHARS_MAX = 50


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


@post(
    "/app/passkeys/register/options",
    status_code=200,
    opt=told(summary="Begin to add a passkey.", tag="accounts", scope=None, who="account"),
    include_in_schema=False,
)
async def register_options(request: Ask) -> Answer:
    """What `navigator.credentials.create` is called with, in the JSON form of the standard."""
    return _json(await asyncio.to_thread(_register_options, request))


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


def _register_options(request: Ask) -> str:
    world, relying = world_of(request), relying_of(request)
    account = world.accounts.get(visitor_of(request).person)
    options = generate_registration_options(
        rp_id=relying.id,
        rp_name="Walras",
        user_id=account.person.encode(),
        user_name=account.handle,
        user_display_name=account.name,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED, user_verification=UserVerificationRequirement.REQUIRED
        ),
        exclude_credentials=[
            PublicKeyCredentialDescriptor(id=base64url_to_bytes(known.id))
            for known in world.passkeys.of(account.person)
        ],
    )
    keep_pending(request, _REGISTER, world.codes.keep(_REGISTER, options.challenge))
    return options_to_json(options)


def _register(request: Ask, said: Credential) -> None:
    world, relying, person = world_of(request), relying_of(request), visitor_of(request).person
    challenge = world.codes.take(pending(request, _REGISTER), _REGISTER)
    try:
        verified = verify_registration_response(
            credential=said.credential,
            expected_challenge=challenge,
            expected_rp_id=relying.id,
            expected_origin=relying.origin,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError, KeyError, TypeError) as error:
        raise Invalid("is no proof of a new passkey", field="credential", hint="Begin again.") from error
    world.passkeys.add(
        Passkey(
            id=bytes_to_base64url(verified.credential_id),
            person=person,
            name=one_line(said.name)[:_NAME_CHARS_MAX],
            public_key=verified.credential_public_key,
            uses=verified.sign_count,
            transports="",
            created_ms=0,
            used_ms=0,
        )
    )
    drop_pending(request)
    note(request, person, "account.passkey_add", after=one_line(said.name)[:_NAME_CHARS_MAX])


def _sign_in_options(request: Ask) -> str:
    world, relying = world_of(request), relying_of(request)
    world.tries.count(f"passkey:{address_of(request)}", TRIES_OF_ADDRESS, HOUR_MS)
    options = generate_authentication_options(rp_id=relying.id, user_verification=UserVerificationRequirement.REQUIRED)
    keep_pending(request, _SIGN_IN, world.codes.keep(_SIGN_IN, options.challenge))
    return options_to_json(options)


def _signed_in(request: Ask, said: Credential) -> Account:
    world, relying = world_of(request), relying_of(request)
    challenge = world.codes.take(pending(request, _SIGN_IN), _SIGN_IN)
    known = world.passkeys.get(str(said.credential.get("id", "")))
    if known is None:
        raise WrongLogin("nobody has this passkey here", field="credential", hint="Sign in with a password or a code.")
    world.passkeys.used(known.id, _uses(said, known, challenge, relying))
    account = world.accounts.get(known.person)
    let_in(account)
    begin(request, account, "passkey")
    drop_pending(request)
    return account


def _uses(said: Credential, known: Passkey, challenge: bytes, relying: Relying) -> int:
    """How often the device was used, where it proves that it is the one.

    Raises:
        WrongLogin: it does not.
    """
    try:
        verified = verify_authentication_response(
            credential=said.credential,
            expected_challenge=challenge,
            expected_rp_id=relying.id,
            expected_origin=relying.origin,
            credential_public_key=known.public_key,
            credential_current_sign_count=known.uses,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError, KeyError, TypeError) as error:
        raise WrongLogin("is no proof of the passkey", field="credential", hint="Begin again.") from error
    return verified.new_sign_count


def _json(text: str) -> Answer:
    made = answer(msgspec.Raw(text.encode()))
    made.headers["cache-control"] = "no-store"
    return made
