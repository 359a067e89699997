"""What the line claims of the feed: exposures promised to each new video, counted from the log, and the receipt.

Delivered exposures, their cost and the reader's position are written in one transaction, so each counts exactly once.
The cost of an exposure is what its kept place displaced: the best loser's value less the video's own, as the page's
record says, and the same in seconds watched.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

import msgspec
import sqlalchemy as sa

from walras.base.ids import PageId
from walras.lines import House
from walras.lines.video.entities import SHOWN, Video
from walras.lines.video.inbox import Inbox, Told
from walras.lines.video.relations import Relations
from walras.lines.video.tables import VideoRow
from walras.lines.video.turns import position_of, write_position, written_position
from walras.lines.video.videos import Videos
from walras.schema import Batch, PageRecord, PlaceRecord
from walras.world import Promise, Promises, priced
from walras.world.promises import MET, MISSED, PRICE_FIRST_YUAN, RUNNING, SPAN_MS, STOPPED

PROGRAMME = "first-exposure"
_READ = "promises"
_ROWS = 20_000
_VIDEOS_AT_ONCE = 500
# Somebody with fewer events than this is new here.
_NEW_EVENTS = 30
_PAGES_KEPT = 2_000


class Claims:
    """Promises of this line's videos."""

    def __init__(self, house: House, videos: Videos, relations: Relations, inbox: Inbox) -> None:
        """Work in this house."""
        self._house, self._videos, self._relations, self._inbox = house, videos, relations, inbox
        self._table = house.world.promises
        self._pages: dict[str, PageRecord] = {}

    # ------------------------------------------------------------ what the clock does

    def promise_new(self) -> int:
        """Promise exposures to videos published lately that have no promise yet; how many."""
        now_ms = self._house.clock.now_ms()
        recent = self._recent(now_ms - SPAN_MS)
        there = self._table.promised(recent)
        fresh = self._videos.get_many([id for id in recent if id not in there][:_VIDEOS_AT_ONCE])
        exposures, most_yuan = self._house.settings.promised_exposures, self._most_yuan
        made = [promise_of_video(video, exposures, most_yuan) for video in fresh.values()]
        self._table.make(made)
        return len(made)

    def project_all(self) -> int:
        """Count the log to its end; how many stretches were read."""
        database, stretches = self._house.world.database, 0
        position = position_of(database, _READ)
        while (batch := self._house.log.read(position, _ROWS)) is not None:
            self._project(batch, position)
            position, stretches = position_of(database, _READ), stretches + 1
        return stretches

    def move_prices(self) -> int:
        """Move the price of every running promise, and close those that are over; how many run."""
        now_ms, most_yuan = self._house.clock.now_ms(), self._most_yuan
        running = self._table.running()
        videos = self._videos.get_many(promise.video for promise in running)
        with self._house.world.database.write() as connection:
            written_position(connection, _READ, hold=True)
            there = Promises.read(connection, [promise.video for promise in running])
            moved = {
                id: closed(priced(promise, now_ms, most_yuan), videos.get(id), now_ms) for id, promise in there.items()
            }
            Promises.write(connection, moved)
            ended = [promise for promise in moved.values() if promise.state != RUNNING]
            self._inbox.tell_in(connection, [_told(promise) for promise in ended])
        return sum(promise.state == RUNNING for promise in moved.values())

    # ------------------------------------------------------------ what is asked

    def of_video(self, video: str) -> dict[str, object] | None:
        """A promise with its receipt in groups; None where none was made."""
        promise = self._table.get(video)
        return None if promise is None else {**_plain(promise, self._most_yuan), "receipt": groups(promise)}

    def contracts(self, videos: Sequence[str], language: str) -> dict[str, dict[str, object]]:
        """Promises as their makers read them, by video; the receipt in sentences once it is over."""
        found, most_yuan = self._table.get_many(videos), self._most_yuan
        return {
            id: {
                **_plain(promise, most_yuan),
                "receipt": receipt(promise, language) if promise.state != RUNNING else None,
            }
            for id, promise in found.items()
        }

    def promised_to(self, videos: Sequence[Video]) -> dict[str, dict[str, object]]:
        """What a maker's list shows of each of her videos, in her language: the contract."""
        accounts = self._house.world.accounts
        makers = {video.maker: accounts.find(video.maker) for video in videos}
        languages = {maker: account.settings.language if account else "" for maker, account in makers.items()}
        found: dict[str, dict[str, object]] = {}
        for language in set(languages.values()):
            ids = [video.id for video in videos if languages[video.maker] == language]
            found.update((id, {"contract": one}) for id, one in self.contracts(list(ids), language).items())
        return found

    # ------------------------------------------------------------ inside

    @property
    def _most_yuan(self) -> float:
        return self._house.settings.promised_price_most_yuan

    def _recent(self, since_ms: int) -> list[str]:
        """Videos published for everybody after an instant; nothing but their ids is read, along an index."""
        is_open = (VideoRow.state == "published", VideoRow.audience == "everyone", VideoRow.published_ms > since_ms)
        query = sa.select(VideoRow.id).where(*is_open).order_by(VideoRow.published_ms)
        with self._house.world.database.read() as connection:
            return list(connection.scalars(query))

    def _project(self, batch: Batch, after: int) -> None:
        for page in batch.pages:
            self._pages[page.id] = page
        while len(self._pages) > _PAGES_KEPT:
            del self._pages[next(iter(self._pages))]
        exposures = list(_exposures(batch))
        items = sorted({item for _, item, _, _, _ in exposures})
        with self._house.world.database.write() as connection:
            if written_position(connection, _READ, hold=True) != after:
                return
            found = Promises.read(connection, items) if items else {}
            changed = self._counted(exposures, found)
            if changed:
                Promises.write(connection, changed)
            write_position(connection, _READ, batch.position)

    def _counted(
        self, exposures: list[tuple[str, str, int, str, str]], found: Mapping[str, Promise]
    ) -> dict[str, Promise]:
        counted: dict[str, Promise] = {}
        followers = self._followers(exposures, found)
        markets = self._markets({person for person, item, _, _, _ in exposures if item in found})
        for person, item, time_ms, surface, page_id in exposures:
            promise = counted.get(item) or found.get(item)
            if promise is None or person == promise.maker or not promise.starts_ms <= time_ms < promise.ends_ms:
                continue
            page = self._page(page_id)
            known = "follower" if (person, promise.maker) in followers else self._how_known(person)
            where = {
                "surface": surface or (page.surface if page else ""),
                "class": known,
                "market": markets.get(person, ""),
            }
            counted[item] = delivered(promise, page, where)
        return counted

    def _page(self, id: str) -> PageRecord | None:
        if id and id not in self._pages:
            page = self._house.log.page(PageId(id))
            if page is not None:
                self._pages[id] = page
        return self._pages.get(id)

    def _followers(
        self, exposures: list[tuple[str, str, int, str, str]], found: Mapping[str, Promise]
    ) -> set[tuple[str, str]]:
        people: defaultdict[str, set[str]] = defaultdict(set)
        for person, item, _, _, _ in exposures:
            if item in found:
                people[found[item].maker].add(person)
        said = {maker: self._relations.said_to(maker, who) for maker, who in people.items()}
        return {(who, maker) for maker, kinds in said.items() for who, kind in kinds.items() if "follow" in kind}

    def _markets(self, people: set[str]) -> dict[str, str]:
        found = self._house.world.people.get_many(sorted(people)) if people else {}
        return {id: person.market for id, person in found.items()}

    def _how_known(self, person: str) -> str:
        return "new" if len(self._house.log.history(person, _NEW_EVENTS)) < _NEW_EVENTS else "regular"


