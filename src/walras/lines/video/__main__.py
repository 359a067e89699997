"""`python -m walras.lines.video recount`: drops every tie and count and reads them anew from the log."""

import sys
from pathlib import Path

from walras.base.clock import SystemClock, elapsed_s
from walras.base.settings import Settings, home_folder, load
from walras.events import Registry, SqliteLog
from walras.lines import House
from walras.lines.video.projecting import Counts
from walras.studio import open_studio
from walras.web import Statics
from walras.world import open_world


def main(arguments: list[str]) -> int:
    """Count anew; says how long it took. A running server may go on meanwhile."""
    if arguments != ["recount"]:
        print(__doc__, file=sys.stderr)
        return 2
    home = home_folder()
    if not (home / "log").exists():
        print(f"there is no log in {home}; set WALRAS_HOME", file=sys.stderr)
        return 1
    started_s = elapsed_s()
    recount(home, load(home))
    print(f"counted anew in {elapsed_s() - started_s:.1f} s")
    return 0


def recount(home: Path, settings: Settings) -> None:
    """Count everything of a home folder anew from its log."""
    clock, registry = SystemClock(), Registry()
    world = open_world(home, settings, clock=clock)
    log = SqliteLog(home / "log", registry, clock)
    try:
        studio = open_studio(home, world.database, clock, settings)
        Counts(House(home, settings, clock, registry, log, world, studio, Statics())).rebuild()
    finally:
        log.close()
        world.close()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
