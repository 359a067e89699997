"""Kinds of page, as values. Adding one is adding a line here."""

import msgspec

from walras.base.errors import Invalid, nearest
from walras.schema import SourceShare, Surface


def _asks(**counts: int) -> tuple[SourceShare, ...]:
    return tuple(SourceShare(name, count) for name, count in counts.items())


FEED = Surface(
    name="feed",
    # 570 in sum, so that some 500 are left where sources name the same and exclusions take others.
    sources=_asks(sequence=170, cooccurrence=95, followed=45, popular=105, fresh=45, text=65, explore=45),
)
# The app's full-screen feed: what can be played there.
VIDEO = msgspec.structs.replace(FEED, name="video", kinds=("video",))
FOLLOWING = Surface(name="following", sources=_asks(followed=300), owner_gap=2, explore_share=0.0, fresh_share=0.0)
MALL = Surface(
    name="mall",
    sources=_asks(sequence=170, cooccurrence=95, followed=45, popular=105, fresh=45, text=65, explore=45),
    kinds=("product", "deal"),
)
POPULAR = Surface(
    name="popular", sources=_asks(popular=500), owner_gap=1, topic_gap=1, explore_share=0.0, fresh_share=0.0
)

SURFACES: dict[str, Surface] = {s.name: s for s in (FEED, VIDEO, FOLLOWING, MALL, POPULAR)}


def surface_named(name: str) -> Surface:
    """The surface of this name.

    Raises:
        Invalid: there is none; with the nearest known name.
    """
    surface = SURFACES.get(name)
    if surface is None:
        raise Invalid("is no known surface", field="surface", value=name, hint=nearest(name, SURFACES))
    return surface
