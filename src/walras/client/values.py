"""What the client sends and gives: structs of its own, which say as much of the API as a caller needs.

Fields that a newer server adds are passed over. Instants are milliseconds UTC and end in `_ms`, spans are seconds and
end in `_s`.
"""

from typing import Literal

import msgspec

State = Literal["live", "limited", "hidden", "removed"]


class Event(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Something a person did. Without `id` and `time_ms` the client fills both in before its first try."""

    person: str
    outcome: str
    item: str = ""
    owner: str = ""  # for outcomes of an owner (follow, block); empty: of the item's owner
    id: str = ""
    time_ms: int = 0
    value: float = 1.0  # in the outcome's unit
    surface: str = ""
    page: str = ""
    place: int = -1
    context: dict[str, str] = {}


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """What was wrong with one member of a batch, or with one field."""

    reason: str
    index: int = -1  # of the member in what you gave; -1 where there is no batch
    field: str = ""
    code: str = "invalid"
    value: str | None = None
    hint: str = ""


class EventsTaken(msgspec.Struct, frozen=True, kw_only=True):
    """What became of events: they are on the server's disk, or they are named here."""

    accepted: int = 0
    duplicates: int = 0  # had been written before, under the same id
    rejected: tuple[Fault, ...] = ()
    ids: tuple[str, ...] = ()  # of the events that were not rejected, in order


class Item(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Anything that may fill a place."""

    id: str
    owner: str = ""
    kind: str = "video"
    title: str = ""
    text: str = ""
    topics: tuple[str, ...] = ()
    created_ms: int = 0
    duration_s: float = 0.0
    language: str = ""
    markets: tuple[str, ...] = ()
    age_min: int = 0
    state: State = "live"
    attributes: dict[str, str] = {}


class Person(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Somebody who is shown pages."""

    id: str
    market: str = ""
    language: str = ""
    age: int = 0
    interests: tuple[str, ...] = ()
    blocked_owners: tuple[str, ...] = ()
    blocked_items: tuple[str, ...] = ()
    blocked_topics: tuple[str, ...] = ()
    attributes: dict[str, str] = {}


class ManyPut(msgspec.Struct, frozen=True, kw_only=True):
    """What became of many items or people."""

    accepted: int = 0
    rejected: tuple[Fault, ...] = ()


class ItemList(msgspec.Struct, frozen=True):
    """Some items in the order of their ids; an empty cursor: there are no more."""

    items: tuple[Item, ...]
    cursor: str


class UserList(msgspec.Struct, frozen=True):
    """Some people in the order of their ids; an empty cursor: there are no more."""

    users: tuple[Person, ...]
    cursor: str


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """One filled place of a page."""

    item: str
    place: int
    value_yuan: float
    source: str
    reason: str
    outcomes: dict[str, float] = {}
    propensity: float = 1.0
    programme: str = ""
    price_yuan: float = 0.0
    owner: str = ""
    kind: str = ""
    title: str = ""
    topics: tuple[str, ...] = ()


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """A filled page. Send `id` (as `page`) and `place` with each event about it."""

    id: str
    person: str
    surface: str
    time_ms: int
    places: tuple[Place, ...]
    personalised_by: tuple[str, ...] = ()
    versions: dict[str, str] = {}
    missing: tuple[str, ...] = ()


class PlaceRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One candidate as a page's record keeps it; `place` is -1 where it lost."""

    item: str
    value_yuan: float
    outcomes: tuple[float, ...]
    source: str
    propensity: float = 1.0
    place: int = -1
    programme: str = ""
    price_yuan: float = 0.0


class PageRecord(msgspec.Struct, frozen=True, kw_only=True):
    """What was valued, dropped and chosen for a page, and by what."""

    id: str
    person: str
    surface: str
    time_ms: int
    position: int
    seed: int
    count: int
    places: tuple[PlaceRecord, ...] = ()
    losers: tuple[PlaceRecord, ...] = ()
    outcome_names: tuple[str, ...] = ()
    proposed: dict[str, int] = {}
    dropped: dict[str, int] = {}
    missing: tuple[str, ...] = ()
    versions: dict[str, str] = {}
    arms: dict[str, str] = {}


class Similar(msgspec.Struct, frozen=True):
    """An item like another; a higher score is more alike."""

    item: str
    score: float


class SimilarItems(msgspec.Struct, frozen=True):
    """Items like one item, best first."""

    item: str
    similar: tuple[Similar, ...]


class History(msgspec.Struct, frozen=True):
    """A person's newest events, newest first."""

    person: str
    events: tuple[Event, ...]


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of thing that can happen between a person and an item, or its owner."""

    name: str
    code: int
    meaning: str
    unit: str = "count"
    sign: int = 1
    choice: bool = False
    predicted: bool = False
    of: str = "item"
    worth_yuan: float = 0.0


class OutcomeList(msgspec.Struct, frozen=True):
    """Every outcome an event may have."""

    outcomes: tuple[Outcome, ...]


class Readiness(msgspec.Struct, frozen=True):
    """Whether requests can be served; what cannot is named with its reason."""

    ready: bool
    parts: dict[str, str] = {}


class Status(msgspec.Struct, frozen=True, kw_only=True):
    """How the platform is, as the process sees it that answered."""

    started_ms: int
    now_ms: int
    people: int = 0
    items: int = 0
    events: int = 0
    position: int = 0
    events_per_s: float = 0.0
    pages_per_s: float = 0.0
    latency_ms: dict[str, float] = {}
    processes: int = 1
    warnings: tuple[str, ...] = ()


# ---------------------------------------------------------------- the app, as one person


class Me(msgspec.Struct, frozen=True, kw_only=True):
    """Who a visit is: a guest, or an account."""

    person: str
    signed_in: bool
    handle: str = ""
    name: str = ""
    bio: str = ""
    roles: tuple[str, ...] = ()
    teen: bool = False
    language: str = ""


class Author(msgspec.Struct, frozen=True, kw_only=True):
    """Who said something."""

    handle: str = ""
    name: str = ""
    is_maker: bool = False


class Comment(msgspec.Struct, frozen=True, kw_only=True):
    """Something said under a video."""

    id: str
    text: str
    author: Author
    parent: str = ""
    created_ms: int = 0
    likes: int = 0
    liked: bool = False
    pinned: bool = False
    replies: int = 0
    mine: bool = False
    removed: bool = False


class CommentList(msgspec.Struct, frozen=True):
    """Comments of a video, and how many there are."""

    comments: tuple[Comment, ...]
    cursor: str
    count: int


class Video(msgspec.Struct, frozen=True, kw_only=True):
    """A video as its maker sees it."""

    id: str
    state: str
    title: str = ""
    asset: str = ""
    progress: float = 0.0
    playable: bool = False
    cause: str = ""
    fix: str = ""
    reason: str = ""


class Profile(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody as others see her."""

    id: str  # the person's id, as in events and as an item's owner
    handle: str
    name: str = ""
    bio: str = ""
    followers: int = 0
    following: int = 0
    videos: int = 0
    followed: bool = False
    follows_me: bool = False
    mutual: bool = False


class Nothing(msgspec.Struct, frozen=True):
    """An answer without a body."""


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """A problem detail (RFC 9457) as the server writes it."""

    detail: str = ""
    title: str = ""
    status: int = 0
    code: str = ""
    request_id: str = ""
    field: str = ""
    value: str | None = None
    hint: str = ""
    errors: tuple[Fault, ...] = ()
