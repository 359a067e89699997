"""What experiments set of a page: its sources, shares, gaps, allocator, worths and models.

Where nothing is set each of these gives back what it was given.
"""

from collections.abc import Mapping

import msgspec
import numpy as np

from walras.feed.engine import Engine, Models
from walras.feed.filled import Terms
from walras.market import Rules
from walras.schema import Floats, SourceShare, Surface
from walras.world import Value

_SOURCE, _WORTH = "feed.source.", "feed.worth."
_SHARES, _GAPS = ("explore_share", "fresh_share"), ("owner_gap", "topic_gap")
AS_BEFORE = -1.0
MODELS = {"sequence": "feed.model.sequence", "ranker": "feed.model.ranker"}


def asked_versions(values: Mapping[str, Value]) -> tuple[str, str]:
    """Versions of the sequence model and the ranker that values ask for; empty where they ask for none."""
    return str(values.get(MODELS["sequence"], "")), str(values.get(MODELS["ranker"], ""))


def models_of(engine: Engine, terms: Terms) -> Models:
    """What this page is made with; the active models while those asked for are not loaded, or where none is."""
    return engine.tried.get(asked_versions(terms.values), engine.models) if terms.values else engine.models


def surface_of(surface: Surface, terms: Terms) -> Surface:
    """The surface with what is set of it."""
    changed: dict[str, object] = {}
    for name in _SHARES:
        share = _number(terms, f"feed.{name}")
        # A surface that keeps no places, such as the followed ones, has no draws to change.
        if share != AS_BEFORE and getattr(surface, name) > 0:
            changed[name] = share
    changed.update({name: max(int(n), 1) for name in _GAPS if (n := _number(terms, f"feed.{name}")) != AS_BEFORE})
    sources = tuple(_asked(each, terms) for each in surface.sources)
    if sources != surface.sources:
        changed["sources"] = tuple(each for each in sources if each.count > 0)
    return msgspec.structs.replace(surface, **changed) if changed else surface


def rules_of(count: int, surface: Surface, terms: Terms) -> Rules:
    """The rules of the page by its allocator."""
    if terms.values.get("feed.allocator") == "by-value":
        return Rules(count)
    return Rules(count, surface.owner_gap, surface.topic_gap)


def worth_of(engine: Engine, models: Models, terms: Terms) -> Floats:
    """[H] worth of each predicted outcome on this page."""
    if not any(name.startswith(_WORTH) for name in terms.values):
        return models.worth_yuan
    names = [outcome.name for outcome in engine.registry.predicted]
    return models.worth_yuan * np.asarray([_number(terms, _WORTH + name, 1.0) for name in names], np.float64)


def _asked(share: SourceShare, terms: Terms) -> SourceShare:
    count = _number(terms, _SOURCE + share.source)
    return share if count == AS_BEFORE else SourceShare(share.source, int(count))


def _number(terms: Terms, name: str, default: float = AS_BEFORE) -> float:
    return float(terms.values.get(name, default))