def promise_of_video(video: Video, exposures: int, most_yuan: float) -> Promise:
    """What a video is promised when it is published: so many exposures, at a price of at most so much each."""
    starts_ms = video.published_ms
    return Promise(
        video=video.id,
        maker=video.maker,
        promised=exposures,
        starts_ms=starts_ms,
        ends_ms=starts_ms + SPAN_MS,
        price_yuan=min(PRICE_FIRST_YUAN, most_yuan),
        priced_ms=starts_ms,
    )


def delivered(promise: Promise, page: PageRecord | None, where: Mapping[str, str]) -> Promise:
    """The promise after one more exposure.

    Args:
        promise: before.
        page: the record of the page it stood on; None where no page led to it.
        where: surface, class and market of the viewer.
    """
    place = None if page is None else next((p for p in page.places if p.item == promise.video), None)
    shown = {name: dict(group) for name, group in promise.shown.items()}
    for name, value in {**where, "source": place.source if place else "direct"}.items():
        group = shown.setdefault(name, {})
        group[value or "unknown"] = group.get(value or "unknown", 0) + 1
    after = msgspec.structs.replace(promise, delivered=promise.delivered + 1, shown=shown)
    if page is None or place is None or place.programme != PROGRAMME:
        return after
    yuan, seconds = displaced(page, place)
    return msgspec.structs.replace(
        after,
        paid=after.paid + 1,
        spent_yuan=after.spent_yuan + yuan,
        spent_s=after.spent_s + seconds,
        value_yuan=after.value_yuan + place.value_yuan,
    )


def displaced(page: PageRecord, place: PlaceRecord) -> tuple[float, float]:
    """What a kept place cost: yuan and seconds that the best loser was foreseen to bring beyond it, at least 0."""
    if not page.losers:
        return 0.0, 0.0
    best = max(page.losers, key=lambda loser: loser.value_yuan)
    yuan = max(0.0, best.value_yuan - place.value_yuan)
    names = page.outcome_names
    n = names.index("watch") if "watch" in names else -1
    seconds = best.outcomes[n] - place.outcomes[n] if n >= 0 and best.outcomes and place.outcomes else 0.0
    return yuan, seconds if yuan > 0 else 0.0


