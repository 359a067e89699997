"""The line over both kinds of tables: a video's way to a card, what is said of it, and who is told."""

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from tests.lines.video.parlour import Parlour
from walras.lines.video.comments import Saying
from walras.world import Table


def test_the_migration_makes_exactly_the_tables_of_the_models(either: Parlour) -> None:
    with either.house.world.database.read() as connection:
        found = compare_metadata(MigrationContext.configure(connection), Table.metadata)
    own = [difference for difference in found if "video" in str(difference) or "comment" in str(difference)]
    assert own == []


def test_a_published_video_is_an_item_and_a_card(either: Parlour) -> None:
    ann, bob = either.person("ann"), either.person("bob")
    video = either.video(ann, title="Salt", caption="at dawn", topics=("Sea", "#sea", "salt"))
    item = either.house.world.items.get(video.id)
    assert (item.owner, item.kind, item.state, item.topics) == (ann, "video", "live", ("sea", "salt"))
    assert item.text == "at dawn\nGO\ncome and see"
    card = either.trade.cards.one(bob, video.id)
    assert (card.title, card.maker.handle, card.maker.followed, card.mine.liked) == ("Salt", "ann", False, False)


def test_a_like_and_a_follow_are_seen_at_once_and_told(either: Parlour) -> None:
    ann, bob = either.person("ann"), either.person("bob")
    video = either.video(ann)
    either.say(bob, "like", video.id)
    either.say(bob, "follow", owner=ann)
    either.trade.counts.catch_up()
    card = either.trade.cards.one(bob, video.id)
    assert (card.mine.liked, card.counts.likes, card.maker.followed) == (True, 1, True)
    kinds = [notice.kind for notice in either.trade.inbox.of(ann)[0]]
    assert sorted(kinds) == ["follow", "like", "published"] or sorted(kinds) == ["follow", "like"]


def test_a_comment_is_said_once_and_is_an_event(either: Parlour) -> None:
    ann, bob = either.person("ann"), either.person("bob")
    video = either.video(ann)
    one = either.trade.comments.say(bob, video.id, Saying(text=" good <b>one</b> @Ann ", id="own"))
    two = either.trade.comments.say(bob, video.id, Saying(text=" good <b>one</b> @Ann ", id="own"))
    assert one == two
    assert one.text == "good <b>one</b> @Ann"
    assert [event.outcome for event in either.house.log.history(bob, 10)] == ["comment"]
    assert either.trade.comments.counts([video.id]) == {video.id: 1}
    assert either.trade.inbox.of(ann)[0][0].kind == "mention"
