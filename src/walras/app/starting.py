"""Starts the platform: prepares the home folder, starts the loops, serves, and ends everything in order."""

import os
import signal
import socket
import threading
import time
from pathlib import Path

import msgspec
import uvicorn
from rich.console import Console
from uvicorn.supervisors import Multiprocess

from walras.app.building import open_log, world_of
from walras.app.doctor import port_is_free
from walras.app.films import Town
from walras.app.keeping import Keeper
from walras.app.reading import Said, reading
from walras.app.seeding import WriteSample, fill_with_sample
from walras.base.errors import Corrupt, Invalid
from walras.base.settings import Settings
from walras.doors.pages import PAGE_SCOPES

# Behind a shutdown's signal, running requests have this long to end.
GRACE_S = 5


def serve(home: Path, settings: Settings, console: Console, write_sample: WriteSample, town: Town) -> None:
    """Serve until a signal comes.

    Args:
        home: where everything lies.
        settings: as chosen.
        console: for the address and the progress of a training.
        write_sample: writes the embedded default behaviour into a folder as files to import.
        town: draws the films of that sample.

    Raises:
        Invalid: the port is taken.
        Unavailable: the database does not answer.
        Corrupt: the state could not be made from the log; the log says what happened.
    """
    settings = _with_port(settings)
    Said(home).ended()
    key = _prepare(home, settings, console, write_sample)
    os.environ.update(_environment(home, settings))
    keeper = Keeper(home, settings, console, town)
    _leave_in_order()
    try:
        keeper.start()
        threading.Thread(target=_say_where, args=(settings, key, console), daemon=True).start()
        _run(settings)
    finally:
        keeper.stop()
        # The server was ended by a signal, as it is when a person ends it.
        if why := reading(home).failed:
            raise Corrupt(f"the state could not be made from the log: {why}", hint="`walras doctor` says more.")


def _leave_in_order() -> None:
    """Let a signal unwind this process, so that what it started is ended too.

    The server ends by raising the signal it got once more; left to itself, that would end us before our `finally`.
    """

    def leave(_number: int, _frame: object) -> None:
        raise SystemExit(0)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, leave)


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
        # Here and not inside the server, which would hear no signal while the state is being made.
        config.load()
        uvicorn.Server(config).run()
