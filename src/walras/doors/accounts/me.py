"""GET /app/me: who the browser's person is; and her profile."""

import asyncio
import re

import msgspec
from litestar import get, patch

from walras.base.errors import Invalid
from walras.doors.accounts.browser import note, world_of
from walras.doors.accounts.lines import lines_of
from walras.doors.accounts.shapes import Me, Profile
from walras.doors.asking import Answer, Ask, answer, body_of
from walras.web import Visitor, visitor_of
from walras.web.teens import TeenLimits
from walras.web.told import told
from walras.world import Account
from walras.world.names import usable_bio, usable_handle, usable_name

# Lines that the app's bar may show.
_SHOWN_LINES = ("live", "mall")
# A picture of somebody is one that was uploaded here: no address of another server enters a page.
_AVATAR = re.compile(r"/media/[A-Za-z0-9._/-]{1,200}")
_profile = msgspec.json.Decoder(Profile)


@get(
    "/app/me",
    opt=told(summary="Who I am.", tag="accounts", scope=None, who="guest", gives=Me),
    include_in_schema=False,
)
async def read_me(request: Ask) -> Answer:
    """A guest has a person of her own and nothing else."""
    return await me_answer(request)


@patch(
    "/app/me",
    opt=told(summary="Change my profile.", tag="accounts", scope=None, who="account", reads=Profile, gives=Me),
    include_in_schema=False,
)
async def change_me(request: Ask) -> Answer:
    """What is left out stays."""
    said = await body_of(request, _profile)
    account = await asyncio.to_thread(_changed, request, said)
    return await me_answer(request, account)


async def me_answer(request: Ask, account: Account | None = None, status: int = 200) -> Answer:
    """Who the browser's person is.

    Args:
        request: whose visitor it is, where no account is given.
        account: the account, where the request has just changed it.
        status: of the answer.
    """
    me = await asyncio.to_thread(_me, request, account)
    # Another person may sign in on the same device: this is never kept.
    made = answer(me, status)
    made.headers["cache-control"] = "no-store"
    return made


def _me(request: Ask, account: Account | None) -> Me:
    visitor = visitor_of(request)
    found = account or (world_of(request).accounts.get(visitor.person) if visitor.signed_in else None)
    lines = lines_of(request)
    person = found.person if found else visitor.person
    unread = sum(line.unread(person) for line in lines.values() if found and line.unread is not None)
    shown = {name: name in lines for name in _SHOWN_LINES}
    return _guest(visitor, shown) if found is None else _owner(request, found, visitor, unread, shown)


def _guest(visitor: Visitor, shown: dict[str, bool]) -> Me:
    return Me(
        person=visitor.person,
        signed_in=False,
        handle="",
        name="",
        avatar="",
        bio="",
        roles=(),
        teen=False,
        teen_seconds_left=None,
        language=visitor.language,
        theme="",
        reduced_data=False,
        unread=0,
        leaves_ms=0,
        lines=shown,
    )


def _owner(request: Ask, account: Account, visitor: Visitor, unread: int, shown: dict[str, bool]) -> Me:
    settled = account.settings
    teens: TeenLimits = request.app.state.teens
    return Me(
        person=account.person,
        signed_in=True,
        handle=account.handle,
        name=account.name,
        avatar=account.avatar,
        bio=account.bio,
        roles=account.roles,
        teen=settled.teen.on,
        teen_seconds_left=teens.seconds_left(account) if settled.teen.on else None,
        language=settled.language or visitor.language,
        theme=settled.theme,
        reduced_data=settled.reduced_data,
        unread=unread,
        leaves_ms=account.leaves_ms,
        lines=shown,
    )


def _changed(request: Ask, said: Profile) -> Account:
    accounts = world_of(request).accounts
    before = accounts.get(visitor_of(request).person)
    given = {name: value for name, value in msgspec.structs.asdict(said).items() if value is not msgspec.UNSET}
    checks = {"name": usable_name, "handle": usable_handle, "bio": usable_bio, "avatar": _usable_avatar}
    after = accounts.put(
        msgspec.structs.replace(before, **{name: checks[name](value) for name, value in given.items()})
    )
    if after.handle != before.handle:
        note(request, after.person, "account.handle", before=before.handle, after=after.handle)
    return after


def _usable_avatar(address: str) -> str:
    if address and (not _AVATAR.fullmatch(address) or ".." in address):
        raise Invalid("is no picture of this server", field="avatar", value=address, hint="Upload a picture first.")
    return address
