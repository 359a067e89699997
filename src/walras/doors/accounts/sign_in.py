"""Signing in with a password or a code, and out again. Nothing here tells whether a login exists."""

import asyncio
import contextlib

import msgspec
from litestar import post

from walras.base.clock import HOUR_MS
from walras.base.errors import Forbidden, Invalid, Unauthorised
from walras.doors.accounts.browser import (
    add_cookie,
    address_of,
    begin,
    done,
    drop_pending,
    end_current,
    keep_pending,
    note,
    pending,
    world_of,
)
from walras.doors.accounts.letters import send_letter, send_to
from walras.doors.accounts.me import me_answer
from walras.doors.accounts.shapes import AskCode, Me, Recover, SignInBody
from walras.doors.accounts.sign_up import PURPOSE as SIGN_UP
from walras.doors.accounts.sign_up import Wanted, count_letter, one_address
from walras.doors.asking import Answer, Ask, body_of
from walras.web import visitor_of
from walras.web.people import SIGN_IN_COOKIE
from walras.web.told import told
from walras.world import Account, World
from walras.world.names import usable_email, usable_phone
from walras.world.passwords import hashed, matches, outdated, usable_password

RECOVERY, DELETION = "recovery", "deletion"
_QUARTER_MS = HOUR_MS // 4
# Wrong passwords of one login from one address, of one login from anywhere, and of one address, in a quarter hour.
# Who guesses from many addresses can keep an owner out of the password for a while; passkey and code still open.
TRIES_OF_LOGIN_AND_ADDRESS, TRIES_OF_LOGIN, TRIES_OF_ADDRESS = 10, 100, 200
_sign_in = msgspec.json.Decoder(SignInBody)
_ask_code = msgspec.json.Decoder(AskCode)
_recover = msgspec.json.Decoder(Recover)


class WrongLogin(Unauthorised):
    """No account has this login, or the password is not its own."""

    code = "wrong-login"


class Suspended(Forbidden):
    """An operator has closed this account."""

    code = "suspended"


@post(
    "/app/signin",
    status_code=200,
    opt=told(summary="Sign in.", tag="accounts", scope=None, who="guest", reads=SignInBody, gives=Me),
    include_in_schema=False,
)
async def sign_in(request: Ask) -> Answer:
    """With e-mail, telephone or handle, and the password."""
    said = await body_of(request, _sign_in)
    account = await asyncio.to_thread(_with_password, request, said)
    return await me_answer(request, account)


@post(
    "/app/signout",
    status_code=200,
    opt=told(summary="Sign out.", tag="accounts", scope=None, who="guest"),
    include_in_schema=False,
)
async def sign_out(request: Ask) -> Answer:
    """Signing out twice is harmless."""
    await asyncio.to_thread(end_current, request)
    add_cookie(request, SIGN_IN_COOKIE, "", 0)
    return done()


@post(
    "/app/codes",
    status_code=202,
    opt=told(summary="Ask for a code.", tag="accounts", scope=None, who="guest", reads=AskCode, status=202),
    include_in_schema=False,
)
async def ask_code(request: Ask) -> Answer:
    """Again for a sign-up, for a lost password, or before leaving. The answer is the same whether the login exists."""
    asked = await body_of(request, _ask_code)
    await asyncio.to_thread(_code, request, asked)
    return done(202, lives_s=600)


@post(
    "/app/recover",
    status_code=200,
    opt=told(summary="Sign in with a code.", tag="accounts", scope=None, who="guest", reads=Recover, gives=Me),
    include_in_schema=False,
)
async def recover(request: Ask) -> Answer:
    """With a new password every other browser is signed out."""
    said = await body_of(request, _recover)
    account = await asyncio.to_thread(_with_code, request, said)
    return await me_answer(request, account)


def account_of_login(world: World, login: str) -> Account | None:
    """The account that a person means by what she typed; None where there is none, or it could be no login at all."""
    given = login.strip()
    with contextlib.suppress(Invalid):
        if "@" in given[1:]:
            return world.accounts.of_login(email=usable_email(given))
        if given[:1] in "+0" and given:
            return world.accounts.of_login(phone=usable_phone(given))
        return world.accounts.of_login(handle=given)
    return None


def prove_password(request: Ask, account: Account, password: str) -> None:
    """Hold a password against an account's, counting tries.

    Raises:
        WrongLogin: it is another.
        TooOften: too many were tried.
    """
    world = world_of(request)
    _count(world, account.person, address_of(request))
    if not matches(world.accounts.password_hash(account.person), password):
        raise WrongLogin("the password is not right", field="password")
    world.tries.clear(f"sign in:{account.person}:{address_of(request)}")


