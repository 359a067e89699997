"""Where people's requests enter: the core's routes, Gorse's routes, the screens, and files.

It gives one application over a running engine; every event, item and person comes in here and is checked once.
It decides nothing about a page and keeps nothing between two requests.
"""

from walras.doors.api import build_app
from walras.doors.engine import Scored, ServingEngine
from walras.doors.openapi import document

__all__ = ["Scored", "ServingEngine", "build_app", "document"]
