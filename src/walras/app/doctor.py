"""Looks for what is wrong in a home folder and says how to mend it."""

import os
import shutil
import socket
import sqlite3
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from walras.app.building import open_log, world_of
from walras.base import settings as settings_of
from walras.base.errors import WalrasError
from walras.base.settings import Settings

Finding = dict[str, Any]


def examine(home: Path) -> list[Finding]:
    """Findings with `level` (good, warning, bad), `part` and `sentence`; the first bad setting ends the look."""
    try:
        home.mkdir(parents=True, exist_ok=True)
        settings = settings_of.load(home)
    except (WalrasError, OSError) as error:
        return [_finding("bad", "settings", str(error))]
    found = [_finding("good", "settings", f"Settings are sound; everything lies in {home}.")]
    for part, look in _LOOKS.items():
        try:
            found.extend(_finding(level, part, sentence) for level, sentence in look(home, settings))
        except (WalrasError, OSError, sqlite3.Error) as error:
            found.append(_finding("bad", part, str(error)))
    return found


def _finding(level: str, part: str, sentence: str) -> Finding:
    return {"level": level, "part": part, "sentence": sentence}


def port_is_free(host: str, port: int) -> bool:
    """Whether nothing listens there."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def _folder(home: Path, settings: Settings) -> Iterator[tuple[str, str]]:
    if not os.access(home, os.W_OK):
        yield "bad", f"{home} cannot be written. Give this user the right, or set WALRAS_HOME to another folder."
        return
    free_mb = shutil.disk_usage(home).free // 1_000_000
    if free_mb < settings.disk_free_mb_min:
        yield (
            "bad",
            f"{free_mb} MB of disk are free; below {settings.disk_free_mb_min} MB events are refused. Make room.",
        )
    elif free_mb < 5 * settings.disk_free_mb_min:
        yield "warning", f"Only {free_mb} MB of disk are free."
    else:
        yield "good", f"{free_mb} MB of disk are free."


def _port(home: Path, settings: Settings) -> Iterator[tuple[str, str]]:
    if settings.port and not port_is_free(settings.host, settings.port):
        yield (
            "warning",
            f"Port {settings.port} of {settings.host} is taken: by a running Walras, or by another program. "
            "Set WALRAS_PORT to another, or 0 for a free one.",
        )
    else:
        yield "good", f"Port {settings.port} of {settings.host} is free."


def _database(home: Path, settings: Settings) -> Iterator[tuple[str, str]]:
    with world_of(home, settings) as world:
        world.ping()
        where = "PostgreSQL" if settings.database_url else "SQLite"
        yield "good", f"Tables in {where} answer: {world.items.count()} items, {world.people.count()} people."


def _log(home: Path, settings: Settings) -> Iterator[tuple[str, str]]:
    with open_log(home, settings) as (log, _registry, _clock):
        position = log.position()
    yield "good" if position else "warning", f"The log holds {position} rows." + ("" if position else " Import some.")


def _models(home: Path, settings: Settings) -> Iterator[tuple[str, str]]:
    with world_of(home, settings) as world:
        for kind in ("sequence", "ranker"):
            model = world.models.whole(kind)
            if model is None:
                yield (
                    "warning",
                    f"No {kind} model serves yet. `walras train` makes one; until then pages rest on counts.",
                )
            else:
                yield "good", f"The {kind} model {model.version} is whole."


def _media(home: Path, settings: Settings) -> Iterator[tuple[str, str]]:
    missing = [program for program in ("ffmpeg", "ffprobe", "prlimit") if shutil.which(program) is None]
    if missing:
        yield (
            "warning",
            f"No upload can become a video: {', '.join(missing)} is missing. Install ffmpeg and util-linux.",
        )
    else:
        yield "good", "Uploads can become videos."
    if settings.understand_safety == "nudenet" and find_spec("nudenet") is None:
        yield (
            "warning",
            "Every upload waits for a person's review: nudenet is chosen and not installed. Install it (its licence "
            "file says AGPL 3), or set understand_safety to embedded.",
        )


_LOOKS: dict[str, Callable[[Path, Settings], Iterator[tuple[str, str]]]] = {
    "folder": _folder,
    "port": _port,
    "database": _database,
    "log": _log,
    "models": _models,
    "media": _media,
}
