"""Signing a browser in and out: its cookies, and what is written down and told of it."""

import contextlib
from typing import Any

from walras.base.errors import NotFound
from walras.doors.accounts.letters import tell
from walras.doors.asking import Answer, Ask, answer, engine_of
from walras.web import visit_of, visitor_of
from walras.web.agents import place_of
from walras.web.people import GUEST_COOKIE, SIGN_IN_COOKIE, SIGN_IN_KEPT_S, brought_by, set_cookie
from walras.world import Account, World, WrongCode

PENDING_COOKIE = "walras_pending"
PENDING_KEPT_S = 600


def world_of(request: Ask) -> World:
    """The tables behind this request."""
    return engine_of(request).world


def address_of(request: Ask) -> str:
    """The other end's address, for counting tries."""
    return request.client.host if request.client else ""


def begin(request: Ask, account: Account, way: str) -> None:
    """Sign this browser in with a new token; whatever it was signed in as before ends."""
    world, brought = world_of(request), brought_by(request.scope)
    end_current(request)
    known = world.sign_ins.known_agents(account.person)
    place = place_of(address_of(request))
    made = world.sign_ins.begin(account.person, way=way, agent=brought.agent, address=place)
    add_cookie(request, SIGN_IN_COOKIE, made.token, SIGN_IN_KEPT_S)
    note(
        request,
        account.person,
        f"account.{'sign_up' if way == 'signup' else 'sign_in'}",
        after=f"{way}, {brought.agent}",
    )
    if known and brought.agent not in known:
        tell(request, account, "sign_in", agent=brought.agent, place=place or "-")


def end_current(request: Ask) -> None:
    """Sign this browser out, where it is signed in."""
    visitor = visitor_of(request)
    if visitor.sign_in:
        with contextlib.suppress(NotFound):
            world_of(request).sign_ins.end(visitor.person, visitor.sign_in)


def drop_guest(request: Ask) -> None:
    """Take the guest's cookie away: her person has an account now."""
    add_cookie(request, GUEST_COOKIE, "", 0)


def add_cookie(request: Ask, name: str, value: str, kept_s: int) -> None:
    """Let the answer set a cookie that no script reads."""
    secure = brought_by(request.scope).secure
    visit_of(request.scope).headers.append((b"set-cookie", set_cookie(name, value, kept_s, secure=secure)))


def keep_pending(request: Ask, purpose: str, id: str) -> None:
    """Let this browser, and no other, bring the code that was sent."""
    add_cookie(request, PENDING_COOKIE, f"{purpose}.{id}", PENDING_KEPT_S)


def pending(request: Ask, purpose: str) -> str:
    """Id of the code that this browser has asked for.

    Raises:
        WrongCode: it has asked for none of this purpose.
    """
    asked, _, id = brought_by(request.scope).cookies.get(PENDING_COOKIE, "").partition(".")
    if asked != purpose or not id:
        hint = "Ask for a code in this browser, and bring it within ten minutes."
        raise WrongCode("no code was asked for here", field="code", hint=hint)
    return id


def drop_pending(request: Ask) -> None:
    """The code was used."""
    add_cookie(request, PENDING_COOKIE, "", 0)


def note(request: Ask, whom: str, what: str, *, before: str = "", after: str = "") -> None:
    """Write into the record what a person did with her own account."""
    visitor = visitor_of(request)
    who = whom if not visitor.signed_in else visitor.known_as
    request_id = visit_of(request.scope).id
    world_of(request).audit.note(who, what, whom, before=before, after=after, request_id=request_id)


def done(status: int = 200, **said: Any) -> Answer:
    """An answer that says little."""
    return answer({"done": True, **said}, status)
