"""Finds the lines by listing their folder, and opens them in a house."""

import importlib
import pkgutil
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import walras.lines
from walras.base.clock import Clock
from walras.base.database import Database
from walras.base.settings import Settings
from walras.events import CORE, Log, Registry
from walras.ledger import Ledger
from walras.lines import House, Line, Opened
from walras.schema import Pages
from walras.studio import open_studio
from walras.web import Statics
from walras.web.statics import FOLDER
from walras.world import World


@cache
def found_lines() -> tuple[Line, ...]:
    """Every line, in the order of their names. A folder without a `LINE` is our own mistake and raises."""
    names = sorted(module.name for module in pkgutil.iter_modules(walras.lines.__path__) if module.ispkg)
    return tuple(importlib.import_module(f"walras.lines.{name}").LINE for name in names)


def registry_of_lines() -> Registry:
    """The core's outcomes and every line's."""
    return Registry((*CORE, *(outcome for line in found_lines() for outcome in line.outcomes)))


def statics_of_lines(*folders: Path) -> Statics:
    """Files of the kit, of these folders and of every line."""
    return Statics(FOLDER, *folders, *(line.static_folder for line in found_lines() if line.static_folder is not None))


def house_of(
    home: Path,
    settings: Settings,
    *,
    clock: Clock,
    registry: Registry,
    log: Log,
    world: World,
    statics: Statics,
    pages: Pages | None = None,
) -> House:
    """What lines are handed."""
    studio = open_studio(home, world.database, clock, settings)
    ledger = ledger_of(world.database, settings, clock)
    return House(home, settings, clock, registry, log, world, studio, statics, pages, ledger)


def open_lines(house: House) -> Sequence[Opened]:
    """Every line's parts over one house."""
    return [line.open(house) for line in found_lines()]


def ledger_of(database: Database, settings: Settings, clock: Clock) -> Ledger:
    """The ledger of a home folder's tables."""
    return Ledger(database, clock, settings.books_zone)
