"""One serving process."""

from pathlib import Path
from typing import Any

from walras.app.building import FEATURES, bare_models, keep_state, models_loader, restore_state
from walras.base import settings as settings_of
from walras.base.clock import SystemClock
from walras.base.logs import set_up
from walras.base.settings import Settings
from walras.doors.api import build_app
from walras.doors.pages import PAGE_SCOPES, page_routes
from walras.doors.reference import statics
from walras.events import Registry, SqliteLog
from walras.feed import Engine, Serving
from walras.loops import Upkeep, read_status
from walras.world import open_world


def serving_of(home: Path, settings: Settings) -> Serving:
    """What one process answers with; its files stay open until the process ends."""
    registry, clock = Registry(), SystemClock()
    log = SqliteLog(home / "log", registry, clock, settings.disk_free_mb_min)
    world = open_world(home, settings, features=FEATURES)
    state = restore_state(home, log, registry)
    engine = Engine(log, world, state, bare_models(state, world, clock.now_ms()), clock, settings)
    return Serving(engine, home, clock.now_ms(), lambda: read_status(home))


def worker_app() -> Any:
    """The application of one serving process; uvicorn calls it in each."""
    home = settings_of.home_folder()
    settings = settings_of.load(home)
    set_up(settings.log_level, settings.log_json)
    serving = serving_of(home, settings)
    upkeep = Upkeep(serving.engine, models_loader(home, serving.engine))

    async def stop() -> None:
        await upkeep.stop()
        keep_state(home, serving.state)
        serving.log.close()
        serving.world.close()

    page_secret = serving.world.keys.ensure_page_key(home, PAGE_SCOPES) if settings.open_access else ""
    app = build_app(serving, page_routes(statics(), page_secret))
    app.on_startup.append(upkeep.start)
    app.on_shutdown.append(stop)
    return app
