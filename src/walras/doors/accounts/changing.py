"""Changing what one signs in with: the password, the e-mail address, the telephone number."""

import asyncio

import msgspec
from litestar import post

from walras.base.errors import Conflict
from walras.doors.accounts.browser import begin, done, drop_pending, keep_pending, note, pending, world_of
from walras.doors.accounts.letters import send_letter, send_to, tell
from walras.doors.accounts.shapes import Confirm, NewContact, NewPassword
from walras.doors.accounts.sign_in import prove_password
from walras.doors.accounts.sign_up import count_letter, one_address
from walras.doors.asking import Answer, Ask, body_of
from walras.web import visitor_of
from walras.web.told import told
from walras.world.passwords import hashed, usable_password

PURPOSE = "contact"
_password = msgspec.json.Decoder(NewPassword)
_contact = msgspec.json.Decoder(NewContact)
_confirm = msgspec.json.Decoder(Confirm)


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """A new address that waits for its code."""

    person: str
    email: str = ""
    phone: str = ""


@post(
    "/app/me/password",
    status_code=200,
    opt=told(summary="Change my password.", tag="accounts", scope=None, who="account", reads=NewPassword),
    include_in_schema=False,
)
async def change_password(request: Ask) -> Answer:
    """Every other browser is signed out, and this one gets a new token."""
    said = await body_of(request, _password)
    await asyncio.to_thread(_change_password, request, said)
    return done()


@post(
    "/app/me/contact",
    status_code=202,
    opt=told(
        summary="Ask for another address.", tag="accounts", scope=None, who="account", reads=NewContact, status=202
    ),
    include_in_schema=False,
)
async def change_contact(request: Ask) -> Answer:
    """A code goes to the new address."""
    said = await body_of(request, _contact)
    await asyncio.to_thread(_ask_contact, request, said)
    return done(202, lives_s=600)


@post(
    "/app/me/contact/confirm",
    status_code=200,
    opt=told(summary="Bring its code.", tag="accounts", scope=None, who="account", reads=Confirm),
    include_in_schema=False,
)
async def confirm_contact(request: Ask) -> Answer:
    """The old address is told of it."""
    said = await body_of(request, _confirm)
    await asyncio.to_thread(_change_contact, request, said.code)
    return done()


def _change_password(request: Ask, said: NewPassword) -> None:
    world = world_of(request)
    account = world.accounts.get(visitor_of(request).person)
    prove_password(request, account, said.old)
    usable_password(said.new, account.handle, account.name, account.email, account.phone)
    world.accounts.set_password(account.person, hashed(said.new))
    world.sign_ins.end_all(account.person)
    note(request, account.person, "account.password", after="by the old one")
    tell(request, account, "password")
    begin(request, account, "password")


def _ask_contact(request: Ask, said: NewContact) -> None:
    world = world_of(request)
    account = world.accounts.get(visitor_of(request).person)
    to = one_address(said.email, said.phone)
    prove_password(request, account, said.password)
    count_letter(world, to)
    issued = world.codes.issue(PURPOSE, msgspec.json.encode(Wanted(person=account.person, **to)))
    owner = world.accounts.of_login(**to)
    if owner is None or owner.person == account.person:
        send_to(request, "code", account.settings.language, **to, code=issued.code, name=account.name)
    else:
        # Whether somebody has the address is told to its owner alone.
        send_letter(request, owner, "exists")
    keep_pending(request, PURPOSE, issued.id)


def _change_contact(request: Ask, code: str) -> None:
    world = world_of(request)
    before = world.accounts.get(visitor_of(request).person)
    wanted = msgspec.json.decode(world.codes.redeem(pending(request, PURPOSE), PURPOSE, code), type=Wanted)
    if wanted.person != before.person:
        raise Conflict("was asked for by another account", field="code", hint="Ask again.")
    changed = {"email": wanted.email} if wanted.email else {"phone": wanted.phone}
    after = world.accounts.put(msgspec.structs.replace(before, **changed))
    note(request, after.person, "account.contact", before=", ".join(changed), after="confirmed")
    tell(request, before, "contact")
    drop_pending(request)
