"""Gorse's recommendations: for a person, for a session, beside an item or a person, popular and latest."""

import asyncio
from collections.abc import Callable, Collection, Sequence

import msgspec
from litestar import get, post

from walras.base.errors import NotFound, nearest
from walras.base.ids import ItemId, PersonId
from walras.base.limits import CANDIDATES_MAX
from walras.doors.asking import Answer, Ask, answer, body_of, engine_of
from walras.doors.engine import Scored, ServingEngine
from walras.doors.gorse.crowd import alike
from walras.doors.gorse.feedback import insert, standing
from walras.doors.gorse.folding import outcome_of
from walras.doors.gorse.shapes import GorseFeedback, GorseScore, in_categories, instant_ms, instant_text, span_ms
from walras.doors.gorse.speaking import (
    CATEGORY,
    OFFSET,
    WITHOUT,
    N,
    count_of,
    gorse_told,
    offset_of,
    query_of,
)
from walras.web import Query, bearer, demand, path_id
from walras.web.told import Asked

_Scores = tuple[GorseScore, ...]
_EXAMPLE = [GorseScore(id="video/2", score=0.83)]
_WRITE_BACK = (
    Asked("write-back-type", "Write this feedback for each item given; needs the scope events:write as well."),
    Asked("write-back-delay", "How much later than now that feedback is dated, as 0h10m0s; at most ten minutes."),
)
_NAMES = ("n", "offset", "user-id", "write-back-type", "write-back-delay")
# A category is picked from a longer list; where it holds fewer items than that list passes over, the answer is shorter.
_SPARE = 200
_session = msgspec.json.Decoder(list[GorseFeedback])


# ---------------------------------------------------------------- for a person


@get(
    ["/api/recommend/{user_id:str}", "/api/recommend/{user_id:str}/{category:str}"],
    opt=gorse_told(
        "Recommend items to a user.", "feed:read",
        gives=tuple[str, ...] | _Scores, example=["video/2"], query=(N, OFFSET, CATEGORY, *_WRITE_BACK),
    ),
)  # fmt: skip
async def recommend(request: Ask) -> Answer:
    """Ids; with the header `X-API-Version: 2`, ids and scores."""
    engine, query = engine_of(request), query_of(request, *_NAMES)
    person = PersonId(path_id(request.path_params, "user_id"))
    n, offset = count_of(query), offset_of(query)
    delay_ms = span_ms(query.text("write-back-delay"), "write-back-delay")
    type = query.text("write-back-type")
    if type:
        demand(bearer(engine.world.keys, request.scope["headers"]), "events:write")
    engine.catch_up()
    scored = _for_person(engine, person, n + offset, _categories(request, query))[offset:]
    if type and scored:
        await _write_back(engine, person, [item for item, _ in scored], type, delay_ms)
    with_scores = request.headers.get("x-api-version", "").strip() == "2"
    return _scores(scored) if with_scores else answer([item for item, _ in scored])


@get(
    ["/api/collaborative-filtering/{user_id:str}", "/api/collaborative-filtering/{user_id:str}/{category:str}"],
    opt=gorse_told("The same with scores.", "feed:read", gives=_Scores, example=_EXAMPLE, query=(N, OFFSET, CATEGORY)),
)
async def collaborative(request: Ask) -> Answer:
    """One model serves both here."""
    engine, query = engine_of(request), query_of(request, *_NAMES)
    person = PersonId(path_id(request.path_params, "user_id"))
    n, offset = count_of(query), offset_of(query)
    engine.catch_up()
    return _scores(_for_person(engine, person, n + offset, _categories(request, query))[offset:])


@post(
    ["/api/session/recommend", "/api/session/recommend/{category:str}"],
    status_code=200,
    opt=gorse_told(
        "Recommend items to a session.", "feed:read",
        reads=tuple[GorseFeedback, ...], gives=_Scores, example=_EXAMPLE, query=(N, OFFSET, CATEGORY),
        asks=[GorseFeedback(feedback_type="like", user_id="", item_id="video/1", timestamp="2026-01-01T00:00:00Z")],
    ),
)  # fmt: skip
async def session_recommend(request: Ask) -> Answer:
    """Nothing is written; the person need not be known."""
    engine, query = engine_of(request), query_of(request, *_NAMES)
    sent = await body_of(request, _session)
    n, offset = count_of(query), offset_of(query)
    given = sorted(sent, key=lambda f: -instant_ms(f.timestamp or "", "Timestamp"))
    met = {feedback.item_id for feedback in given}
    chosen = [ItemId(f.item_id) for f in given if _is_choice(engine, f)]
    engine.catch_up()
    categories = _categories(request, query)
    spare = len(met) + (_SPARE if categories else 0)
    found = engine.session(chosen, _asked(n + offset, spare), _first(categories)) if chosen else []
    kept = [(item, score) for item, score in _within(engine, found, categories) if item not in met]
    return _scores(kept[offset : offset + n])


# ---------------------------------------------------------------- beside an item or a person