def _told(promise: Promise) -> Told:
    return Told(person=promise.maker, kind="contract", subject=promise.video, video=promise.video)


def closed(promise: Promise, video: Video | None, now_ms: int) -> Promise:
    """The promise with its end drawn, where it is over: met, missed, or stopped because the video is not shown."""
    if promise.state != RUNNING:
        return promise
    is_met = promise.delivered >= promise.promised
    # What is an item without a video, such as one put through the API, is shown as long as the core shows it.
    if video is not None and video.state not in SHOWN:
        cause = "limited" if video.state == "review" else "removed"
        if not is_met:
            return msgspec.structs.replace(promise, state=STOPPED, stopped_by=cause)
    if now_ms < promise.ends_ms:
        return promise
    if is_met:
        return msgspec.structs.replace(promise, state=MET)
    return msgspec.structs.replace(promise, state=MISSED, stopped_by=_cause(promise, video))


def _cause(promise: Promise, video: Video | None) -> str:
    if video is not None and video.state == "limited":
        return "limited"
    # Each kept place cost more than the video brought: it was foreseen to be worth little to those it met.
    return "low-value" if promise.paid and promise.spent_yuan > promise.value_yuan else "few"


_SAID = {
    "en": {
        "delivered": "Shown {delivered} times of {promised} promised.",
        "where": "Where: {surface}; found by {source}.",
        "whom": "To {new} new viewers, {regular} regular ones and {follower} followers.",
        "markets": "By market: {market}.",
        "cost": "{paid} places were kept for it; they cost others {yuan:.2f} yuan and {minutes:.1f} minutes watched.",
        "limited": "It stopped because the video is shown to followers only or is under review.",
        "removed": "It stopped because the video was removed.",
        "few": "It was not met because too few matching people came by in the time.",
        "low-value": "It was not met because it was foreseen to be worth little to those who came by.",
    },
    "zh": {
        "delivered": "承诺 {promised} 次展示，已展示 {delivered} 次。",
        "where": "展示位置：{surface}；来源：{source}。",
        "whom": "其中新观众 {new} 次，老观众 {regular} 次，粉丝 {follower} 次。",
        "markets": "按市场：{market}。",
        "cost": "为它保留了 {paid} 个位置，代价为 {yuan:.2f} 元、{minutes:.1f} 分钟观看时长。",
        "limited": "已停止：视频仅对粉丝可见或正在审核。",
        "removed": "已停止：视频已被移除。",
        "few": "未达成：期间内匹配的观众太少。",
        "low-value": "未达成：预计对遇到的观众价值较低。",
    },
}


def receipt(promise: Promise, language: str) -> list[str]:
    """The receipt in sentences, English or Chinese."""
    words = _SAID["zh" if language.startswith("zh") else "en"]
    classes = promise.shown.get("class", {})
    listed = {name: _listed(promise.shown.get(name, {})) for name in ("surface", "source", "market")}
    lines = [words["delivered"].format(delivered=promise.delivered, promised=promise.promised)]
    if promise.delivered:
        lines.append(words["where"].format(**listed))
        lines.append(words["whom"].format(**{name: classes.get(name, 0) for name in ("new", "regular", "follower")}))
        lines.append(words["markets"].format(**listed))
        cost = {"paid": promise.paid, "yuan": promise.spent_yuan, "minutes": promise.spent_s / 60}
        lines.append(words["cost"].format(**cost))
    if promise.stopped_by:
        lines.append(words[promise.stopped_by])
    return lines


def groups(promise: Promise) -> dict[str, object]:
    """The receipt in numbers, by surface, source, class and market."""
    cost = {"paid": promise.paid, "spent_yuan": promise.spent_yuan, "spent_minutes": promise.spent_s / 60}
    stopped = {"stopped_by": promise.stopped_by} if promise.stopped_by else {}
    return {**cost, **stopped, **promise.shown}


def _listed(group: Mapping[str, int]) -> str:
    ranked = sorted(group.items(), key=lambda pair: (-pair[1], pair[0]))
    return ", ".join(f"{name} {n}" for name, n in ranked[:6]) or "–"


def _plain(promise: Promise, most_yuan: float) -> dict[str, object]:
    fields = ("promised", "delivered", "starts_ms", "ends_ms", "spent_yuan", "spent_s", "state", "stopped_by")
    # A promise that is over keeps the price it had, also where the owner has lowered the highest since.
    price_yuan = min(promise.price_yuan, most_yuan) if promise.state == RUNNING else promise.price_yuan
    prices = {"price_yuan": price_yuan, "price_most_yuan": most_yuan}
    return {**{name: getattr(promise, name) for name in fields}, **prices}


def _exposures(batch: Batch) -> Iterator[tuple[str, str, int, str, str]]:
    events = batch.events
    for person, item, outcome, time_ms, surface, page in zip(
        events.person, events.item, events.outcome, events.time_ms.tolist(), events.surface, events.page, strict=True
    ):
        if outcome == "exposure" and item:
            yield person, item, time_ms, surface, page
