"""Brings the log into ties and counts: rows and position in one transaction, so each event counts exactly once.

Several processes may do it at once: the position's row is held while one writes, and the others go on behind it.
"""

import sys
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

import sqlalchemy as sa

from walras.base import limits
from walras.base.clock import DAY_MS
from walras.base.logs import room_log
from walras.lines import House
from walras.lines.video.adding import add
from walras.lines.video.counting import (
    OF_VIDEO,
    DayKey,
    Found,
    Known,
    TieKey,
    Word,
    found_in,
    likes_of_makers,
    retractions,
    touched_items,
    turned,
)
from walras.lines.video.tables import TallyRow, TieRow, VideoDayRow, VideoRow
from walras.lines.video.turns import position_of, write_position, written_position
from walras.schema import Batch, PageRecord
from walras.world import upsert

READ = "log"
_SILENT = "log counted anew"
ROWS = 20_000
_STRETCHES_A_TICK = 3
_IDS_PER_STATEMENT = 2_000
# The sources of a page's places are looked up once for all its exposures.
_PAGES_KEPT = 5_000
# A retraction's own words are found among a person's newest events, at first among few of them.
_NEWEST, _ALL = 200, 1_000_000
# What happened longer ago is nothing to tell anybody of now.
_NEWS_MS = DAY_MS
_log = room_log("video")

# Told, inside the transaction, of ties that hold now: (tie, instant); makers of the videos among them.
Tell = Callable[[sa.Connection, Sequence[tuple[TieKey, int]], Mapping[str, str]], None]


class Counts:
    """The projection of one process."""

    def __init__(self, house: House, tell: Tell | None = None) -> None:
        """Read this house's log.

        Args:
            house: its log, its tables, its clock.
            tell: told of new ties that are news; nobody is, where none is given.
        """
        self._house = house
        self._database = house.world.database
        self._tell = tell
        self._turn = threading.Lock()
        self._position = 0
        self._pages: OrderedDict[str, dict[str, str]] = OrderedDict()

    def catch_up(self) -> None:
        """Bring in what is new, for a request; a long backlog is left to `project_all`."""
        if self._house.log.read(self._position, 1) is None:
            return
        self._position = position_of(self._database, READ)
        if self._house.log.position() - self._position <= limits.COUNTED_BY_REQUEST_MAX:
            self.project_all()

    def project_some(self) -> int:
        """The same for a tick: a long backlog leaves turns to what else the clock does."""
        return self.project_all(_STRETCHES_A_TICK)

    def project_all(self, most: int = sys.maxsize) -> int:
        """Read the log to its end, or so many stretches of it; how many were read."""
        stretches = 0
        # One thread at a time: the others find their own events brought in when it is their turn.
        with self._turn:
            self._position = position_of(self._database, READ)
            while stretches < most and (batch := self._house.log.read(self._position, ROWS)) is not None:
                self.project(batch, self._position)
                stretches += 1
        return stretches

    def project(self, batch: Batch, after: int) -> None:
        """Bring one stretch in, all of it or nothing.

        Where another process has moved the position meanwhile, nothing is written and reading goes on from there.

        Args:
            batch: of the log.
            after: the position behind which it was read.
        """
        for page in batch.pages:
            self._keep_page(page)
        known = self._known(batch)
        found = found_in(batch.events, known)
        with self._database.write() as connection:
            position = written_position(connection, READ, hold=True)
            if position == after:
                begun = _write(connection, found, known.makers)
                # Who was told before everything was counted anew is not told again.
                is_news = batch.position > written_position(connection, _SILENT)
                if begun and self._tell is not None and is_news:
                    self._tell(connection, self._news(begun), known.makers)
                write_position(connection, READ, batch.position)
                position = batch.position
        self._position = position

    def rebuild(self) -> None:
        """Count everything anew from the log; nobody is told of it again. Other processes may go on meanwhile."""
        with self._turn, self._database.write() as connection:
            position = written_position(connection, READ, hold=True)
            for table in (TieRow, TallyRow, VideoDayRow):
                connection.execute(sa.delete(table))
            write_position(connection, _SILENT, position)
            write_position(connection, READ, 0)
            self._position = 0
        self.project_all()

    def _news(self, begun: Iterable[tuple[TieKey, int]]) -> list[tuple[TieKey, int]]:
        since_ms = self._house.clock.now_ms() - _NEWS_MS
        return [(key, at_ms) for key, at_ms in begun if at_ms >= since_ms]

    def _known(self, batch: Batch) -> Known:
        items = touched_items(batch.events)
        makers: dict[str, str] = {}
        duration_s: dict[str, float] = {}
        with self._database.read() as connection:
            for some in _stretches(sorted(items)):
                query = sa.select(VideoRow.id, VideoRow.maker, VideoRow.duration_ms).where(VideoRow.id.in_(some))
                for id, maker, duration_ms in connection.execute(query):
                    makers[id], duration_s[id] = maker, duration_ms / 1000
        owners = self._owners(batch, makers)
        taken_back = dict(self._retracted(batch, makers))
        return Known(
            makers=makers,
            duration_s=duration_s,
            owners=owners,
            sources=self._source,
            taken_back=lambda person, item, time_ms: taken_back.get((person, item, time_ms), frozenset(OF_VIDEO)),
        )

    def _owners(self, batch: Batch, makers: Mapping[str, str]) -> dict[str, str]:
        """Owners of items that are no videos, where an event about their owner does not name him."""
        events = batch.events
        nameless = {
            item
            for item, owner, outcome in zip(events.item, events.owner, events.outcome, strict=True)
            if outcome in ("follow", "unfollow", "block", "unblock") and item and not owner and item not in makers
        }
        found = self._house.world.items.get_many(sorted(nameless)) if nameless else {}
        return {id: item.owner for id, item in found.items()}

    def _retracted(
        self, batch: Batch, makers: Mapping[str, str]
    ) -> Iterator[tuple[tuple[str, str, int], frozenset[str]]]:
        """What each retraction about a video takes back: the kind in its context, else everything said of it."""
        for person, item, time_ms in set(retractions(batch.events)):
            if item not in makers:
                continue
            kinds: set[str] = set()
            for most in (_NEWEST, _ALL):
                said = self._house.log.history(person, most)
                own = [e for e in said if (e.outcome, e.item, e.time_ms) == ("retract", item, time_ms)]
                if own:
                    kinds = {e.context.get("of", "") for e in own}
                    break
            named = frozenset(kinds & set(OF_VIDEO))
            yield (person, item, time_ms), named or frozenset(OF_VIDEO)

    def _source(self, page_id: str, item: str) -> str:
        sources = self._pages.get(page_id)
        if sources is None:
            page = self._house.log.page(page_id)
            if page is None:
                return ""
            sources = self._keep_page(page)
        return sources.get(item, "")

    def _keep_page(self, page: PageRecord) -> dict[str, str]:
        sources = {place.item: place.source for place in page.places}
        self._pages[page.id] = sources  # type: ignore[assignment]
        while len(self._pages) > _PAGES_KEPT:
            self._pages.popitem(last=False)
        return sources  # type: ignore[return-value]


