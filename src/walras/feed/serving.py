"""What a serving process answers with: the engine, and every question that doors ask of it."""

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from walras.base.clock import Clock
from walras.base.errors import Unavailable
from walras.base.ids import ItemId, PageId, PersonId
from walras.base.settings import Settings
from walras.events import Log, Registry
from walras.features import State
from walras.feed import lists
from walras.feed.engine import Engine
from walras.feed.lists import Scored
from walras.feed.page import make_page
from walras.retrieval import similar
from walras.schema import Event, LedgerStatus, ModelStatus, Page, PageRecord, PageRequest, Status, TrainingStatus
from walras.world import World


@dataclass(slots=True)
class Serving:
    """One process's answers. `read_training` says how far a training is, since that is another process's affair."""

    engine: Engine
    home: Path
    started_ms: int
    read_training: Callable[[], TrainingStatus]
    read_ledger: Callable[[], LedgerStatus] = LedgerStatus

    @property
    def log(self) -> Log:
        """The only way in."""
        return self.engine.log

    @property
    def world(self) -> World:
        """What exists."""
        return self.engine.world

    @property
    def registry(self) -> Registry:
        """Known outcomes."""
        return self.engine.registry

    @property
    def clock(self) -> Clock:
        """What time it is."""
        return self.engine.clock

    @property
    def settings(self) -> Settings:
        """As this process was started."""
        return self.engine.settings

    @property
    def state(self) -> State:
        """What is known now."""
        return self.engine.state

    def catch_up(self) -> None:
        """Read the log to its end, into the state and, where something was put or deleted, into the tables."""
        self.engine.catch_up()
        self.engine.project()

    def make_page(self, request: PageRequest) -> Page:
        """Fill a page and write its record."""
        return make_page(request, self.engine)

    def page_record(self, id: PageId) -> PageRecord | None:
        """A page's record, None where there is no such page."""
        return self.engine.page_record(id)

    def history(self, person: PersonId, count: int) -> list[Event]:
        """A person's newest events, newest first."""
        return self.engine.history(person, count)

    def similar(self, item: ItemId, count: int) -> Scored:
        """Items like this one, best first; empty where the item is not known."""
        self.engine.catch_up()
        row = self.state.item_row.get(item, 0)
        text = self.engine.models.text
        found = similar(self.state, row, count, text, self.engine.models.vectors) if row else None
        if found is None:
            return []
        names = self.state.item_row.names
        return [
            (ItemId(names[near]), score) for near, score in zip(found.row.tolist(), found.score.tolist(), strict=True)
        ]

    def recommend(self, person: PersonId, count: int, topic: str = "") -> Scored:
        """Items for a person, best first, without a page's record."""
        return lists.recommend(self.engine, person, count, topic)

    def session(self, items: Sequence[ItemId], count: int, topic: str = "") -> Scored:
        """Items for somebody of whom only these choices are known, the newest first."""
        return lists.session(self.engine, items, count, topic)

    def popular(self, count: int, topic: str = "") -> Scored:
        """What is chosen most now, best first."""
        return lists.popular(self.engine, count, topic)

    def latest(self, count: int, topic: str = "") -> Scored:
        """The newest items; the score is the second they were made."""
        return lists.latest(self.engine, count, topic)

    def status(self) -> Status:
        """How the platform is, as this process sees it."""
        engine, now_ms, warnings = self.engine, self.clock.now_ms(), []
        free = shutil.disk_usage(self.home).free
        if free < 2_000_000 * self.settings.disk_free_mb_min:
            warnings.append(f"Only {free // 1_000_000} MB of disk are free.")
        try:
            models = tuple(self._models())
        except Unavailable as error:
            models = ()
            warnings.append(str(error))
        books = self.read_ledger()
        if books.off:
            warnings.append(f"The books do not add up to 0: they are off by {books.off} fen.")
        if books.refused:
            warnings.append(f"{books.refused} entries were refused by the ledger: walras ledger refusals.")
        return Status(
            started_ms=self.started_ms,
            now_ms=now_ms,
            people=len(self.state.person_row.names) - 1,
            items=self.state.catalogue.live,
            events=self.state.events,
            events_per_s=engine.meter.events_per_s(now_ms),
            pages_per_s=engine.meter.pages_per_s(now_ms),
            latency_ms=engine.meter.latency_ms(),
            sources=engine.meter.shares(),
            models=models,
            training=self.read_training(),
            position=self.state.position,
            segments=sum(1 for _ in (self.home / "log" / "cold").glob("*/*.parquet")),
            log_bytes=sum(path.stat().st_size for path in (self.home / "log").rglob("*") if path.is_file()),
            disk_free_bytes=free,
            processes=self.settings.workers,
            ledger=books,
            warnings=tuple(warnings),
        )

    def _models(self) -> list[ModelStatus]:
        serving = set(self.engine.models.versions.values())
        return [
            ModelStatus(
                kind=model.manifest.kind,
                version=model.version,
                state="serving" if model.version in serving else str(model.state),
                metrics=model.manifest.metrics,
                created_ms=model.manifest.created_ms,
            )
            for model in self.world.models.list()[:20]
        ]
