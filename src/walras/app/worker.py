"""One serving process."""

import gc
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from walras.app.bookkeeping import booked_money, books_of
from walras.app.building import (
    FEATURES,
    Moved,
    TextSwap,
    bare_models,
    chosen_text,
    keep_state,
    load_tried,
    models_loader,
    restore_state,
    settled,
)
from walras.app.lines import found_lines, house_of, ledger_of, open_lines, registry_of_lines, statics_of_lines
from walras.app.reading import Said
from walras.app.rising import Rising, Stopped
from walras.base import settings as settings_of
from walras.base.clock import clock_of
from walras.base.logs import set_up
from walras.base.settings import Settings
from walras.doors.accounts import account_routes
from walras.doors.api import build_app
from walras.doors.console import DESKS, console_routes
from walras.doors.pages import PAGE_SCOPES, page_routes
from walras.doors.reference import STATIC_FOLDERS
from walras.doors.shell import shell_routes
from walras.events import SqliteLog
from walras.features import State
from walras.feed import Engine, Models, Serving
from walras.insight import FairnessReader
from walras.insight.experiments import Money, Report, read_report, worth_now
from walras.loops import LedgerWatch, Upkeep, read_status
from walras.web.consoles import Known
from walras.world import TrialStatus, World, open_world

# A log this long may take more than a second or two to read, so the port is opened first and says how far it is.
RISING_ROWS = 100_000


def serving_of(home: Path, settings: Settings) -> Serving:
    """What one process answers with; its files stay open until the process ends."""
    log, world = _opened(home, settings)
    state = restore_state(home, log, log.registry, chosen_text(world))
    return _serving(home, settings, log, world, state)


def _opened(home: Path, settings: Settings) -> tuple[SqliteLog, World]:
    log = SqliteLog(home / "log", registry_of_lines(), clock_of(settings.sandbox_clock), settings.disk_free_mb_min)
    return log, open_world(home, settings, features=FEATURES)


def _serving(home: Path, settings: Settings, log: SqliteLog, world: World, state: State) -> Serving:
    clock = clock_of(settings.sandbox_clock)
    engine = Engine(log, world, state, bare_models(state, world, clock.now_ms()), clock, settings)
    return Serving(engine, home, clock.now_ms(), lambda: read_status(home))


def _die_with_parent() -> None:
    """Where this is one of several processes, end when the one that started them is gone, however it went."""
    parent = multiprocessing.parent_process()
    if parent is None:
        return

    def watch() -> None:
        parent.join()
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, name="parent", daemon=True).start()


def worker_app() -> Any:
    """The application of one serving process; uvicorn calls it in each."""
    home = settings_of.home_folder()
    settings = settings_of.load(home)
    set_up(settings.log_level, settings.log_json)
    _die_with_parent()
    log, world = _opened(home, settings)
    if log.position() < RISING_ROWS:
        state = restore_state(home, log, log.registry, chosen_text(world))
        return _app(home, settings, _serving(home, settings, log, world, state))
    text, made = chosen_text(world), list[State]()

    def read(moved: Moved) -> None:
        said = Said(home)

        def both(done: int, total: int) -> None:
            said.moved(done, total)
            moved(done, total)

        try:
            made.append(restore_state(home, log, log.registry, text, both))
        except Stopped:
            said.ended()
            raise
        except Exception as error:
            said.failed(repr(error))
            raise
        said.ended()

    return Rising(read, lambda: _app(home, settings, _serving(home, settings, log, world, made[0])))


def _app(home: Path, settings: Settings, serving: Serving) -> Any:
    """The application over what it answers with."""
    fairness = FairnessReader(serving.log.read, serving.clock.now_ms)
    loader, texts = models_loader(home, serving.engine), TextSwap(serving.engine)

    def load(versions: Mapping[str, str]) -> Models | None:
        return settled(loader(versions), serving.engine.models.text)

    tried = partial(load_tried, serving.engine)
    ledger = ledger_of(serving.world.database, settings, serving.clock)
    watched = LedgerWatch(ledger, serving.clock)
    serving.read_ledger = watched.status

    def read_reports() -> None:
        fairness.read_on()
        watched.look()

    upkeep = Upkeep(serving.engine, load, texts.prepare, read_reports, tried)

    async def stop() -> None:
        await upkeep.stop()
        keep_state(home, serving.state)
        serving.log.close()
        serving.world.close()

    page_secret = serving.world.keys.ensure_page_key(home, PAGE_SCOPES) if settings.open_access else ""
    files = statics_of_lines(*STATIC_FOLDERS)
    house = house_of(
        home,
        settings,
        clock=serving.clock,
        registry=serving.registry,
        log=serving.log,
        world=serving.world,
        statics=files,
        pages=serving,
    )
    opened, lines = open_lines(house), found_lines()
    routes = [route for line in opened for route in line.routes]
    shell = shell_routes(
        files,
        [screen for line in lines for screen in line.screens],
        [style for line in lines for style in line.styles],
        [word for line in lines for word in line.words],
        {path: bring for parts in opened for path, bring in parts.brings.items()},
    )
    consoles = console_routes(serving, files)
    screens = [*shell, *account_routes(files), *page_routes(files, page_secret), *consoles]
    app = build_app(serving, [*screens, *routes], files)
    app.state.account_lines = {line.name: parts for line, parts in zip(lines, opened, strict=True)}
    app.state.consoles = Known(
        desks=(*DESKS, *(desk for line in lines for desk in line.desks)),
        gauges={
            **{name: of for parts in opened for name, of in parts.gauges.items()},
            "journal_entries": lambda: float(watched.status().entries),
            "books_off": lambda: float(watched.status().off),
        },
        counts=[count for parts in opened for count in parts.counts],
        fairness=fairness.report,
        trial_report=partial(_trial_report, serving, home, partial(booked_money, home, ledger, lines)),
        books=books_of(home, ledger, serving.world, serving.clock),
    )
    app.on_startup += [upkeep.start, _spare_the_collector]
    app.on_shutdown.append(stop)
    return app


def _trial_report(serving: Serving, home: Path, money: Callable[[], Money], status: TrialStatus) -> Report:
    now_ms = serving.clock.now_ms()
    yuan = worth_now(serving.registry, serving.world, now_ms)
    return read_report(home / "log", status, now_ms, yuan, money())


async def _spare_the_collector() -> None:
    """What was read at the start lives on: to look through it took a fifth of a second at 100,000 items."""
    gc.freeze()
