"""Draws the sample's films beside everything else and hands each to the line whose item it is."""

import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import numpy as np

from walras.base.errors import Conflict
from walras.base.ids import PersonId
from walras.base.logs import room_log
from walras.base.streams import stream
from walras.lines import House, Opened
from walras.schema import Item
from walras.studio import Asset, AssetId, Understood
from walras.world import Account

# An item of this kind waits for its film.
KIND = "film"
WIDTH, HEIGHT = 360, 640
_FOLDER = ".films"
_PAGE = 500
_log = room_log("app")


@dataclass(frozen=True, slots=True)
class Town:
    """What the town gives: films and what people say."""

    # Draws `video.mp4` and `poster.jpg` into a folder: (folder, subject, seconds, draws).
    draw: Callable[[Path, str, float, np.random.Generator], None]
    # What people say under a video: (language, draws).
    say: Callable[[str, np.random.Generator], list[str]]


class Films:
    """All films that wait, two at a time; `done` of `total` are there."""

    def __init__(self, house: House, lines: Sequence[Opened], town: Town, at_once: int = 2) -> None:
        """Nothing runs yet.

        Args:
            house: where they go.
            lines: the first that takes items gets them.
            town: draws them.
            at_once: how many are drawn side by side.
        """
        self._house, self._town, self._at_once = house, town, at_once
        self._bring = next((line.bring for line in lines if line.bring is not None), None)
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="films", daemon=True)
        self.done, self.total = 0, 0
        self.are_done = False

    def start(self) -> None:
        """Begin where films are wanted and somebody takes them."""
        if self._bring is not None:
            self._thread.start()
        else:
            self.are_done = True

    def stop(self) -> None:
        """End after the films that are being drawn; the next start goes on."""
        self._stopped.set()
        if self._thread.is_alive():
            self._thread.join(30)

    def _run(self) -> None:
        try:
            self._draw_all()
        except Exception:
            _log.exception("the sample's films could not be drawn; the next start tries again")
        self.are_done = True

    def _draw_all(self) -> None:
        waiting = list(self._waiting())
        if not waiting:
            return
        self.total = len(waiting)
        # By chance, so that the first minute shows every subject.
        order = stream(self._house.settings.seed, "films/order").permutation(len(waiting))
        people = self._speakers()
        folder = self._house.home / "media" / _FOLDER
        folder.mkdir(parents=True, exist_ok=True)
        running: dict[Future[None], Item] = {}
        with ThreadPoolExecutor(self._at_once, thread_name_prefix="film") as pool:
            for n in order.tolist():
                if self._stopped.is_set():
                    break
                running[pool.submit(self._one, waiting[n], folder, people)] = waiting[n]
                if len(running) >= 2 * self._at_once:
                    self._take(running)
            while running:
                self._take(running)
        _log.info("%s films of the sample are drawn", self.done)

    def _take(self, running: dict[Future[None], Item]) -> None:
        ready, _ = wait(running, return_when=FIRST_COMPLETED)
        for future in ready:
            item = running.pop(future)
            try:
                future.result()
            except OSError as error:
                _log.warning("the film of %s could not be drawn: %s", item.id, error)
            self.done += 1

    def _waiting(self) -> Iterator[Item]:
        cursor = ""
        while True:
            some = self._house.world.items.list(cursor, _PAGE)
            yield from (item for item in some.values if item.kind == KIND)
            cursor = some.cursor
            if not cursor:
                return

    def _one(self, item: Item, parent: Path, people: Sequence[PersonId]) -> None:
        draws = stream(self._house.settings.seed, f"films/{item.id}")
        subject = item.topics[0] if item.topics else ""
        owner = PersonId(item.owner)
        self._enter(owner, item.attributes.get("owner_name", item.owner), subject)
        with tempfile.TemporaryDirectory(dir=parent) as name:
            folder = Path(name)
            self._town.draw(folder, subject, item.duration_s, draws)
            files = {file: folder / file for file in ("video.mp4", "poster.jpg")}
            known = Asset(
                id=AssetId(item.id),
                owner=owner,
                name=item.title,
                width=WIDTH,
                height=HEIGHT,
                duration_s=item.duration_s,
                created_ms=item.created_ms,
                understood=Understood(language=item.language),
            )
            asset = self._house.studio.adopt(owner, files, known)
        said = self._town.say(item.language, draws)
        who = draws.permutation(len(people))[: len(said)].tolist()
        assert self._bring is not None
        self._bring(item, asset.id, [(people[n], text) for n, text in zip(who, said, strict=False)])

    def _speakers(self) -> list[PersonId]:
        """Some people of the sample, with accounts under which they say things."""
        speakers = []
        for n, person in enumerate(self._house.world.people.list("", 60).values):
            self._enter(person.id, person.attributes.get("name", person.id), "viewer", number=n)
            speakers.append(person.id)
        return speakers

    def _enter(self, person: PersonId, name: str, kind: str, number: int | None = None) -> None:
        """Give somebody of the sample an account that nobody can sign in to."""
        accounts = self._house.world.accounts
        if accounts.find(person) is not None:
            return
        for turn in count(1 if number is None else number + 1):
            handle = f"{kind.replace('-', '_') or 'maker'}_{turn:02d}"
            try:
                accounts.create(Account(person=person, handle=handle, name=name), password_hash="")
                return
            except Conflict as error:
                if error.field == "person":
                    return
