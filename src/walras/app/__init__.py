"""The one place where implementations meet interfaces.

It gives an opened home folder (`open_log`, `world_of`, `open_engine`), a serving process and its starter, and what the
command line asks of them. It never decides anything about a page.
"""

from walras.app.building import choose_model, open_engine, open_log, world_of
from walras.app.doctor import examine
from walras.app.replaying import replay_page, replay_state
from walras.app.starting import serve

__all__ = ["choose_model", "examine", "open_engine", "open_log", "replay_page", "replay_state", "serve", "world_of"]
