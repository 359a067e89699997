"""The keeper: the loops of the whole platform, in one process beside the serving ones."""

import threading
from functools import partial
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

from walras.app.bookkeeping import booked_money, bookkeeping
from walras.app.building import open_log, world_of
from walras.app.films import Films, Town
from walras.app.lines import found_lines, house_of, ledger_of, open_lines, statics_of_lines
from walras.app.reading import reading
from walras.base.clock import Clock, elapsed_s
from walras.base.logs import room_log
from walras.base.settings import Settings
from walras.events import SqliteLog
from walras.lines import Tick
from walras.loops import (
    LEAVING_EVERY_S,
    TRIALS_EVERY_S,
    Leaving,
    MakingLoop,
    Ticking,
    TrainingLoop,
    TrialsLoop,
    read_status,
)

TICK_S = 1.0
COMPACT_S = 60.0
_log = room_log("app")


class Keeper:
    """One thread for the loops, one training at a time, and the sample's films before the first training."""

    def __init__(self, home: Path, settings: Settings, console: Console, town: Town) -> None:
        """Nothing runs yet."""
        self._home, self._settings, self._console, self._town = home, settings, console, town
        self._training = TrainingLoop(home, settings.train_after_events)
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="keeper", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End, and end a running training; it goes on from its checkpoint next time."""
        self._stopped.set()
        self._training.stop()
        self._thread.join(10)
        # Its last turn may have started another.
        self._training.stop()

    def _run(self) -> None:
        with (
            open_log(self._home, self._settings) as (log, registry, clock),
            world_of(self._home, self._settings) as world,
            _progress(self._console) as bar,
        ):
            house = house_of(
                self._home,
                self._settings,
                clock=clock,
                registry=registry,
                log=log,
                world=world,
                statics=statics_of_lines(),
            )
            lines = open_lines(house)
            leaving = Leaving(world, log, clock, [line.forget for line in lines if line.forget is not None])
            ledger = ledger_of(world.database, self._settings, clock)
            money = partial(booked_money, self._home, ledger, found_lines())
            trials = TrialsLoop(world, log.folder, clock, registry, money)
            own = [
                Tick("accounts.leaving", LEAVING_EVERY_S, leaving.run),
                Tick("trials", TRIALS_EVERY_S, trials.run),
                Tick("compaction", COMPACT_S, lambda: log.compact(self._settings.compact_after_days)),
            ]
            own += bookkeeping(self._home, self._settings, clock, log, world, ledger, found_lines())
            ticking = Ticking([*own, *(tick for line in lines for tick in line.ticks)])
            making, films = MakingLoop(self._home, house.studio), Films(house, lines, self._town)
            films.start()
            shown = _Shown(bar)
            while not self._stopped.wait(TICK_S):
                ticking.tick(elapsed_s())
                self._turn(making, films, log, clock)
                shown.update(self._home, films)
            films.stop()
            making.stop()

    def _turn(self, making: MakingLoop, films: Films, log: SqliteLog, clock: Clock) -> None:
        try:
            making.tick()
            # Two films are drawn at once: a training beside them would make both late.
            if self._settings.train and films.are_done:
                self._training.tick(log.position(), clock.now_ms())
        except Exception:
            _log.exception("a loop failed")


def _progress(console: Console) -> Progress:
    columns = (TextColumn("  {task.description:<33}"), BarColumn(), TextColumn("{task.percentage:>3.0f} %"))
    return Progress(*columns, console=console, transient=True, disable=not console.is_terminal)


class _Shown:
    """What the terminal shows of long work."""

    def __init__(self, bar: Progress) -> None:
        """Three bars, hidden while nothing runs."""
        self._bar = bar
        self._reading = bar.add_task("reading the log", total=100, visible=False)
        self._films = bar.add_task("drawing films", total=100, visible=False)
        self._training = bar.add_task("", total=100, visible=False)

    def update(self, home: Path, films: Films) -> None:
        """Bring the bars up to date."""
        read = reading(home)
        self._bar.update(self._reading, completed=100 * read.done / max(read.total, 1), visible=read.total > 0)
        drawn = films.done / max(films.total, 1)
        self._bar.update(self._films, completed=100 * drawn, visible=not films.are_done)
        status = read_status(home)
        what = f"training {status.stage[:24]}"
        self._bar.update(
            self._training, description=what, completed=100 * status.done, visible=status.state == "running"
        )
