"""Keeps a serving process up with the log, the tables and the models while nobody asks for a page."""

import asyncio
import contextlib
from collections.abc import Callable, Mapping

from walras.base.errors import WalrasError
from walras.base.logs import room_log
from walras.feed import Engine, Models

# Often enough that a page finds little to read, seldom enough to cost nothing.
CATCH_UP_S = 0.05
MODELS_S = 2.0
# A stretch of a report at a time, so that pages are asked for in between.
REPORTS_S = 0.1
EXPOSURES_S = 1.0
_log = room_log("loops")

# Given the versions that serve, loads the models that should; None where they are the same.
LoadModels = Callable[[Mapping[str, str]], Models | None]
# Loads the models that running trials try; None where they are the same.
LoadTried = Callable[[], Mapping[tuple[str, str], Models] | None]
# Reads all texts with the chosen model, on another thread; gives what lets it take over, None where it serves.
ReadTexts = Callable[[], Callable[[], None] | None]


class Upkeep:
    """Ticks on the server's own loop, so that the engine is used from one thread only."""

    def __init__(
        self,
        engine: Engine,
        load_models: LoadModels,
        read_texts: ReadTexts = lambda: None,
        read_reports: Callable[[], object] = lambda: None,
        load_tried: LoadTried = lambda: None,
    ) -> None:
        """Nothing runs yet.

        Args:
            engine: of this process.
            load_models: reads bundles; may take seconds and so runs on another thread.
            read_texts: the same for the text model.
            read_reports: brings reports a bounded stretch of the log further; from another thread too.
            load_tried: loads models that only some people's pages are made with; from another thread too.
        """
        self._engine = engine
        self._load_models = load_models
        self._read_texts = read_texts
        self._read_reports = read_reports
        self._load_tried = load_tried
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Begin ticking."""
        self._tasks = [
            asyncio.create_task(self._every(CATCH_UP_S, self._catch_up)),
            asyncio.create_task(self._every(MODELS_S, self._swap_models)),
            asyncio.create_task(self._every(MODELS_S, self._engine.read_terms)),
            asyncio.create_task(self._every(EXPOSURES_S, self._engine.write_exposures)),
            asyncio.create_task(self._every(REPORTS_S, lambda: asyncio.to_thread(self._read_reports))),
        ]

    async def stop(self) -> None:
        """End them all."""
        for task in self._tasks:
            task.cancel()
        for task in self._tasks:
            with contextlib.suppress(asyncio.CancelledError):
                await task

    async def _every(self, span_s: float, tick: Callable[[], "asyncio.Future[None] | object"]) -> None:
        """Tick for ever; what goes wrong once is logged and tried again, each kind of trouble said once."""
        said = ""
        while True:
            try:
                waited = tick()
                if asyncio.iscoroutine(waited):
                    await waited
                said = ""
            except WalrasError as error:
                if str(error) != said:
                    said = str(error)
                    _log.warning("%s", said)
            except Exception as error:
                if repr(error) != said:
                    said = repr(error)
                    _log.exception("a tick failed")
            await asyncio.sleep(span_s)

    def _catch_up(self) -> None:
        self._engine.catch_up()
        self._engine.project()

    async def _swap_models(self) -> None:
        take_over = await asyncio.to_thread(self._read_texts)
        if take_over is not None:
            take_over()
        versions = self._engine.models.versions
        loaded = await asyncio.to_thread(self._load_models, versions)
        if loaded is not None:
            self._engine.models = loaded
            _log.info("pages are now made with %s", ", ".join(sorted(loaded.versions.values())) or "no trained model")
        tried = await asyncio.to_thread(self._load_tried)
        if tried is not None:
            self._engine.tried = tried
