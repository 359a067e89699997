"""Items and people: put, get, delete, list, and many at once. The same routes for both, under /v1/items and /v1/users.

A change goes to the log first and into the tables before the answer, so that whoever asks next sees it.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import msgspec
from litestar import delete, get, post, put
from litestar.handlers import HTTPRouteHandler
from msgspec import Raw

from walras.base import limits
from walras.base.errors import Invalid, NotFound, WalrasError
from walras.base.ids import ItemId, PersonId
from walras.doors import examples
from walras.doors.admission import admitted_item, admitted_person, with_id
from walras.doors.asking import Answer, Ask, answer, body_of, change, engine_of
from walras.doors.members import MEDIA, MemberReader, in_order
from walras.schema import Change, Item, ItemGone, ItemPut, Person, PersonGone, PersonPut
from walras.web import Fault, ManyFaults, Query, decoded, fault_of, media_type, path_id
from walras.web.told import count_asked, cursor_asked, told
from walras.world import Shelf, World

T = TypeVar("T", Item, Person)
LIST_DEFAULT = 100
_object = msgspec.json.Decoder(dict[str, Raw])


class ItemBatch(msgspec.Struct, frozen=True):
    """Several items in one request."""

    items: tuple[Item, ...]


class UserBatch(msgspec.Struct, frozen=True):
    """Several people in one request."""

    users: tuple[Person, ...]


class ItemList(msgspec.Struct, frozen=True):
    """Some items in the order of their ids; an empty cursor says that there are no more."""

    items: tuple[Item, ...]
    cursor: str


class UserList(msgspec.Struct, frozen=True):
    """Some people in the order of their ids; an empty cursor says that there are no more."""

    users: tuple[Person, ...]
    cursor: str


class ManyPut(msgspec.Struct, frozen=True, kw_only=True):
    """What became of many that were put."""

    accepted: int
    rejected: tuple[Fault, ...] = ()


@dataclass(frozen=True, slots=True)
class Kept(Generic[T]):
    """One kind of thing that is put and gone: items, or people."""

    kind: type[T]
    name: str  # of one
    plural: str  # in the path and in bodies
    shelf: Callable[[World], Shelf[T]]
    admitted: Callable[[T, int], T]
    put: Callable[[T, int], Change]
    gone: Callable[[str, int], Change]
    scope: str  # `catalog` or `people`
    batch: Any
    listing: Any
    example: T


ITEMS = Kept(
    kind=Item,
    name="item",
    plural="items",
    shelf=lambda world: world.items,
    admitted=admitted_item,
    put=lambda item, now_ms: ItemPut(item, now_ms),
    gone=lambda id, now_ms: ItemGone(ItemId(id), now_ms),
    scope="catalog",
    batch=ItemBatch,
    listing=ItemList,
    example=examples.ITEM,
)
PEOPLE = Kept(
    kind=Person,
    name="person",
    plural="users",
    shelf=lambda world: world.people,
    admitted=admitted_person,
    put=lambda person, now_ms: PersonPut(person, now_ms),
    gone=lambda id, now_ms: PersonGone(PersonId(id), now_ms),
    scope="people",
    batch=UserBatch,
    listing=UserList,
    example=examples.PERSON,
)


def catalogue_routes(kept: Kept[T]) -> list[HTTPRouteHandler]:
    """Routes of one kind."""
    return [_put_route(kept), _get_route(kept), _delete_route(kept), _put_many_route(kept), _list_route(kept)]


def _put_route(kept: Kept[T]) -> HTTPRouteHandler:
    decoder = msgspec.json.Decoder(kept.kind)
    said = told(
        summary=f"Make or change one {kept.name}.",
        tag=kept.plural,
        scope=f"{kept.scope}:write",
        reads=kept.kind,
        gives=kept.kind,
        asks=kept.example,
        example=kept.example,
        path={"id": kept.example.id},
    )

    @put(f"/v1/{kept.plural}/{{id:str}}", name=f"put_{kept.name}", status_code=200, opt=said)
    async def put_one(request: Ask) -> Answer:
        """The body's own id may be left out. What is not said takes its default: this replaces, it does not merge."""
        engine = engine_of(request)
        id = path_id(request.path_params, "id")
        body = with_id(await body_of(request, _object), id)
        now_ms = engine.clock.now_ms()
        value = kept.admitted(decoded(body, decoder), now_ms)
        await change(engine, [kept.put(value, now_ms)])
        return answer(value)

    return put_one


