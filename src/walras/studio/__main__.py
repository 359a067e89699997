"""The process that makes media: `python -m walras.studio`. It ends when nothing was to be done for a minute."""

import signal
import sys
import threading

from walras.base import settings as settings_of
from walras.base.clock import clock_of
from walras.base.errors import WalrasError
from walras.base.logs import set_up
from walras.studio.studio import open_studio
from walras.studio.understanding import Understanding
from walras.studio.working import Worker
from walras.world import open_world


def main() -> int:
    """Work until there is nothing more to do, or until told to end."""
    home = settings_of.home_folder()
    settings = settings_of.load(home)
    set_up(settings.log_level, settings.log_json)
    stopped = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: stopped.set())
    world = open_world(home, settings)
    try:
        studio = open_studio(home, world.database, clock_of(settings.sandbox_clock), settings)
        understanding = Understanding(settings)
        workers = [Worker(studio, understanding) for _ in range(settings.studio_jobs)]
        threads = [threading.Thread(target=worker.run, args=(stopped,)) for worker in workers]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        world.close()
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except WalrasError as error:
        sys.exit(str(error))