def _write(connection: sa.Connection, found: Found, makers: Mapping[str, str]) -> list[tuple[TieKey, int]]:
    """Write what a stretch changes; ties that hold now and did not before, with their instants."""
    written, counts, begun = turned(found.words, _ties_there(connection, found.words))
    rows = [
        {**key._asdict(), "holds": not word.taken_back, "at_ms": word.at_ms} for key, word in sorted(written.items())
    ]
    upsert(connection, TieRow, rows)
    tallies = found.tallies + counts if not any(n < 0 for n in counts.values()) else _added(found.tallies, counts)
    tallies = _added(tallies, likes_of_makers(counts, makers))
    add(
        connection,
        TallyRow,
        [{"subject": subject, "what": what, "n": n} for (subject, what), n in sorted(tallies.items()) if n],
    )
    add(connection, VideoDayRow, [_day_row(key, sums) for key, sums in sorted(found.days.items())])
    return [(key, written[key].at_ms) for key in begun]


def _added(one: Mapping[tuple[str, str], int], other: Mapping[tuple[str, str], int]) -> dict[tuple[str, str], int]:
    """Sums that may be negative, which adding two Counters would drop."""
    return {key: one.get(key, 0) + other.get(key, 0) for key in {*one, *other}}


def _ties_there(connection: sa.Connection, words: Mapping[TieKey, Word]) -> dict[TieKey, Word]:
    there: dict[TieKey, Word] = {}
    for some in _stretches(sorted({key.person for key in words})):
        query = sa.select(TieRow).where(TieRow.person.in_(some), TieRow.target.in_(_targets(words, set(some))))
        for row in connection.execute(query):
            key = TieKey(row.person, row.kind, row.target)
            if key in words:
                there[key] = Word(row.at_ms, not row.holds)
    return there


def _targets(words: Mapping[TieKey, Word], people: set[str]) -> list[str]:
    return sorted({key.target for key in words if key.person in people})


def _day_row(key: DayKey, sums: Sequence[int]) -> dict[str, object]:
    return {**key._asdict(), "exposures": sums[0], "views": sums[1], "watch_ms": sums[2]}


def _stretches(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(ids), _IDS_PER_STATEMENT):
        yield ids[start : start + _IDS_PER_STATEMENT]
