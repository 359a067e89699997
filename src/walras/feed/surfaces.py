"""Kinds of page, as values. Adding one is adding a line here."""

from walras.base.errors import Invalid, nearest
from walras.schema import SourceShare, Surface


def _asks(**counts: int) -> tuple[SourceShare, ...]:
    return tuple(SourceShare(name, count) for name, count in counts.items())


FEED = Surface(
    name="feed",
    # More than 500 in sum, since sources name some items twice and exclusions take others.
    sources=_asks(sequence=260, cooccurrence=160, followed=60, popular=160, fresh=80, text=100, explore=80),
)
FOLLOWING = Surface(name="following", sources=_asks(followed=300), owner_gap=2, explore_share=0.0, fresh_share=0.0)
MALL = Surface(
    name="mall",
    sources=_asks(sequence=260, cooccurrence=160, followed=60, popular=160, fresh=80, text=100, explore=80),
    kinds=("product", "deal"),
)
POPULAR = Surface(
    name="popular", sources=_asks(popular=500), owner_gap=1, topic_gap=1, explore_share=0.0, fresh_share=0.0
)

SURFACES: dict[str, Surface] = {s.name: s for s in (FEED, FOLLOWING, MALL, POPULAR)}


def surface_named(name: str) -> Surface:
    """The surface of this name.

    Raises:
        Invalid: there is none; with the nearest known name.
    """
    surface = SURFACES.get(name)
    if surface is None:
        raise Invalid("is no known surface", field="surface", value=name, hint=nearest(name, SURFACES))
    return surface
