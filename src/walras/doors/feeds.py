"""Pages and what they are made of: the feed, similar items, a person's history, a page's record, outcomes, status."""

import msgspec
from litestar import get, post

from walras.base import limits
from walras.base.errors import Invalid, NotFound
from walras.base.ids import ItemId, PageId, PersonId
from walras.doors import examples
from walras.doors.asking import Answer, Ask, answer, body_of, engine_of, measures_of
from walras.events.intake import context_fault
from walras.schema import Event, Outcome, Page, PageRecord, PageRequest, Status
from walras.web import Query, path_id, usable_id
from walras.web.told import count_asked, told

HISTORY_DEFAULT, HISTORY_MAX = 50, 1_000
SIMILAR_DEFAULT = 10
_decoder = msgspec.json.Decoder(PageRequest)


class SimilarItem(msgspec.Struct, frozen=True):
    """An item like another; a higher score is more alike, and scores of two requests cannot be compared."""

    item: ItemId
    score: float


class SimilarItems(msgspec.Struct, frozen=True):
    """Items like one item, best first; empty where it is not known."""

    item: ItemId
    similar: tuple[SimilarItem, ...]


class History(msgspec.Struct, frozen=True):
    """A person's newest events, newest first; empty where the person is not known."""

    person: PersonId
    events: tuple[Event, ...]


class OutcomeList(msgspec.Struct, frozen=True):
    """Every outcome an event may have."""

    outcomes: tuple[Outcome, ...]


@post(
    "/v1/feed",
    status_code=200,
    opt=told(
        summary="Fill a page for a person.",
        tag="feed",
        scope="feed:read",
        reads=PageRequest,
        gives=Page,
        asks=examples.PAGE_REQUEST,
        example=examples.PAGE,
    ),
)
async def make_feed(request: Ask) -> Answer:
    """Every event acknowledged before is seen. A person nobody knows gets a page too."""
    asked = _admitted(await body_of(request, _decoder))
    page = engine_of(request).make_page(asked)
    measures_of(request).count_page(page)
    return answer(page)


@get(
    "/v1/items/{id:str}/similar",
    opt=told(
        summary="Items like this one.",
        tag="feed",
        scope="feed:read",
        gives=SimilarItems,
        example=SimilarItems(ItemId("video/1"), (SimilarItem(ItemId("video/2"), 0.83),)),
        query=(count_asked(limits.PAGE_ITEMS_MAX, SIMILAR_DEFAULT),),
        path={"id": "video/1"},
    ),
)
async def similar_items(request: Ask) -> Answer:
    """By who chose both and by what the texts say."""
    item = ItemId(path_id(request.path_params, "id"))
    n = Query(request.scope["query_string"], ("n",)).number("n", SIMILAR_DEFAULT, most=limits.PAGE_ITEMS_MAX)
    engine = engine_of(request)
    engine.catch_up()
    found = tuple(SimilarItem(other, score) for other, score in engine.similar(item, n))
    return answer(SimilarItems(item, found))


@get(
    "/v1/users/{id:str}/history",
    opt=told(
        summary="What a person did, newest first.",
        tag="users",
        scope="people:read",
        gives=History,
        example=History(PersonId("ann"), (examples.EVENT,)),
        query=(count_asked(HISTORY_MAX, HISTORY_DEFAULT),),
        path={"id": "ann"},
    ),
)
async def person_history(request: Ask) -> Answer:
    """Straight from the log, so it holds every event that was acknowledged."""
    person = PersonId(path_id(request.path_params, "id"))
    n = Query(request.scope["query_string"], ("n",)).number("n", HISTORY_DEFAULT, most=HISTORY_MAX)
    return answer(History(person, tuple(engine_of(request).history(person, n))))


@get(
    "/v1/pages/{id:str}",
    opt=told(
        summary="A page's record: what was valued, dropped and chosen, and by what.",
        tag="feed",
        scope="feed:read",
        gives=PageRecord,
        example=examples.PAGE_RECORD,
        path={"id": "p019000000000123456789abcdef"},
    ),
)
async def page_record(request: Ask) -> Answer:
    """`walras replay --page ID` makes the page again from the log."""
    id = PageId(path_id(request.path_params, "id"))
    record = engine_of(request).page_record(id)
    if record is None:
        raise NotFound("no such page", field="id", value=id)
    return answer(record)


@get(
    "/v1/outcomes",
    opt=told(
        summary="Every outcome an event may have, with its unit and worth.",
        tag="events",
        gives=OutcomeList,
        example=OutcomeList((Outcome(name="like", code=5, meaning="Liked.", choice=True, worth_yuan=0.01),)),
    ),
)
async def list_outcomes(request: Ask) -> Answer:
    """In the order of their codes."""
    return answer(OutcomeList(tuple(engine_of(request).registry)))


@get(
    "/v1/status",
    opt=told(
        summary="How the platform is, as one serving process sees it.",
        tag="status",
        scope="status:read",
        local=True,
        gives=Status,
        example=examples.STATUS,
    ),
)
async def platform_status(request: Ask) -> Answer:
    """Rates and percentiles cover the last few seconds."""
    return answer(engine_of(request).status())


FEED_ROUTES = [make_feed, similar_items, person_history, page_record, list_outcomes, platform_status]


def _admitted(asked: PageRequest) -> PageRequest:
    """The same request.

    Raises:
        Invalid: something in it cannot be, with the field.
    """
    usable_id(asked.person, "person")
    for index, item in enumerate(asked.exclude):
        usable_id(item, f"exclude[{index}]")
    fault = context_fault(asked.context)
    if fault is not None:
        field, reason, value, hint = fault
        raise Invalid(reason, field=field, value=value, hint=hint)
    if isinstance(asked.seed, int) and not 0 <= asked.seed < 2**63:
        raise Invalid("must lie between 0 and 2⁶³ - 1", field="seed", value=asked.seed)
    return asked
