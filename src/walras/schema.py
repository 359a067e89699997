"""The vocabulary: every value that crosses a room.

Structs of msgspec travel (one definition gives the wire, the log's bytes and the OpenAPI schema); slotted dataclasses
of arrays stay in a process. Nothing here does I/O, and methods are small conversions only.

Shape letters, the same everywhere: B people, T tokens, D width, N candidates, H outcomes, K places, P programmes.
Units stand last in a name: `_ms` instants in milliseconds UTC, `_s` seconds, `_yuan` market value, `_fen` money.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Annotated, Any, Literal, Protocol

import msgspec
import numpy as np
from msgspec import UNSET, Meta, UnsetType
from numpy.typing import NDArray

from walras.base import limits
from walras.base.ids import EventId, ItemId, ModelVersion, OwnerId, PageId, PersonId

Floats = NDArray[np.float64]
Floats32 = NDArray[np.float32]
Ints = NDArray[np.int32]
Longs = NDArray[np.int64]
Bools = NDArray[np.bool_]
Codes = NDArray[np.uint8]
Texts = NDArray[np.object_]

Text = Annotated[str, Meta(max_length=limits.TEXT_CHARS_MAX)]
Title = Annotated[str, Meta(max_length=limits.TITLE_CHARS_MAX)]


# ---------------------------------------------------------------- what is said to the platform


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of consequence: what can happen between a person and an item (or its owner)."""

    name: str
    code: int  # 1..255, kept in sequences; never given to another outcome
    meaning: str
    unit: Literal["count", "second", "yuan"] = "count"
    sign: int = 1  # +1 wanted, 0 neutral (an exposure), -1 unwanted
    choice: bool = False  # whether it is a choice of the item, which the sequence model learns to foresee
    predicted: bool = False  # whether the ranker foresees it for every candidate
    of: Literal["item", "owner"] = "item"
    final_after_s: int = 0  # when its value no longer changes
    worth_yuan: float = 0.0  # worth of one unit until experiments have measured it
    value_max: float = limits.VALUE_MAX
    by_viewer: bool = False  # whether a browser may say it of its own person; the others are said by lines


