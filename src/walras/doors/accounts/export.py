"""GET /app/export: everything kept of whoever asks, as a zip of JSON. Nobody else's can be asked for."""

import asyncio
import io
import zipfile
from collections.abc import Iterator
from typing import Any

import msgspec
from litestar import Response, get

from walras.base.clock import HOUR_MS, day_of
from walras.doors.accounts.browser import note, world_of
from walras.doors.accounts.known import known_person
from walras.doors.accounts.lines import lines_of
from walras.doors.asking import Answer, Ask, engine_of
from walras.web import Query, visitor_of
from walras.web.told import told
from walras.world import Account

# A life on the platform: somebody who watches five hundred videos a day for a year has about half a million events.
EVENTS_MAX = 500_000
EXPORTS_PER_HOUR = 10
_ABOUT = """Everything this server keeps of you.

account.json    your account; the password is kept as a hash and is not here
settings.json   what you have settled
sign_ins.json   where you are signed in
passkeys.json   your passkeys; their private halves never left your devices
person.json     what the recommendations know of you beside what you did
record.json     what was done with your account, and by whom
events.jsonl    what you did, one event a line, the newest first
lines/*.json    what each part of the app keeps of you: videos, comments, messages and so on
"""


@get(
    "/app/export",
    opt=told(
        summary="Everything kept of me.",
        tag="accounts",
        scope=None,
        who="guest",
        gives=bytes,
        answer_media="application/zip",
    ),
    include_in_schema=False,
)
async def export(request: Ask) -> Answer:
    """A guest's are her events. Nothing in the address says whose it is: the cookie does."""
    Query(request.scope["query_string"], ())
    body = await asyncio.to_thread(_zipped, request)
    name = f"walras-{day_of(engine_of(request).clock.now_ms())}.zip"
    headers = {"content-disposition": f'attachment; filename="{name}"', "cache-control": "no-store"}
    return Response(body, media_type="application/zip", headers=headers)


def _zipped(request: Ask) -> bytes:
    world, visitor = world_of(request), visitor_of(request)
    world.tries.count(f"export:{visitor.person}", EXPORTS_PER_HOUR, HOUR_MS)
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("README.txt", _ABOUT)
        for name, value in _parts(request, visitor.person, signed_in=visitor.signed_in):
            archive.writestr(name, value)
    if visitor.signed_in:
        note(request, visitor.person, "account.export")
    return body.getvalue()


def _parts(request: Ask, person: str, *, signed_in: bool) -> Iterator[tuple[str, bytes]]:
    engine = engine_of(request)
    if signed_in:
        yield from _of_account(request, engine.world.accounts.get(person))
    yield "person.json", _json(known_person(engine, person))
    events = engine.history(visitor_of(request).person, EVENTS_MAX)
    yield "events.jsonl", b"".join(msgspec.json.encode(event) + b"\n" for event in events)
    for name, line in lines_of(request).items():
        if line.export is not None:
            yield f"lines/{name}.json", _json(line.export(person))


def _of_account(request: Ask, account: Account) -> Iterator[tuple[str, bytes]]:
    world = world_of(request)
    settled = msgspec.to_builtins(account.settings)
    settled["teen"].pop("pin_hash", None)
    shown = {name: value for name, value in msgspec.to_builtins(account).items() if name != "settings"}
    yield "account.json", _json(shown)
    yield "settings.json", _json(settled)
    yield "sign_ins.json", _json(world.sign_ins.of(account.person))
    keys = [{**msgspec.to_builtins(one), "person": account.person} for one in world.passkeys.of(account.person)]
    yield "passkeys.json", _json(keys)
    yield "record.json", _json(world.audit.read(whom=account.person).deeds)


def _json(value: Any) -> bytes:
    return msgspec.json.format(msgspec.json.encode(value), indent=2)
