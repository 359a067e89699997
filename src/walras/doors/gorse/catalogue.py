"""Gorse's users and items, its categories, and its health."""

import asyncio
from collections.abc import Sequence

import msgspec
from litestar import delete, get, patch, post, put

from walras.base.errors import TooMuch
from walras.base.ids import ItemId
from walras.base.limits import BULK_MAX
from walras.doors.admission import admitted_item, admitted_person
from walras.doors.asking import Answer, Ask, answer, body_of, change, engine_of
from walras.doors.engine import ServingEngine
from walras.doors.gorse.shapes import (
    GorseItem,
    GorseUser,
    Health,
    ItemPage,
    ItemPatch,
    RowAffected,
    UserPage,
    UserPatch,
    item_of,
    item_shape,
    patched_item,
    patched_person,
    person_of,
    person_shape,
    with_category,
    without_category,
)
from walras.doors.gorse.speaking import CURSOR, N, count_of, gorse_told, query_of
from walras.doors.health import log_fault, world_fault
from walras.schema import Item, ItemGone, ItemPut, PersonPut
from walras.web import path_id, usable_id
from walras.web.told import Asked

# Items looked through by one search: enough for a catalogue kept by hand, and bounded.
SEARCHED_MAX = 50_000
_ITEM = GorseItem(item_id="video/1", categories=("food",), timestamp="2026-01-01T00:00:00Z", comment="Noodles")
_USER = GorseUser(user_id="ann", labels=["food"])
_Q = Asked("q", "Only items with these words in id, comment, labels or categories.")
_ONE = RowAffected(1)
_item, _items = msgspec.json.Decoder(GorseItem), msgspec.json.Decoder(list[GorseItem])
_user, _users = msgspec.json.Decoder(GorseUser), msgspec.json.Decoder(list[GorseUser])
_item_patch, _user_patch = msgspec.json.Decoder(ItemPatch), msgspec.json.Decoder(UserPatch)


# ---------------------------------------------------------------- items


@post(
    "/api/item",
    status_code=200,
    opt=gorse_told("Insert an item.", "catalog:write", reads=GorseItem, gives=RowAffected, asks=_ITEM, example=_ONE),
)
async def insert_item(request: Ask) -> Answer:
    """Inserts or overwrites."""
    return await _insert_items(engine_of(request), [await body_of(request, _item)])


@post(
    "/api/items",
    status_code=200,
    opt=gorse_told(
        "Insert items.", "catalog:write", reads=tuple[GorseItem, ...], gives=RowAffected, asks=[_ITEM], example=_ONE
    ),
)
async def insert_items(request: Ask) -> Answer:
    """All or none: a bad one refuses the request, as in Gorse."""
    shapes: list[GorseItem] = await body_of(request, _items)
    return await _insert_items(engine_of(request), shapes)


@get(
    "/api/items",
    opt=gorse_told(
        "List items.", "catalog:read", gives=ItemPage, example=ItemPage("", (_ITEM,)), query=(N, CURSOR, _Q)
    ),
)
async def list_items(request: Ask) -> Answer:
    """In the order of their ids; with `q`, those that have the words."""
    query = query_of(request, "n", "cursor", "q")
    shelf, n, words = engine_of(request).world.items, count_of(query), query.text("q").lower().split()
    if words:
        found = await asyncio.to_thread(search, engine_of(request), words, n)
        return answer(ItemPage("", tuple(map(item_shape, found))))
    listing = await asyncio.to_thread(shelf.list, query.text("cursor"), max(n, 1))
    return answer(ItemPage(listing.cursor, tuple(map(item_shape, listing.values[:n]))))


@get("/api/item/{item_id:str}", opt=gorse_told("Get an item.", "catalog:read", gives=GorseItem, example=_ITEM))
async def get_item(request: Ask) -> Answer:
    """404 where there is none."""
    return answer(item_shape(await _item_at(request)))


