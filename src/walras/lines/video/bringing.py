"""Takes an item that came without media, such as one of the sample, as a video with the media made for it."""

from collections.abc import Sequence

from walras.base.ids import PersonId
from walras.lines.video.comments import Saying
from walras.lines.video.trade import Trade
from walras.lines.video.wishes import Wish
from walras.schema import Item
from walras.studio import AssetId


def bring_item(trade: Trade, item: Item, asset: AssetId, sayings: Sequence[tuple[PersonId, str]]) -> None:
    """Publish the item as its owner's video, under its own id; bringing it again changes nothing.

    Args:
        trade: the line.
        item: as it stands in the catalogue.
        asset: ready, and its owner's.
        sayings: who says what under it.
    """
    wish = Wish(title=item.title, caption=item.text, topics=item.topics, language=item.language)
    trade.publishing.bring(PersonId(item.owner), asset, wish, item.created_ms, id=item.id)
    for n, (person, text) in enumerate(sayings):
        trade.comments.say(person, item.id, Saying(id=f"{item.id}-{n}", text=text))
