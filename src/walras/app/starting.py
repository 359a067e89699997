"""Starts the platform: prepares the home folder, starts the loops, serves, and ends everything in order."""

import os
import socket
import threading
import time
from pathlib import Path

import msgspec
import uvicorn
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn
from uvicorn.supervisors import Multiprocess

from walras.app.building import open_log, world_of
from walras.app.doctor import port_is_free
from walras.app.lines import house_of, open_lines, statics_of_lines
from walras.app.seeding import WriteSample, fill_with_sample
from walras.base.clock import elapsed_s
from walras.base.errors import Invalid
from walras.base.logs import room_log
from walras.base.settings import Settings
from walras.doors.pages import PAGE_SCOPES
from walras.lines import Tick
from walras.loops import LEAVING_EVERY_S, Leaving, MakingLoop, Ticking, TrainingLoop, read_status

TICK_S = 1.0
COMPACT_S = 60.0
# Behind a shutdown's signal, running requests have this long to end.
GRACE_S = 5
_log = room_log("app")


def serve(home: Path, settings: Settings, console: Console, write_sample: WriteSample) -> None:
    """Serve until a signal comes.

    Args:
        home: where everything lies.
        settings: as chosen.
        console: for the address and the progress of a training.
        write_sample: writes the embedded default behaviour into a folder as files to import.

    Raises:
        Invalid: the port is taken.
        Unavailable: the database does not answer.
    """
    settings = _with_port(settings)
    key = _prepare(home, settings, console, write_sample)
    os.environ.update(_environment(home, settings))
    keeper = Keeper(home, settings, console)
    keeper.start()
    threading.Thread(target=_say_where, args=(settings, key, console), daemon=True).start()
    try:
        _run(settings)
    finally:
        keeper.stop()


def _say_where(settings: Settings, key: str, console: Console) -> None:
    """Print the address once somebody answers there, so that whoever opens it is not turned away."""
    while port_is_free(settings.host, settings.port):
        time.sleep(0.1)
    url = f"http://{settings.host}:{settings.port}"
    console.print(f"\n  Walras is at  [bold green]{url}[/]\n  status        {url}/status", highlight=False)
    console.print(f"  API           {url}/openapi.json\n  key           {key}\n", highlight=False)


def _with_port(settings: Settings) -> Settings:
    """The settings with a port that is free.

    Raises:
        Invalid: the one that is set is taken.
    """
    if settings.port == 0:
        with socket.socket() as probe:
            probe.bind((settings.host, 0))
            return msgspec.structs.replace(settings, port=probe.getsockname()[1])
    if not port_is_free(settings.host, settings.port):
        raise Invalid(
            "is taken by another program",
            field="port",
            value=settings.port,
            hint="Set WALRAS_PORT to another port, or to 0 for any free one.",
        )
    return settings


def _prepare(home: Path, settings: Settings, console: Console, write_sample: WriteSample) -> str:
    """Bring the tables up to date, load the sample into an empty log, and give the development key."""
    with world_of(home, settings) as world:
        key = world.keys.ensure_development_key(home)
        # Made here, so that several serving processes find one and do not each make their own.
        world.keys.ensure_page_key(home, PAGE_SCOPES)
        with open_log(home, settings) as (log, registry, clock):
            if settings.sample and log.position() == 0:
                with console.status("Making a small town's worth of sample behaviour …"):
                    fill_with_sample(home, settings.seed, (log, registry, clock), write_sample)
            world.catch_up(log.read)
    return key


def _environment(home: Path, settings: Settings) -> dict[str, str]:
    """What the serving processes read: the home folder, and each setting as it was chosen here."""
    chosen = {f"WALRAS_{name.upper()}": _as_text(getattr(settings, name)) for name in settings.__struct_fields__}
    return {**chosen, "WALRAS_HOME": str(home)}


def _as_text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _run(settings: Settings) -> None:
    """Serve in this process, or in several that share the port."""
    config = uvicorn.Config(
        "walras.app.worker:worker_app",
        factory=True,
        host=settings.host,
        port=settings.port,
        workers=settings.workers,
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=GRACE_S,
        backlog=2048,
    )
    if settings.workers > 1:
        sock = config.bind_socket()
        Multiprocess(config, [sock]).run()
    else:
        uvicorn.Server(config).run()


class Keeper:
    """The loops of the whole platform, beside the serving processes: one thread, one training at a time."""

    def __init__(self, home: Path, settings: Settings, console: Console) -> None:
        """Nothing runs yet."""
        self._home, self._settings, self._console = home, settings, console
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

    def _run(self) -> None:
        columns = (
            TextColumn("  training {task.description:<24}"),
            BarColumn(),
            TextColumn("{task.percentage:>3.0f} %"),
        )
        with (
            open_log(self._home, self._settings) as (log, registry, clock),
            world_of(self._home, self._settings) as world,
            Progress(*columns, console=self._console, transient=True, disable=not self._console.is_terminal) as bar,
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
            making = MakingLoop(self._home, house.studio)
            opened = open_lines(house)
            leaving = Leaving(world, log, clock, [line.forget for line in opened if line.forget is not None])
            own = [Tick("accounts.leaving", LEAVING_EVERY_S, leaving.run)]
            ticking = Ticking([*own, *(tick for line in opened for tick in line.ticks)])
            task, compacted_s = bar.add_task("", total=100, visible=False), elapsed_s()
            while not self._stopped.wait(TICK_S):
                ticking.tick(elapsed_s())
                try:
                    making.tick()
                    if self._settings.train:
                        self._training.tick(log.position(), clock.now_ms())
                    if elapsed_s() - compacted_s > COMPACT_S:
                        compacted_s = elapsed_s()
                        log.compact(self._settings.compact_after_days)
                    status = read_status(self._home)
                    running = status.state == "running"
                    bar.update(task, description=status.stage[:24], completed=100 * status.done, visible=running)
                except Exception:
                    _log.exception("a loop failed")
            making.stop()