class Event(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Something a person did. The only input of the platform beside items and people."""

    person: PersonId
    outcome: str
    item: ItemId = ItemId("")
    owner: OwnerId = OwnerId("")  # for outcomes of an owner (follow, block); empty means: of the item's owner
    id: EventId = EventId("")  # empty: made of the content, so that sending it again changes nothing
    time_ms: int = 0  # 0: when it arrived
    value: float = 1.0  # in the outcome's unit
    surface: str = ""
    page: PageId = PageId("")
    place: int = -1
    context: dict[str, str] = {}


class Item(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Anything that may fill a place: a video, a room, a product, a deal, a job, an ad."""

    id: ItemId
    owner: OwnerId = OwnerId("")
    kind: str = "video"
    title: Title = ""
    text: Text = ""
    topics: Annotated[tuple[str, ...], Meta(max_length=limits.TOPICS_MAX)] = ()
    created_ms: int = 0  # 0: when it was first put
    duration_s: float = 0.0
    language: str = ""
    markets: tuple[str, ...] = ()  # where it may be shown; empty: everywhere
    age_min: int = 0
    state: Literal["live", "limited", "hidden", "removed"] = "live"  # limited: only to followers
    attributes: dict[str, str] = {}


class Person(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Somebody who is shown pages. Nothing but the id is needed."""

    id: PersonId
    market: str = ""
    language: str = ""
    age: int = 0  # years; 0: not said, treated as grown up
    interests: Annotated[tuple[str, ...], Meta(max_length=64)] = ()
    blocked_owners: tuple[str, ...] = ()
    blocked_items: tuple[str, ...] = ()
    blocked_topics: tuple[str, ...] = ()
    attributes: dict[str, str] = {}


# ---------------------------------------------------------------- what the log holds


class ItemPut(msgspec.Struct, frozen=True, tag="item"):
    """An item was made or changed."""

    item: Item
    time_ms: int


class ItemGone(msgspec.Struct, frozen=True, tag="item-gone"):
    """An item was deleted."""

    id: ItemId
    time_ms: int


class PersonPut(msgspec.Struct, frozen=True, tag="person"):
    """A person was made or changed."""

    person: Person
    time_ms: int


class PersonGone(msgspec.Struct, frozen=True, tag="person-gone"):
    """A person left; what was known of her is forgotten."""

    id: PersonId
    time_ms: int


class ModelChosen(msgspec.Struct, frozen=True, tag="model"):
    """From here on pages are made with this model; written so that a page can be made again."""

    kind: Literal["sequence", "ranker", "text"]
    version: ModelVersion
    time_ms: int


Change = ItemPut | ItemGone | PersonPut | PersonGone | ModelChosen


Mood = Literal["any", "calm", "lively", "funny", "learning", "homely"]
Turned = Annotated[float, Meta(ge=-1, le=1)]
DialTopics = Annotated[tuple[Annotated[str, Meta(max_length=limits.TOPIC_CHARS_MAX)], ...], Meta(max_length=64)]


class Dials(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a viewer has set of her own feed. Those of the defaults change nothing."""

    mood: Mood = "any"
    novelty: Turned = 0.0  # -1: whom and what she knows, 1: what she has never met
    length: Turned = 0.0  # -1: shorter than her usual, 1: longer
    more: DialTopics = ()
    less: DialTopics = ()
    commercial: Annotated[float, Meta(ge=0, le=1)] = 1.0  # at most this share of places may sell something


class Claim(msgspec.Struct, frozen=True, array_like=True):
    """A promise of exposures as a page found it."""

    item: ItemId
    behind: float  # share of the promise that is due and not delivered, in 0..1
    price_yuan: float  # of one exposure


class PlaceRecord(msgspec.Struct, frozen=True, omit_defaults=True):
    """One candidate of a page as it was valued: a place, or one of the nearest losers."""

    item: ItemId
    value_yuan: float
    outcomes: tuple[float, ...]  # in the order of PageRecord.outcome_names
    source: str
    propensity: float = 1.0
    place: int = -1  # -1: it lost
    programme: str = ""  # the promise that this place was kept for
    price_yuan: float = 0.0  # that programme's price when the page was made


class PageRecord(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="page"):
    """Everything measurable about a page, written with it. Same log and seed make the same page again."""

    id: PageId
    person: PersonId
    surface: str
    time_ms: int
    position: int  # the log was read up to here
    seed: int
    count: int
    places: tuple[PlaceRecord, ...] = ()
    losers: tuple[PlaceRecord, ...] = ()
    outcome_names: tuple[str, ...] = ()
    proposed: dict[str, int] = {}  # candidates by source
    dropped: dict[str, int] = {}  # candidates by reason
    missing: tuple[str, ...] = ()  # sources and features that failed or came too late
    versions: dict[str, str] = {}
    exclude: tuple[ItemId, ...] = ()
    context: dict[str, str] = {}
    dials: Dials | None = None  # None: nothing was set
    claims: tuple[Claim, ...] = ()  # promises that could have filled a kept place
    arms: dict[str, str] = {}  # arm by running trial
    parameters: dict[str, float | str] = {}  # what these arms set


Entry = Event | Change | PageRecord


@dataclass(frozen=True, slots=True)
class EventColumns:
    """N events in log order, as columns. Strings are Python lists: they are looked up, not computed with."""

    seq: Longs
    time_ms: Longs
    person: Sequence[str]
    item: Sequence[str]
    owner: Sequence[str]
    outcome: Sequence[str]
    value: Floats
    surface: Sequence[str]
    page: Sequence[str]
    place: Ints

    def __len__(self) -> int:
        """How many events."""
        return len(self.seq)


@dataclass(frozen=True, slots=True)
class Batch:
    """A stretch of the log: apply `changes`, then `events`, then `pages`. It ends where this order would be false."""

    position: int  # seq of the last row of the stretch
    changes: tuple[Change, ...]
    events: EventColumns
    pages: tuple[PageRecord, ...]


class Receipt(msgspec.Struct, frozen=True):
    """The log's answer for one event: durable, under this id."""

    id: EventId
    duplicate: bool = False


# ---------------------------------------------------------------- what is owed


class Posting(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One side of a journal entry. Where money belongs is said by dimensions, never by further accounts."""

    account: str  # of the chart
    side: Literal["debit", "credit"]
    amount: int  # above 0, in minor units of the currency: fen, cent, yen
    currency: str = "CNY"
    line: str = ""  # of business
    city: str = ""
    campaign: str = ""
    programme: str = ""
    owner: str = ""  # whose money it is: advertiser, viewer, maker, host, guild, merchant
    item: str = ""


class JournalEntry(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One business event in money: postings that balance in every currency, under a key that is used once."""

    key: str
    kind: str  # such as ad.charge
    time_ms: int  # when it happened; says which month it belongs to
    postings: tuple[Posting, ...]
    event: EventId = EventId("")  # the event of the log that it follows from
    reverses: str = ""  # key of the entry that it takes back
    memo: Title = ""


class Happening(msgspec.Struct, frozen=True):
    """An event as the log holds it, with its seq: what a line makes journal entries of."""

    seq: int
    event: Event


class Usage(msgspec.Struct, frozen=True, kw_only=True):
    """What a day of serving used, as the log has it."""

    day: str  # YYYY-MM-DD in the zone of the books
    time_ms: int  # its last millisecond
    watched_s: float = 0.0
    pages: int = 0


# ---------------------------------------------------------------- what a page is made of


class SourceShare(msgspec.Struct, frozen=True):
    """How many candidates a surface asks of one source."""

    source: str
    count: int


class Surface(msgspec.Struct, frozen=True, kw_only=True):
    """A kind of page, as a value: who may fill it and by what rules."""

    name: str
    sources: tuple[SourceShare, ...]
    kinds: tuple[str, ...] = ()  # kinds of item that may stand here; empty: every kind
    places: int = 10
    candidates: int = 500
    owner_gap: int = 3  # places between two items of one owner
    topic_gap: int = 1  # places between two items of one first topic
    examination: tuple[float, ...] = ()  # π_k by place; empty: 1 / log2(k + 2)
    explore_share: float = 0.05  # share of places given to exploration, with logged propensity
    fresh_share: float = 0.1  # share of places promised to items of new owners
    source_budget_ms: float = 50.0
    repeat_after_ms: int = 0  # 0: what was seen never comes back


@dataclass(frozen=True, slots=True)
class Candidates:
    """N candidates as a struct of arrays. Stages add columns and mark dropped rows; they neither reorder nor mutate."""

    row: Ints  # [N] the item's row in the features' state
    source: Codes  # [N] index into `sources` of the first source that named it
    score: Floats32  # [N] that source's own score
    propensity: Floats32  # [N] chance with which it was proposed, 1 where chance played no part
    sources: tuple[str, ...]
    named_by: Longs = field(default_factory=lambda: np.zeros(0, np.int64))  # [N] bit s set: source s named it
    dropped: Codes = field(default_factory=lambda: np.zeros(0, np.uint8))  # [N] 0 stays, else a reason code
    columns: Mapping[str, NDArray[Any]] = field(default_factory=dict)

    def __len__(self) -> int:
        """How many candidates, dropped ones included."""
        return len(self.row)

    def with_columns(self, **added: NDArray[Any]) -> "Candidates":
        """The same candidates with further columns, each with N rows."""
        return replace(self, columns={**self.columns, **added})


class PageRequest(msgspec.Struct, frozen=True, kw_only=True):
    """Ask for a page."""

    person: PersonId
    surface: str = "feed"
    count: Annotated[int, Meta(ge=1, le=limits.PAGE_ITEMS_MAX)] = 10
    context: dict[str, str] = {}
    exclude: Annotated[tuple[ItemId, ...], Meta(max_length=1_000)] = ()
    seed: int | UnsetType = UNSET  # given only to make a page again
    dials: Dials | None = None


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """One filled place of a page."""

    item: ItemId
    place: int
    value_yuan: float
    outcomes: dict[str, float]  # expected per exposure, each in its unit
    source: str
    reason: str
    propensity: float = 1.0
    programme: str = ""  # the promise that this place was kept for
    price_yuan: float = 0.0  # that programme's price
    owner: OwnerId = OwnerId("")
    kind: str = ""
    title: str = ""
    topics: tuple[str, ...] = ()


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """A filled page. Send `page` and `place` back with each event about it."""

    id: PageId
    person: PersonId
    surface: str
    time_ms: int
    places: tuple[Place, ...]
    personalised_by: tuple[str, ...] = ()
    versions: dict[str, str] = {}
    missing: tuple[str, ...] = ()


class Pages(Protocol):
    """What a line that shows a page is handed by `app`."""

    def make_page(self, request: PageRequest) -> Page:
        """Fill a page and write its record."""
        ...


# ---------------------------------------------------------------- what is said about the platform itself


class TrainingStatus(msgspec.Struct, frozen=True, kw_only=True):
    """How far a training is; written by the training's own process, read by every server."""

    state: Literal["idle", "running", "done", "failed"] = "idle"
    stage: str = ""
    done: float = 0.0  # 0..1
    seconds_left: float = -1.0  # -1: not known
    message: str = ""
    position: int = 0  # the log's position it read up to
    pid: int = 0
    started_ms: int = 0


class ModelStatus(msgspec.Struct, frozen=True, kw_only=True):
    """One trained model and where it stands."""

    kind: str
    version: str
    state: str  # such as serving, ready, refused, retired
    metrics: dict[str, float] = {}
    created_ms: int = 0


class LedgerStatus(msgspec.Struct, frozen=True, kw_only=True):
    """How the books stand."""

    entries: int = 0
    off: int = 0  # by how much sums that must be 0 are not, in minor units; anything but 0 is a fault
    refused: int = 0  # entries that a loop made and the ledger refused; at most a hundred are counted
    checked_ms: int = 0  # 0: not yet


class Status(msgspec.Struct, frozen=True, kw_only=True):
    """How the platform is, as one process sees it now. Rates and percentiles cover the last few seconds."""

    started_ms: int
    now_ms: int
    people: int = 0
    items: int = 0
    events: int = 0
    events_per_s: float = 0.0
    pages_per_s: float = 0.0
    latency_ms: dict[str, float] = {}  # of a page, by percentile: p50, p99
    sources: dict[str, float] = {}  # share of filled places by source, in sum 1
    models: tuple[ModelStatus, ...] = ()
    training: TrainingStatus = TrainingStatus()
    position: int = 0  # the log's newest row
    segments: int = 0  # compacted partitions of the log
    log_bytes: int = 0
    disk_free_bytes: int = -1  # -1: not known
    processes: int = 1
    ledger: LedgerStatus = LedgerStatus()
    warnings: tuple[str, ...] = ()
