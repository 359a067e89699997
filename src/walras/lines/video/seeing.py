"""Who may see media: asked for every segment of every video, so what everybody may see is remembered for a moment."""

from typing import Any

from walras.base.errors import Forbidden, NotFound
from walras.base.ids import PersonId
from walras.lines.video.trade import Trade
from walras.studio import AssetId

# A video that was taken off is gone from here within this time; its page and its lists lose it at once.
TRUST_MS = 2_000
_KEPT_MAX = 5_000
# Whoever reviews must see what she decides about, also before anybody else may.
_LOOKING = frozenset({"reviewer", "operator"})


class MediaGate:
    """Lets everybody see what is published for everybody, and others what is theirs."""

    def __init__(self, trade: Trade) -> None:
        """Ask this trade."""
        self._trade = trade
        self._open: dict[str, tuple[bool, int]] = {}

    def may_see(self, asset: AssetId, request: Any) -> bool:
        """Whether whoever sends a request may see an asset."""
        if self._is_open(asset):
            return True
        visitor = request.app.state.people.find(request.scope)
        if visitor is not None and visitor.roles & _LOOKING:
            return True
        return visitor is not None and self.may_person_see(visitor.person, asset)

    def may_person_see(self, person: PersonId, asset: AssetId) -> bool:
        """Whether a person may see an asset: it is hers, or she may see its video."""
        video = self._trade.videos.of_asset(asset)
        try:
            if video is None:
                return self._trade.house.studio.asset(asset).owner == person
            return self._trade.cards.visible(person, video.id).asset == asset
        except (NotFound, Forbidden):
            return False

    def _is_open(self, asset: AssetId) -> bool:
        now_ms = self._trade.house.clock.now_ms()
        is_open, since_ms = self._open.get(asset, (False, -TRUST_MS))
        if 0 <= now_ms - since_ms < TRUST_MS:
            return is_open
        video = self._trade.videos.of_asset(asset)
        is_open = video is not None and video.state == "published" and video.audience == "everyone"
        if len(self._open) >= _KEPT_MAX:
            self._open.clear()
        self._open[asset] = is_open, now_ms
        return is_open
