"""What each method asks the server: calls for one question, plans of several calls where one is not enough.

A plan yields calls and is sent their answers, so that the sync and the async form share every line of it.
"""

import base64
import os
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from typing import Any, TypeAlias, TypeVar
from urllib.parse import quote

import httpx
import msgspec

from walras.client.errors import ClientError, Invalid
from walras.client.trying import Call
from walras.client.values import (
    Comment,
    CommentList,
    Event,
    EventsTaken,
    Fault,
    History,
    Item,
    ItemList,
    ManyPut,
    Me,
    Nothing,
    OutcomeList,
    Page,
    PageRecord,
    Person,
    Profile,
    Readiness,
    SimilarItems,
    Status,
    UserList,
    Video,
)

T = TypeVar("T")
Plan: TypeAlias = Generator[Call[Any], Any, T]
# The server's own bounds of one request, with room for what stands around the members.
EVENTS_MAX, MEMBERS_MAX, BODY_BYTES_MAX = 10_000, 5_000, 3_900_000
# What is sent of an upload at once: small enough to be sent again over a bad line.
PIECE_BYTES = 4_000_000
_encode = msgspec.json.Encoder().encode


def machine_ms() -> int:
    """The machine's present instant, in milliseconds UTC; this client stands outside the platform's own clock."""
    return time.time_ns() // 1_000_000


def new_id() -> str:
    """An id that nobody else makes."""
    return "c" + os.urandom(15).hex()


def _in_path(id: str) -> str:
    return quote(id, safe="")


# ---------------------------------------------------------------- events


def named(events: Sequence[Event], now_ms: Callable[[], int]) -> list[Event]:
    """Events with ids and instants: made here before the first try, so that every later try is the same event."""
    at_ms = now_ms()
    return [
        e if e.id and e.time_ms else msgspec.structs.replace(e, id=e.id or new_id(), time_ms=e.time_ms or at_ms)
        for e in events
    ]


def send_event(event: Event, now_ms: Callable[[], int]) -> Call[EventsTaken]:
    """Send one event."""
    return Call("POST", "/v1/events", EventsTaken, body=_encode(named([event], now_ms)[0]))


def send_events(events: Sequence[Event], now_ms: Callable[[], int]) -> Plan[EventsTaken]:
    """Send many, in as few requests as the server takes; what it refuses is in `rejected`, by place in `events`."""
    ready = named(events, now_ms)
    taken = EventsTaken()
    for start, members in _parts(ready, EVENTS_MAX):
        call = Call("POST", "/v1/events", EventsTaken, body=b"[" + b",".join(members) + b"]")
        try:
            found = yield call
        except Invalid as error:
            if not error.faults:
                raise
            found = EventsTaken(rejected=error.faults)
        refused = {fault.index for fault in found.rejected}
        ids = tuple(ready[start + n].id for n in range(len(members)) if n not in refused)
        taken = EventsTaken(
            accepted=taken.accepted + found.accepted,
            duplicates=taken.duplicates + found.duplicates,
            rejected=taken.rejected + _moved(found.rejected, start),
            ids=taken.ids + ids,
        )
    return taken


def _moved(faults: tuple[Fault, ...], by: int) -> tuple[Fault, ...]:
    return tuple(msgspec.structs.replace(fault, index=fault.index + by) for fault in faults) if by else faults


def _parts(values: Sequence[Any], most: int) -> Iterator[tuple[int, list[bytes]]]:
    """Members as JSON in parts that one request holds, each with the place of its first."""
    part: list[bytes] = []
    start = size = 0
    for n, value in enumerate(values):
        member = _encode(value)
        if part and (len(part) >= most or size + len(member) > BODY_BYTES_MAX):
            yield start, part
            part, start, size = [], n, 0
        part.append(member)
        size += len(member) + 1
    if part:
        yield start, part


def outcomes() -> Call[OutcomeList]:
    """Every outcome an event may have."""
    return Call("GET", "/v1/outcomes", OutcomeList)


# ---------------------------------------------------------------- items and people


def put_item(item: Item) -> Call[Item]:
    """Make or change one item."""
    return Call("PUT", f"/v1/items/{_in_path(item.id)}", Item, body=_encode(item))


def put_user(person: Person) -> Call[Person]:
    """Make or change one person."""
    return Call("PUT", f"/v1/users/{_in_path(person.id)}", Person, body=_encode(person))


def put_many(plural: str, values: Sequence[Item] | Sequence[Person]) -> Plan[ManyPut]:
    """Make or change many, in as few requests as the server takes."""
    done = ManyPut()
    for start, members in _parts(values, MEMBERS_MAX):
        call = Call("POST", f"/v1/{plural}", ManyPut, body=b"[" + b",".join(members) + b"]")
        try:
            found = yield call
        except Invalid as error:
            if not error.faults:
                raise
            found = ManyPut(rejected=error.faults)
        done = ManyPut(accepted=done.accepted + found.accepted, rejected=done.rejected + _moved(found.rejected, start))
    return done


def item(id: str) -> Call[Item]:
    """Read one item."""
    return Call("GET", f"/v1/items/{_in_path(id)}", Item)


def user(id: str) -> Call[Person]:
    """Read one person."""
    return Call("GET", f"/v1/users/{_in_path(id)}", Person)


def delete(plural: str, id: str) -> Call[Nothing]:
    """Delete one item or person."""
    return Call("DELETE", f"/v1/{plural}/{_in_path(id)}", Nothing, gone_is_done=True)


def items(cursor: str, n: int) -> Call[ItemList]:
    """Some items."""
    return Call("GET", "/v1/items", ItemList, query=(("cursor", cursor), ("n", str(n))))