@get(
    [
        "/api/item/{item_id:str}/neighbors",
        "/api/item/{item_id:str}/neighbors/{category:str}",
        "/api/item-to-item/{name:str}/{item_id:str}",
    ],
    opt=gorse_told(
        "Items like an item.", "feed:read", gives=_Scores, example=_EXAMPLE, query=(N, OFFSET, CATEGORY, WITHOUT)
    ),
)
async def item_neighbours(request: Ask) -> Answer:
    """One notion of likeness serves every name here."""
    item = ItemId(path_id(request.path_params, "item_id"))
    return await _list(request, lambda engine, count, topic: engine.similar(item, count))


@get(
    ["/api/user/{user_id:str}/neighbors", "/api/user-to-user/{name:str}/{user_id:str}"],
    opt=gorse_told("People like a person.", "feed:read", gives=_Scores, example=_EXAMPLE, query=(N, OFFSET)),
)
async def user_neighbours(request: Ask) -> Answer:
    """By the items of their late behaviours."""
    engine, query = engine_of(request), query_of(request, *_NAMES)
    person = path_id(request.path_params, "user_id")
    n, offset = count_of(query), offset_of(query)
    engine.catch_up()
    found = alike(engine.state, person, n + offset)[offset:]
    return answer([GorseScore(id=id, score=score) for id, score in found])


# ---------------------------------------------------------------- for nobody in particular


@get(
    ["/api/popular", "/api/popular/{category:str}"],
    opt=gorse_told(
        "Popular items.", "feed:read", gives=_Scores, example=_EXAMPLE, query=(N, OFFSET, CATEGORY, WITHOUT)
    ),
)
async def popular(request: Ask) -> Answer:
    """What is chosen most now."""
    return await _list(request, lambda engine, count, topic: engine.popular(count, topic))


@get(
    ["/api/latest", "/api/latest/{category:str}"],
    opt=gorse_told("Latest items.", "feed:read", gives=_Scores, example=_EXAMPLE, query=(N, OFFSET, CATEGORY, WITHOUT)),
)
async def latest(request: Ask) -> Answer:
    """The score is the second an item was made."""
    return await _list(request, lambda engine, count, topic: engine.latest(count, topic))


@get(
    "/api/non-personalized/{name:str}",
    opt=gorse_told(
        "A list for everybody, by its name.", "feed:read",
        gives=_Scores, example=_EXAMPLE, query=(N, OFFSET, CATEGORY, WITHOUT),
    ),
)  # fmt: skip
async def non_personalised(request: Ask) -> Answer:
    """`popular` and `latest`; 404 for another name."""
    name = path_id(request.path_params, "name")
    ask = {"popular": popular, "latest": latest}.get(name)
    if ask is None:
        raise NotFound("no such list", field="name", value=name, hint=nearest(name, ("popular", "latest")))
    found: Answer = await ask.fn(request)
    return found


RECOMMEND_ROUTES = [
    recommend, collaborative, session_recommend, item_neighbours, user_neighbours, popular, latest, non_personalised,
]  # fmt: skip


async def _list(request: Ask, ask: Callable[[ServingEngine, int, str], Scored]) -> Answer:
    """Items of one list, in the wanted categories, without what a person met, from the offset on."""
    engine, query = engine_of(request), query_of(request, *_NAMES)
    n, offset = count_of(query), offset_of(query)
    categories, person = _categories(request, query), query.text("user-id")
    met = {given.item for given in await asyncio.to_thread(standing, engine, person)} if person else set()
    engine.catch_up()
    spare = len(met) + (_SPARE if categories else 0)
    found = _within(engine, ask(engine, _asked(n + offset, spare), _first(categories)), categories)
    kept = [(item, score) for item, score in found if item not in met]
    return _scores(kept[offset : offset + n])


def _for_person(engine: ServingEngine, person: PersonId, count: int, categories: Sequence[str]) -> Scored:
    spare = _SPARE if categories else 0
    found = engine.recommend(person, _asked(count, spare), _first(categories)) if count else []
    return _within(engine, found, categories[1:])[:count]


def _within(engine: ServingEngine, found: Scored, categories: Collection[str]) -> Scored:
    """Those in all of these categories."""
    if not categories:
        return found
    items = engine.world.items.get_many([item for item, _ in found])
    return [(id, score) for id, score in found if id in items and in_categories(items[id], categories)]


async def _write_back(
    engine: ServingEngine, person: PersonId, items: Sequence[ItemId], type: str, delay_ms: int
) -> None:
    timestamp = instant_text(engine.clock.now_ms() + delay_ms)
    shapes = [GorseFeedback(feedback_type=type, user_id=person, item_id=item, timestamp=timestamp) for item in items]
    await insert(engine, shapes, put=False)


def _is_choice(engine: ServingEngine, feedback: GorseFeedback) -> bool:
    return engine.registry.named(outcome_of(feedback.feedback_type, engine.registry)).choice


def _categories(request: Ask, query: Query) -> list[str]:
    if "category" in request.path_params:
        return [path_id(request.path_params, "category")]
    return query.all("category")


def _first(categories: Sequence[str]) -> str:
    return categories[0] if categories else ""


def _asked(count: int, spare: int) -> int:
    return min(count + spare, CANDIDATES_MAX)


def _scores(found: Scored) -> Answer:
    return answer([GorseScore(id=item, score=float(score)) for item, score in found])