def let_in(account: Account) -> None:
    """Refuse an account that an operator has closed.

    Raises:
        Suspended: it is closed.
    """
    if account.state == "suspended":
        raise Suspended("the account is closed", hint="Write to the operator of this server.")


def _with_password(request: Ask, said: SignInBody) -> Account:
    world = world_of(request)
    _count(world, said.login.strip().lower(), address_of(request))
    account = account_of_login(world, said.login)
    gone = account is None or account.state == "gone"
    hash = "" if account is None else world.accounts.password_hash(account.person)
    if not matches(hash, said.password) or account is None or gone:
        hint = "Look at both; or ask for a code with your e-mail or telephone."
        raise WrongLogin("login or password is not right", field="password", hint=hint)
    let_in(account)
    world.tries.clear(f"sign in:{said.login.strip().lower()}:{address_of(request)}")
    if outdated(hash):
        world.accounts.set_password(account.person, hashed(said.password))
    begin(request, account, "password")
    return account


def _count(world: World, login: str, address: str) -> None:
    world.tries.count(f"sign in from:{address}", TRIES_OF_ADDRESS, _QUARTER_MS)
    world.tries.count(f"sign in:{login}", TRIES_OF_LOGIN, _QUARTER_MS)
    world.tries.count(f"sign in:{login}:{address}", TRIES_OF_LOGIN_AND_ADDRESS, _QUARTER_MS)


def _code(request: Ask, asked: AskCode) -> None:
    world, visitor = world_of(request), visitor_of(request)
    world.tries.count(f"code:{address_of(request)}", TRIES_OF_ADDRESS, HOUR_MS)
    if asked.purpose == DELETION:
        if not visitor.signed_in:
            raise Unauthorised("you are not signed in", hint="Sign in and try again.")
        _send_code(request, world.accounts.get(visitor.person), DELETION)
    elif asked.purpose == SIGN_UP or (asked.purpose is None and _waits_for_sign_up(request)):
        _send_again(request)
    else:
        to = one_address(asked.email, asked.phone)
        count_letter(world, to)
        account = world.accounts.of_login(**to)
        if account is None or account.state in ("gone", "suspended"):
            # A code that opens nothing: neither the answer nor the cookie says so.
            keep_pending(request, RECOVERY, world.codes.issue(RECOVERY, b"").id)
        else:
            issued = world.codes.issue(RECOVERY, account.person.encode())
            send_letter(request, account, "recovery", code=issued.code)
            keep_pending(request, RECOVERY, issued.id)


def _send_code(request: Ask, account: Account, purpose: str) -> None:
    world = world_of(request)
    count_letter(world, {"to": account.email or account.phone})
    issued = world.codes.issue(purpose, account.person.encode())
    send_letter(request, account, purpose, code=issued.code)
    keep_pending(request, purpose, issued.id)


def _waits_for_sign_up(request: Ask) -> bool:
    with contextlib.suppress(Invalid):
        return bool(pending(request, SIGN_UP))
    return False


def _send_again(request: Ask) -> None:
    """Send another code for the sign-up that this browser has asked for."""
    world = world_of(request)
    issued = world.codes.again(pending(request, SIGN_UP), SIGN_UP)
    keep_pending(request, SIGN_UP, issued.id)
    wanted = msgspec.json.decode(world.codes.peek(issued.id, SIGN_UP), type=Wanted).account
    to = {"email": wanted.email} if wanted.email else {"phone": wanted.phone}
    count_letter(world, to)
    owner = world.accounts.of_login(**to)
    if owner is None:
        send_to(request, "code", **to, code=issued.code, name=wanted.name)
    else:
        send_letter(request, owner, "exists")


def _with_code(request: Ask, said: Recover) -> Account:
    world = world_of(request)
    if said.password:
        # Checked before the code is spent, so that a weak password costs no letter.
        usable_password(said.password)
    person = world.codes.redeem(pending(request, RECOVERY), RECOVERY, said.code).decode()
    account = world.accounts.get(person)
    let_in(account)
    if said.password:
        usable_password(said.password, account.handle, account.name, account.email, account.phone)
        world.accounts.set_password(person, hashed(said.password))
        world.sign_ins.end_all(person)
        note(request, person, "account.password", after="by a code")
    begin(request, account, "code")
    drop_pending(request)
    return account