def users(cursor: str, n: int) -> Call[UserList]:
    """Some people."""
    return Call("GET", "/v1/users", UserList, query=(("cursor", cursor), ("n", str(n))))


def similar(item: str, n: int) -> Call[SimilarItems]:
    """Items like one."""
    return Call("GET", f"/v1/items/{_in_path(item)}/similar", SimilarItems, query=(("n", str(n)),))


def history(person: str, n: int) -> Call[History]:
    """What a person did."""
    return Call("GET", f"/v1/users/{_in_path(person)}/history", History, query=(("n", str(n)),))


# ---------------------------------------------------------------- pages


def feed(person: str, asked: dict[str, Any]) -> Call[Page]:
    """Fill a page; what is None is left out."""
    body = {"person": person, **{name: value for name, value in asked.items() if value is not None}}
    return Call("POST", "/v1/feed", Page, body=_encode(body))


def page_record(id: str) -> Call[PageRecord]:
    """A page's record."""
    return Call("GET", f"/v1/pages/{_in_path(id)}", PageRecord)


def status() -> Call[Status]:
    """How the platform is."""
    return Call("GET", "/v1/status", Status)


def ready() -> Call[Readiness]:
    """Whether it can serve; not being ready is an answer and no error."""
    return Call("GET", "/readyz", Readiness, any_status=True)


# ---------------------------------------------------------------- the app, as one person


def me() -> Call[Me]:
    """Who the visit is."""
    return Call("GET", "/app/me", Me)


def sign_up(body: dict[str, Any]) -> Call[Nothing]:
    """Ask for an account; a code is sent. Asked twice it would send two."""
    return Call("POST", "/app/signup", Nothing, body=_encode(body), repeatable=False)


def confirm(code: str) -> Call[Me]:
    """Give the code that was sent."""
    return Call("POST", "/app/signup/confirm", Me, body=_encode({"code": code}), repeatable=False)


def sign_in(login: str, password: str) -> Call[Me]:
    """Come in with a password."""
    return Call("POST", "/app/signin", Me, body=_encode({"login": login, "password": password}))


def sign_out() -> Call[Nothing]:
    """Leave."""
    return Call("POST", "/app/signout", Nothing)


def profile(handle: str) -> Call[Profile]:
    """Somebody as others see her."""
    return Call("GET", f"/app/people/{_in_path(handle)}", Profile)


def own_events(events: Sequence[Event], now_ms: Callable[[], int]) -> Call[EventsTaken]:
    """Say what the visit's person did; the server fills the person in."""
    members = []
    for event in named(events, now_ms):
        said = msgspec.to_builtins(event)
        if not said.get("person"):
            said.pop("person", None)
        members.append(said)
    return Call("POST", "/v1/events", EventsTaken, query=(("ids", "true"),), body=_encode(members))


def comment(video: str, text: str, parent: str) -> Call[Comment]:
    """Say something; the id is made here, so that saying it again says it once."""
    body = {"text": text, "parent": parent, "id": new_id()}
    return Call("POST", f"/app/videos/{_in_path(video)}/comments", Comment, body=_encode(body))


def comments(video: str, order: str, cursor: str, n: int) -> Call[CommentList]:
    """What was said under a video."""
    query = (("order", order), ("cursor", cursor), ("n", str(n)))
    return Call("GET", f"/app/videos/{_in_path(video)}/comments", CommentList, query=query)


def my_video(id: str) -> Call[Video]:
    """One's own video."""
    return Call("GET", f"/app/mine/{_in_path(id)}", Video)


def upload(film: bytes, name: str) -> Plan[str]:
    """Bring a file by the tus protocol; gives the asset's id. A piece that was lost is asked for and sent again."""
    said = f"filename {base64.b64encode(name.encode()).decode()}"
    headers = (("tus-resumable", "1.0.0"), ("upload-length", str(len(film))), ("upload-metadata", said))
    # Begun twice it would be two uploads, and the unfinished one ends by itself after a day.
    asset: str = yield Call("POST", "/uploads", str, headers=headers, from_headers=_asset)
    path, at = f"/uploads/{_in_path(asset)}", 0
    while at < len(film):
        piece = film[at : at + PIECE_BYTES]
        standing = (("tus-resumable", "1.0.0"), ("upload-offset", str(at)))
        call = Call(
            "PATCH",
            path,
            int,
            body=piece,
            media="application/offset+octet-stream",
            headers=standing,
            from_headers=_offset,
            repeatable=False,
        )
        try:
            at = yield call
        except ClientError as error:
            reached = yield Call("HEAD", path, int, headers=(("tus-resumable", "1.0.0"),), from_headers=_offset)
            if reached <= at:
                raise error
            at = reached
    return asset


def _asset(headers: httpx.Headers) -> str:
    return headers["walras-asset"]


def _offset(headers: httpx.Headers) -> int:
    return int(headers["upload-offset"])


def draft(asset: str, title: str, topics: Sequence[str], audience: str) -> Plan[Video]:
    """Make a draft of an upload and say what it is."""
    made: Video = yield Call(
        "POST", "/app/videos", Video, body=_encode({"asset": asset}), repeatable=False
    )  # one asset, one video
    wish = {"title": title, "topics": list(topics), "audience": audience}
    changed: Video = yield Call("PATCH", f"/app/videos/{_in_path(made.id)}", Video, body=_encode(wish))
    return changed


def publish(id: str) -> Call[Video]:
    """Ask for a video to be published."""
    return Call("POST", f"/app/videos/{_in_path(id)}/publish", Video, repeatable=False)