@patch(
    "/api/item/{item_id:str}",
    opt=gorse_told(
        "Modify an item.",
        "catalog:write",
        reads=ItemPatch,
        gives=RowAffected,
        asks=ItemPatch(is_hidden=True),
        example=_ONE,
    ),
)
async def modify_item(request: Ask) -> Answer:
    """A field that is null or absent stays."""
    patch = await body_of(request, _item_patch)
    return await _put_item(request, patched_item(await _item_at(request), patch))


@delete(
    "/api/item/{item_id:str}",
    status_code=200,
    opt=gorse_told("Delete an item.", "catalog:write", gives=RowAffected, example=_ONE),
)
async def delete_item(request: Ask) -> Answer:
    """Its feedback is no longer listed; 0 where there was none."""
    engine, id = engine_of(request), ItemId(path_id(request.path_params, "item_id"))
    known = await asyncio.to_thread(engine.world.items.get_many, [id])
    if known:
        await change(engine, [ItemGone(id, engine.clock.now_ms())])
    return answer(RowAffected(len(known)))


@put(
    "/api/item/{item_id:str}/category/{category:str}",
    status_code=200,
    opt=gorse_told("Insert a category for an item.", "catalog:write", gives=RowAffected, example=_ONE),
)
async def insert_category(request: Ask) -> Answer:
    """Nothing changes where the item is in it already."""
    category = path_id(request.path_params, "category")
    return await _put_item(request, with_category(await _item_at(request), category))


@delete(
    "/api/item/{item_id:str}/category/{category:str}",
    status_code=200,
    opt=gorse_told("Delete a category from an item.", "catalog:write", gives=RowAffected, example=_ONE),
)
async def delete_category(request: Ask) -> Answer:
    """Nothing changes where the item is not in it."""
    category = path_id(request.path_params, "category")
    return await _put_item(request, without_category(await _item_at(request), category))


# ---------------------------------------------------------------- users


@post(
    "/api/user",
    status_code=200,
    opt=gorse_told("Insert a user.", "people:write", reads=GorseUser, gives=RowAffected, asks=_USER, example=_ONE),
)
async def insert_user(request: Ask) -> Answer:
    """Inserts or overwrites."""
    return await _insert_users(engine_of(request), [await body_of(request, _user)])


@post(
    "/api/users",
    status_code=200,
    opt=gorse_told(
        "Insert users.", "people:write", reads=tuple[GorseUser, ...], gives=RowAffected, asks=[_USER], example=_ONE
    ),
)
async def insert_users(request: Ask) -> Answer:
    """All or none."""
    shapes: list[GorseUser] = await body_of(request, _users)
    return await _insert_users(engine_of(request), shapes)


@get(
    "/api/users",
    opt=gorse_told("List users.", "people:read", gives=UserPage, example=UserPage("", (_USER,)), query=(N, CURSOR)),
)
async def list_users(request: Ask) -> Answer:
    """In the order of their ids."""
    query = query_of(request, "n", "cursor")
    n = count_of(query)
    listing = await asyncio.to_thread(engine_of(request).world.people.list, query.text("cursor"), max(n, 1))
    return answer(UserPage(listing.cursor, tuple(map(person_shape, listing.values[:n]))))


@get("/api/user/{user_id:str}", opt=gorse_told("Get a user.", "people:read", gives=GorseUser, example=_USER))
async def get_user(request: Ask) -> Answer:
    """404 where there is none."""
    id = path_id(request.path_params, "user_id")
    return answer(person_shape(await asyncio.to_thread(engine_of(request).world.people.get, id)))


@patch(
    "/api/user/{user_id:str}",
    opt=gorse_told(
        "Modify a user.",
        "people:write",
        reads=UserPatch,
        gives=RowAffected,
        asks=UserPatch(labels=["food"]),
        example=_ONE,
    ),
)
async def modify_user(request: Ask) -> Answer:
    """A field that is null or absent stays."""
    engine, patch = engine_of(request), await body_of(request, _user_patch)
    person = await asyncio.to_thread(engine.world.people.get, path_id(request.path_params, "user_id"))
    now_ms = engine.clock.now_ms()
    await change(engine, [PersonPut(admitted_person(patched_person(person, patch), now_ms), now_ms)])
    return answer(_ONE)


