"""Signing up: what is asked, the code that proves the address, and the account made of it.

Whether an address has an account already is told to its owner alone, in the letter; the answer is the same.
"""

import asyncio

import msgspec
from litestar import post

from walras.base.clock import HOUR_MS
from walras.base.errors import Conflict, Invalid, NotFound
from walras.doors.accounts.browser import (
    address_of,
    begin,
    done,
    drop_guest,
    drop_pending,
    keep_pending,
    pending,
    world_of,
)
from walras.doors.accounts.known import age_of, put_known
from walras.doors.accounts.letters import send_letter, send_to
from walras.doors.accounts.me import me_answer
from walras.doors.accounts.shapes import Confirm, Me, SignUp
from walras.doors.asking import Answer, Ask, body_of, engine_of
from walras.web import visitor_of
from walras.web.told import told
from walras.web.visitors import is_on_this_machine
from walras.world import Account, AccountSettings, Teen, World
from walras.world.account_settings import AGE_MIN, GROWN_UP_AGE
from walras.world.names import usable_email, usable_handle, usable_name, usable_phone
from walras.world.passwords import hashed, usable_password

PURPOSE = "signup"
# A school signs up behind one address in an hour; more is a machine.
SIGN_UPS_PER_HOUR = 200
# Letters to one address in an hour, whoever asks for them.
LETTERS_PER_HOUR = 10
_sign_up = msgspec.json.Decoder(SignUp)
_confirm = msgspec.json.Decoder(Confirm)


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """An account that waits for its code."""

    account: Account
    password_hash: str


@post(
    "/app/signup",
    status_code=202,
    opt=told(summary="Ask for an account.", tag="accounts", scope=None, who="guest", reads=SignUp, status=202),
    include_in_schema=False,
)
async def sign_up(request: Ask) -> Answer:
    """A code goes to the address that was given; this browser brings it to `/app/signup/confirm`."""
    asked = await body_of(request, _sign_up)
    id = await asyncio.to_thread(_asked, request, asked)
    keep_pending(request, PURPOSE, id)
    return done(202, to=asked.email.strip() or asked.phone.strip(), lives_s=600)


@post(
    "/app/signup/confirm",
    status_code=201,
    opt=told(summary="Bring the code.", tag="accounts", scope=None, who="guest", reads=Confirm, gives=Me, status=201),
    include_in_schema=False,
)
async def confirm_sign_up(request: Ask) -> Answer:
    """The guest's person becomes the account's, so nothing she did is lost."""
    said = await body_of(request, _confirm)
    account = await asyncio.to_thread(_made, request, said.code)
    await put_known(engine_of(request), account)
    await asyncio.to_thread(begin, request, account, PURPOSE)
    drop_guest(request)
    drop_pending(request)
    return await me_answer(request, account, 201)


def one_address(email: str, phone: str) -> dict[str, str]:
    """The one address that was given, as it is kept, under its name.

    Raises:
        Invalid: none was given, or both, or it is none.
    """
    if bool(email.strip()) == bool(phone.strip()):
        raise Invalid("give either an e-mail address or a telephone number", field="email")
    return {"email": usable_email(email)} if email.strip() else {"phone": usable_phone(phone)}


def count_letter(world: World, to: dict[str, str]) -> None:
    """Count a letter before it is sent.

    Raises:
        TooOften: the address has had enough of them.
    """
    world.tries.count(f"letter:{next(iter(to.values()))}", LETTERS_PER_HOUR, HOUR_MS)


def _asked(request: Ask, asked: SignUp) -> str:
    """Check what was asked, send the letter, and give the id under which the code is waited for."""
    world = world_of(request)
    to, wanted = _checked(request, asked)
    world.tries.count(f"sign up:{address_of(request)}", SIGN_UPS_PER_HOUR, HOUR_MS)
    count_letter(world, to)
    body = Wanted(account=wanted, password_hash=hashed(asked.password))
    issued = world.codes.issue(PURPOSE, msgspec.json.encode(body))
    owner = world.accounts.of_login(**to)
    if owner is None:
        send_to(request, "code", **to, code=issued.code, name=wanted.name)
    else:
        send_letter(request, owner, "exists")
    return issued.id


def _checked(request: Ask, asked: SignUp) -> tuple[dict[str, str], Account]:
    visitor, engine = visitor_of(request), engine_of(request)
    if visitor.signed_in:
        raise Conflict("you are signed in", hint="Sign out first.")
    to = one_address(asked.email, asked.phone)
    handle, name = usable_handle(asked.handle), usable_name(asked.name)
    usable_password(asked.password, handle, name, *to.values())
    settled = _first_settings(asked.birth_year, engine.clock.now_ms())
    try:
        engine.world.accounts.of_handle(handle)
    except NotFound:
        wanted = Account(
            person=visitor.person,
            handle=handle,
            name=name,
            birth_year=asked.birth_year,
            settings=settled,
            email=to.get("email", ""),
            phone=to.get("phone", ""),
        )
        return to, wanted
    raise Conflict("is somebody else's", field="handle", value=handle, hint="Choose another.")


def _first_settings(birth_year: int, now_ms: int) -> AccountSettings:
    age = age_of(birth_year, now_ms)
    if not AGE_MIN <= age <= 120:
        hint = f"An account is for people from {AGE_MIN} years on."
        raise Invalid("cannot be", field="birth_year", value=birth_year, hint=hint)
    return AccountSettings(teen=Teen(on=age < GROWN_UP_AGE))


def _made(request: Ask, code: str) -> Account:
    """Make the account that waited for this code."""
    world, visitor = world_of(request), visitor_of(request)
    wanted = msgspec.json.decode(world.codes.redeem(pending(request, PURPOSE), PURPOSE, code), type=Wanted)
    if visitor.signed_in:
        raise Conflict("you are signed in", hint="Sign out first.")
    roles = ("maker", "operator") if _is_first_here(request) else ("maker",)
    # The language she reads is a setting from now on, so letters come in it on every device.
    settled = msgspec.structs.replace(wanted.account.settings, language=visitor.language)
    account = msgspec.structs.replace(wanted.account, person=visitor.person, roles=roles, settings=settled)
    return world.accounts.create(account, wanted.password_hash)


def _is_first_here(request: Ask) -> bool:
    """Whether this is a sandbox without an operator, and its owner signs up on the machine itself."""
    engine = engine_of(request)
    host = request.client.host if request.client else ""
    here = engine.settings.open_access and is_on_this_machine(host, request.scope["headers"])
    return here and not engine.world.accounts.has_role("operator")
