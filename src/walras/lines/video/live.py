"""What open pages are told at once: one look at the table a moment for all of them, in each serving process."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import msgspec
import sqlalchemy as sa

from walras.base.clock import DAY_MS
from walras.base.errors import TooOften, Unable
from walras.base.logs import room_log
from walras.lines import House
from walras.lines.video.tables import LiveRow
from walras.lines.video.turns import newest_turn

EVERY_S = 0.5
BEAT_S = 15.0
KEPT_MS = DAY_MS
# Pages of one person, and what one of them may miss before it is cut off and asks anew.
PAGES_MAX = 8
QUEUE_MAX = 200
_AT_ONCE = 1_000
_log = room_log("video")


class Heard(msgspec.Struct, frozen=True):
    """Something that was told."""

    turn: int
    person: str
    kind: str
    body: str


class Live:
    """The open pages of one serving process."""

    def __init__(self, house: House) -> None:
        """Nobody listens yet."""
        self._house = house
        self._database = house.world.database
        self._pages: dict[str, set[asyncio.Queue[Heard | None]]] = {}
        self._reading: asyncio.Task[None] | None = None
        self._turn = 0

    def refuse_many(self, person: str) -> None:
        """Refuse another page of a person, before its answer has begun.

        Raises:
            TooOften: she has too many pages open.
        """
        if len(self._pages.get(person, ())) >= PAGES_MAX:
            raise TooOften("too many open pages", field="live", value=PAGES_MAX, hint="Close one of them.")

    async def listen(self, person: str, after: int | None = None) -> AsyncIterator[bytes]:
        """What a person is told from now on, as server-sent events, until her page closes.

        Args:
            person: whose page it is.
            after: turn of the last event the page has seen; None where it has seen none.
        """
        queue: asyncio.Queue[Heard | None] = asyncio.Queue(QUEUE_MAX)
        if not self._pages:
            self._turn = await asyncio.to_thread(newest_turn, self._database)
        self._pages.setdefault(person, set()).add(queue)
        if self._reading is None or self._reading.done():
            self._reading = asyncio.create_task(self._read())
        try:
            yield b"retry: 2000\n\n"
            last = 0
            if after is not None:
                for heard in await asyncio.to_thread(self._missed, person, after):
                    last = heard.turn
                    yield _event(heard)
            while True:
                with contextlib.suppress(TimeoutError):
                    found = await asyncio.wait_for(queue.get(), BEAT_S)
                    if found is None:
                        return
                    if found.turn > last:
                        yield _event(found)
                    continue
                yield b": beat\n\n"
        finally:
            self._leave(person, queue)

    def sweep(self) -> None:
        """Forget what was told longer ago than any page comes back after."""
        before_ms = self._house.clock.now_ms() - KEPT_MS
        with self._database.write() as connection:
            connection.execute(sa.delete(LiveRow).where(LiveRow.at_ms < before_ms))

    async def _read(self) -> None:
        while self._pages:
            try:
                for heard in await asyncio.to_thread(self._newer):
                    self._turn = heard.turn
                    for queue in list(self._pages.get(heard.person, ())):
                        self._give(queue, heard)
            except Unable as error:
                _log.warning("open pages are told nothing for now: %s", error)
            await asyncio.sleep(EVERY_S)

    def _newer(self) -> list[Heard]:
        return self._heard(LiveRow.turn > self._turn)

    def _missed(self, person: str, after: int) -> list[Heard]:
        return self._heard(sa.and_(LiveRow.person == person, LiveRow.turn > after))

    def _heard(self, condition: sa.ColumnElement[bool]) -> list[Heard]:
        query = sa.select(LiveRow.turn, LiveRow.person, LiveRow.kind, LiveRow.body).where(condition)
        with self._database.read() as connection:
            return [Heard(*row) for row in connection.execute(query.order_by(LiveRow.turn).limit(_AT_ONCE))]

    @staticmethod
    def _give(queue: asyncio.Queue[Heard | None], heard: Heard) -> None:
        if queue.full():
            # A page that does not read is let go; it comes back with its last turn and is told what it missed.
            while not queue.empty():
                queue.get_nowait()
            queue.put_nowait(None)
            return
        queue.put_nowait(heard)

    def _leave(self, person: str, queue: asyncio.Queue[Heard | None]) -> None:
        self._pages.get(person, set()).discard(queue)
        if not self._pages.get(person):
            self._pages.pop(person, None)


def _event(heard: Heard) -> bytes:
    return f"id: {heard.turn}\nevent: {heard.kind}\ndata: {heard.body}\n\n".encode()