def _get_route(kept: Kept[T]) -> HTTPRouteHandler:
    said = told(
        summary=f"Read one {kept.name}.",
        tag=kept.plural,
        scope=f"{kept.scope}:read",
        gives=kept.kind,
        example=kept.example,
        path={"id": kept.example.id},
    )

    @get(f"/v1/{kept.plural}/{{id:str}}", name=f"get_{kept.name}", opt=said)
    async def get_one(request: Ask) -> Answer:
        """404 where nothing has this id."""
        shelf, id = kept.shelf(engine_of(request).world), path_id(request.path_params, "id")
        return answer(await asyncio.to_thread(shelf.get, id))

    return get_one


def _delete_route(kept: Kept[T]) -> HTTPRouteHandler:
    said = told(
        summary=f"Delete one {kept.name}.",
        tag=kept.plural,
        scope=f"{kept.scope}:write",
        status=204,
        path={"id": kept.example.id},
    )

    @delete(f"/v1/{kept.plural}/{{id:str}}", name=f"delete_{kept.name}", status_code=204, opt=said)
    async def delete_one(request: Ask) -> None:
        """404 where nothing has this id. What happened to it stays in the log."""
        engine = engine_of(request)
        id = path_id(request.path_params, "id")
        if not await asyncio.to_thread(kept.shelf(engine.world).get_many, [id]):
            raise NotFound(f"no such {kept.name}", field="id", value=id)
        await change(engine, [kept.gone(id, engine.clock.now_ms())])

    return delete_one


def _put_many_route(kept: Kept[T]) -> HTTPRouteHandler:
    reader = MemberReader(kept.kind, kept.plural, limits.BULK_MAX)
    said = told(
        summary=f"Make or change many {kept.plural}.",
        tag=kept.plural,
        scope=f"{kept.scope}:write",
        reads=kept.batch | kept.kind | tuple[kept.kind, ...],  # type: ignore[name-defined]
        gives=ManyPut,
        asks={kept.plural: [kept.example]},
        example=ManyPut(accepted=1),
        media=MEDIA,
    )

    @post(f"/v1/{kept.plural}", name=f"put_many_{kept.plural}", status_code=200, opt=said)
    async def put_many(request: Ask) -> Answer:
        """The good ones are kept; each bad one is named by index, field and reason."""
        engine = engine_of(request)
        sent = reader.read(await request.body(), media_type(request.headers, MEDIA))
        now_ms = engine.clock.now_ms()
        good: list[Change] = []
        faults = list(sent.faults)
        for value, place in zip(sent.values, sent.places, strict=True):
            try:
                good.append(kept.put(kept.admitted(value, now_ms), now_ms))
            except Invalid as error:
                if sent.single:
                    raise
                faults.append(fault_of(error, place))
        if faults and not good:
            raise _none_taken(kept.plural, in_order(faults))
        await change(engine, good)
        return answer(ManyPut(accepted=len(good), rejected=in_order(faults)))

    return put_many


def _list_route(kept: Kept[T]) -> HTTPRouteHandler:
    said = told(
        summary=f"List {kept.plural} in the order of their ids.",
        tag=kept.plural,
        scope=f"{kept.scope}:read",
        gives=kept.listing,
        example=kept.listing((kept.example,), ""),
        query=(count_asked(limits.BULK_MAX, LIST_DEFAULT), cursor_asked()),
    )

    @get(f"/v1/{kept.plural}", name=f"list_{kept.plural}", opt=said)
    async def list_some(request: Ask) -> Answer:
        """Send the answer's cursor back for the next ones; an empty cursor says that there are no more."""
        query = Query(request.scope["query_string"], ("n", "cursor"))
        cursor, n = query.text("cursor"), query.number("n", LIST_DEFAULT, most=limits.BULK_MAX)
        found = await asyncio.to_thread(kept.shelf(engine_of(request).world).list, cursor, n)
        return answer(kept.listing(found.values, found.cursor))

    return list_some


def _none_taken(plural: str, faults: tuple[Fault, ...]) -> WalrasError:
    return ManyFaults(f"none of {len(faults)} {plural} could be taken", faults, hint="See `errors` for each.")