# ---------------------------------------------------------------- health


@get("/api/health/live", opt=gorse_told("Whether the server lives.", None, gives=Health, example=Health()))
async def live(request: Ask) -> Answer:
    """200 as long as it answers."""
    return answer(await asyncio.to_thread(_health, engine_of(request)))


@get("/api/health/ready", opt=gorse_told("Whether the server can serve.", None, gives=Health, example=Health()))
async def ready(request: Ask) -> Answer:
    """200 or 503."""
    found = await asyncio.to_thread(_health, engine_of(request))
    return answer(found, 200 if found.ready else 503)


CATALOGUE_ROUTES = [
    insert_item, insert_items, list_items, get_item, modify_item, delete_item, insert_category, delete_category,
    insert_user, insert_users, list_users, get_user, modify_user, live, ready,
]  # fmt: skip


def search(engine: ServingEngine, words: Sequence[str], n: int) -> list[Item]:
    """Items with all of these words, in the order of their ids; `SEARCHED_MAX` items are looked through.

    Args:
        engine: whose items.
        words: in lower case.
        n: how many are wanted.
    """
    found: list[Item] = []
    cursor, looked = "", 0
    while len(found) < n and looked < SEARCHED_MAX:
        listing = engine.world.items.list(cursor, BULK_MAX)
        found += [item for item in listing.values if all(word in _text(item) for word in words)]
        cursor, looked = listing.cursor, looked + len(listing.values)
        if not cursor:
            break
    return found[:n]


def _text(item: Item) -> str:
    return " ".join((item.id, item.title, item.text, *item.topics)).lower()


async def _item_at(request: Ask) -> Item:
    id = path_id(request.path_params, "item_id")
    found: Item = await asyncio.to_thread(engine_of(request).world.items.get, id)
    return found


async def _put_item(request: Ask, item: Item) -> Answer:
    engine = engine_of(request)
    now_ms = engine.clock.now_ms()
    await change(engine, [ItemPut(admitted_item(item, now_ms), now_ms)])
    return answer(_ONE)


async def _insert_items(engine: ServingEngine, shapes: Sequence[GorseItem]) -> Answer:
    ids = [usable_id(shape.item_id, "ItemId") for shape in shapes]
    _refuse_many(ids)
    before = await asyncio.to_thread(engine.world.items.get_many, ids)
    now_ms = engine.clock.now_ms()
    items = [admitted_item(item_of(shape, before.get(shape.item_id)), now_ms) for shape in shapes]
    await change(engine, [ItemPut(item, now_ms) for item in items])
    return answer(RowAffected(len(items)))


async def _insert_users(engine: ServingEngine, shapes: Sequence[GorseUser]) -> Answer:
    ids = [usable_id(shape.user_id, "UserId") for shape in shapes]
    _refuse_many(ids)
    before = await asyncio.to_thread(engine.world.people.get_many, ids)
    now_ms = engine.clock.now_ms()
    people = [admitted_person(person_of(shape, before.get(shape.user_id)), now_ms) for shape in shapes]
    await change(engine, [PersonPut(person, now_ms) for person in people])
    return answer(RowAffected(len(people)))


def _refuse_many(ids: Sequence[str]) -> None:
    if len(ids) > BULK_MAX:
        raise TooMuch(f"has {len(ids)} members", field="body", hint=f"Send at most {BULK_MAX} at once.")


def _health(engine: ServingEngine) -> Health:
    log, world = log_fault(engine), world_fault(engine)
    return Health(
        ready=log == "ok" == world,
        data_store_error=None if log == "ok" else log,
        cache_store_error=None if world == "ok" else world,
        data_store_connected=log == "ok",
        cache_store_connected=world == "ok",
    )
