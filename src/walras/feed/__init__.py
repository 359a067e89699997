"""Makes a page for any surface and writes its record.

It gives pages and plain lists, from features, retrieval, ranking and market, in that order: read `page.make_page`.
It never decides what a candidate is worth, and writes nothing but page records.
"""

from walras.feed.engine import Engine, Models, worth_of
from walras.feed.page import make_page
from walras.feed.replay import remake, same_page
from walras.feed.serving import Serving
from walras.feed.surfaces import SURFACES
from walras.feed.trying import asked_versions

__all__ = [
    "SURFACES",
    "Engine",
    "Models",
    "Serving",
    "asked_versions",
    "make_page",
    "remake",
    "same_page",
    "worth_of",
]
