"""Examples that stand in the OpenAPI document. They are values of the vocabulary, so they cannot differ from it."""

from walras.base.ids import EventId, ItemId, ModelVersion, OwnerId, PageId, PersonId
from walras.schema import (
    Event,
    Item,
    ModelStatus,
    Page,
    PageRecord,
    PageRequest,
    Person,
    Place,
    PlaceRecord,
    Status,
    TrainingStatus,
)

NOW_MS = 1_767_225_600_000
_PAGE = PageId("p019b7768c00000123456789abcdef")
_VERSION = ModelVersion("sequence-019b7768")

EVENT = Event(
    id=EventId("6f1c"),
    person=PersonId("ann"),
    outcome="watch",
    item=ItemId("video/1"),
    time_ms=NOW_MS,
    value=12.5,
    surface="feed",
    page=_PAGE,
    place=0,
)
EVENTS = {"events": [EVENT, Event(person=PersonId("ann"), outcome="like", item=ItemId("video/1"), time_ms=NOW_MS)]}
EVENTS_TAKEN = {"accepted": 2, "duplicates": 0, "rejected": []}
ITEM = Item(
    id=ItemId("video/1"),
    owner=OwnerId("maker-7"),
    title="Noodles in ten minutes",
    topics=("food", "noodles"),
    created_ms=NOW_MS,
    duration_s=41.0,
    language="en",
)
PERSON = Person(id=PersonId("ann"), language="en", interests=("food",))
PAGE_REQUEST = PageRequest(person=PersonId("ann"), count=1)
PAGE = Page(
    id=_PAGE,
    person=PersonId("ann"),
    surface="feed",
    time_ms=NOW_MS,
    places=(
        Place(
            item=ItemId("video/1"),
            place=0,
            value_yuan=0.0134,
            outcomes={"watch": 14.2, "like": 0.06},
            source="sequence",
            reason="Fits your last 12 actions. Foreseen: 14 s watched, 6.0% like; worth 0.0134 yuan.",
            owner=OwnerId("maker-7"),
            kind="video",
            title="Noodles in ten minutes",
            topics=("food", "noodles"),
        ),
    ),
    personalised_by=("sequence", "related"),
    versions={"sequence": _VERSION},
)
PAGE_RECORD = PageRecord(
    id=_PAGE,
    person=PersonId("ann"),
    surface="feed",
    time_ms=NOW_MS,
    position=1204,
    seed=77,
    count=1,
    places=(PlaceRecord(item=ItemId("video/1"), value_yuan=0.0134, outcomes=(14.2, 0.06), source="sequence", place=0),),
    outcome_names=("watch", "like"),
    proposed={"sequence": 260},
    dropped={"seen": 31},
    versions={"sequence": _VERSION},
)
MODEL = ModelStatus(kind="sequence", version=_VERSION, state="active", metrics={"recall@10": 0.1}, created_ms=NOW_MS)
STATUS = Status(
    started_ms=NOW_MS,
    now_ms=NOW_MS + 60_000,
    people=100,
    items=2_000,
    events=40_000,
    sources={"sequence": 1.0},
    models=(MODEL,),
    training=TrainingStatus(state="running", stage="sequence", done=0.4, seconds_left=80.0),
    position=42_100,
)
