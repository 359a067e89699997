"""Cards: videos as the app shows them to one person, joined from a few questions whatever their number."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

import msgspec

from walras.base.errors import Forbidden, NotFound
from walras.base.ids import PersonId
from walras.lines import House
from walras.lines.video.entities import SHOWN, Video
from walras.lines.video.items import script_language
from walras.lines.video.looking import COUNTED, Look, look
from walras.lines.video.namesakes import Namesakes, topic_language
from walras.lines.video.relations import Relations
from walras.lines.video.videos import Videos
from walras.schema import Page, Place
from walras.world import Account, hides

TRUST_MS = 5_000
_KEPT_MAX = 10_000

# The video whose sound an asset is, by asset.
Sounds: TypeAlias = Mapping[str, dict[str, str]]


class Maker(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody, as others see her. `id` is for events alone; nobody is found by it."""

    id: str
    handle: str
    name: str
    avatar: str
    followed: bool = False
    mutual: bool = False
    verified: bool = False
    mine: bool = False


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """A topic on a card."""

    id: str
    title: str
    language: str = ""  # of its script
    same: tuple[str, ...] = ()  # what it is called in other scripts


class CardCounts(msgspec.Struct, frozen=True, kw_only=True):
    """What a card counts."""

    views: int = 0
    likes: int = 0
    comments: int = 0
    shares: int = 0
    saves: int = 0


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """What the person herself has said of it."""

    liked: bool = False
    saved: bool = False


class Why(msgspec.Struct, frozen=True, kw_only=True):
    """Why it stands where it does, with the numbers the page was made with."""

    sentence: str
    source: str
    value_yuan: float
    propensity: float
    outcomes: dict[str, float]
    programme: Any = None


class Card(msgspec.Struct, frozen=True, kw_only=True):
    """One video for one person."""

    id: str
    place: int
    page: str
    maker: Maker
    title: str
    caption: str
    topics: tuple[Shown, ...]
    created_ms: int
    duration_s: float
    width: int
    height: int
    language: str
    hls: str
    mp4: str
    poster: str
    preview: str
    captions: str
    counts: CardCounts
    mine: Said
    why: Why | None
    commercial: bool = False
    link: Any = None
    music: dict[str, str] | None = None
    place_name: str | None = None
    state: str = "published"


class Cards:
    """Makes cards."""

    def __init__(self, house: House, videos: Videos, relations: Relations, namesakes: Namesakes) -> None:
        """Ask these tables."""
        self._namesakes = namesakes
        self._house = house
        self._videos = videos
        self._relations = relations
        self._known: dict[str, tuple[Account | None, int]] = {}

    def of_page(self, person: PersonId, page: Page, age: int = 150) -> list[Card]:
        """Cards of a page's places, those that she may see at this age; one that vanished leaves no gap."""
        videos = self._videos.get_many([place.item for place in page.places])
        found = [(videos[place.item], place) for place in page.places if place.item in videos]
        shown = [(video, place) for video, place in found if video.age_min <= age]
        return self._cards(person, [(video, place, page.id) for video, place in shown])

    def of(self, person: PersonId, videos: Sequence[Video]) -> list[Card]:
        """Cards of videos without a page, those that she may see."""
        return self._cards(person, [(video, None, "") for video in videos])

    def of_ids(self, person: PersonId, ids: Sequence[str]) -> list[Card]:
        """Cards of these videos in their order, those that exist and that she may see."""
        found = self._videos.get_many(ids)
        return self.of(person, [found[id] for id in ids if id in found])

    def of_own(self, maker: PersonId, videos: Sequence[Video]) -> list[Card]:
        """Cards of a maker's own videos, whatever their state."""
        return self._cards(maker, [(video, None, "") for video in videos], all_states=True)

    def one(self, person: PersonId, id: str) -> Card:
        """The card of one video.

        Raises:
            NotFound: there is none, or it is not to be seen.
            Forbidden: it is there, and only for a circle she is not in.
        """
        video = self.visible(person, id)
        card = self._cards(person, [(video, None, "")])
        if not card:
            raise NotFound("no such video", field="video", value=id)
        return card[0]

    def visible(self, person: PersonId, id: str) -> Video:
        """The video, if this person may see it.

        Raises:
            NotFound: there is none, it is not shown, or one of the two blocks the other.
            Forbidden: it is there, and only for a circle she is not in.
        """
        video = self._videos.get(id)
        if video.maker == person:
            return video
        if video.state not in SHOWN or video.audience == "me" or self._relations.is_blocked(person, video.maker):
            raise NotFound("no such video", field="video", value=id)
        if not self._in_circle(video, person, self._ties(person, [video.maker])):
            raise Forbidden("is for a smaller circle", field="video", value=id, hint="Follow its maker to see it.")
        return video

    def makers(self, person: PersonId, people: Sequence[str]) -> dict[str, Maker]:
        """These people as she sees them."""
        accounts = self._house.world.accounts.of_people(people)
        ties = self._ties(person, people)
        return {id: _maker(id, accounts.get(id), person, ties) for id in dict.fromkeys(people)}

    def _cards(
        self, person: PersonId, wanted: Sequence[tuple[Video, Place | None, str]], *, all_states: bool = False
    ) -> list[Card]:
        if not wanted:
            return []
        people = list(dict.fromkeys(video.maker for video, _, _ in wanted))
        topics = list(dict.fromkeys(topic for video, _, _ in wanted for topic in video.topics))
        found = look(self._house.world.database, person, [video.id for video, _, _ in wanted], people, topics)
        ties = (found.said, found.back)
        makers = {id: _maker(id, account, person, ties) for id, account in self._accounts(people).items()}
        hidden = self.hides_for(person)
        sounds = self._sounds({video.music for video, _, _ in wanted if video.music})
        return [
            _card(video, makers[video.maker], found, sounds, self._shown(video, found), (place, page))
            for video, place, page in wanted
            if all_states or (self._may_see(video, person, ties) and not _is_hidden(video, person, hidden))
        ]

    def _shown(self, video: Video, found: Look) -> tuple[Shown, ...]:
        return tuple(
            Shown(
                id=topic,
                title=found.titles.get(topic, topic),
                language=topic_language(topic),
                same=self._namesakes.of(topic),
            )
            for topic in video.topics
        )

    def hides_for(self, person: str) -> Callable[[str], bool]:
        """What says of a text whether it has a word this person does not want to see."""
        account = self._accounts([person])[person] if person else None
        return hides(account.settings.blocked_words if account is not None else ())

    def _sounds(self, assets: set[str]) -> Sounds:
        """Videos that everybody may see, by the assets whose sound others took."""
        found = {asset: self._videos.of_asset(asset) for asset in sorted(assets)}
        return {
            asset: {"title": video.title, "video": video.id}
            for asset, video in found.items()
            if video is not None and video.state == "published" and video.audience == "everyone"
        }

    def _accounts(self, people: Sequence[str]) -> dict[str, Account | None]:
        """Accounts of these people, up to five seconds old; the same makers are on many pages."""
        now_ms = self._house.clock.now_ms()
        missing = [id for id in people if not 0 <= now_ms - self._known.get(id, (None, -TRUST_MS))[1] < TRUST_MS]
        if missing:
            if len(self._known) >= _KEPT_MAX:
                self._known.clear()
            found = self._house.world.accounts.of_people(missing)
            self._known.update((id, (found.get(id), now_ms)) for id in missing)
        return {id: self._known.get(id, (None, 0))[0] for id in people}

    def _ties(self, person: str, people: Sequence[str]) -> "Ties":
        return self._relations.said(person, people), self._relations.said_to(person, people)

    def _may_see(self, video: Video, person: str, ties: "Ties") -> bool:
        if video.maker == person:
            return video.state != "removed"
        there, back = ties
        if "block" in there.get(video.maker, ()) or "block" in back.get(video.maker, ()):
            return False
        return video.state in SHOWN and self._in_circle(video, person, ties)

    @staticmethod
    def _in_circle(video: Video, person: str, ties: "Ties") -> bool:
        there, back = ties
        follows = "follow" in there.get(video.maker, ())
        match video.audience:
            case "everyone":
                return video.state != "limited" or follows or video.maker == person
            case "followers":
                return follows
            case "mutuals":
                return follows and "follow" in back.get(video.maker, ())
            case _:
                return False


# What she says of people and videos, and what people say of her.
Ties = tuple[Mapping[str, frozenset[str]], Mapping[str, frozenset[str]]]


def _maker(id: str, account: Account | None, person: str, ties: Ties) -> Maker:
    there, back = ties
    followed = "follow" in there.get(id, ())
    return Maker(
        id=id,
        handle=account.handle if account else "",
        name=account.name if account else "",
        avatar=account.avatar if account else "",
        followed=followed,
        mutual=followed and "follow" in back.get(id, ()),
        verified=bool(account and "verified" in account.roles),
        mine=id == person,
    )


def _card(
    video: Video,
    maker: Maker,
    found: Look,
    sounds: Sounds,
    topics: tuple[Shown, ...],
    where: tuple[Place | None, str],
) -> Card:
    media, said = video.media, found.said.get(video.id, frozenset())
    place, page = where
    return Card(
        id=video.id,
        place=place.place if place else -1,
        page=page,
        maker=maker,
        title=video.title,
        caption=video.caption,
        topics=topics,
        created_ms=video.published_ms or video.created_ms,
        duration_s=media.duration_s,
        width=media.width,
        height=media.height,
        language=video.language or script_language(video.title + video.caption),
        hls=media.hls,
        mp4=media.mp4,
        poster=media.poster,
        preview=media.preview,
        captions=media.captions,
        counts=_counts(video.id, found),
        mine=Said(liked="like" in said, saved="save" in said),
        why=_why(place),
        music=sounds.get(video.music),
        place_name=video.place or None,
        state=video.state,
    )


def _counts(video: str, found: Look) -> CardCounts:
    views, likes, shares, saves = (found.counts.get((video, what), 0) for what in COUNTED)
    comments = found.comments.get(video, 0)
    return CardCounts(views=views, likes=likes, comments=comments, shares=shares, saves=saves)


def _why(place: Place | None) -> Why | None:
    if place is None:
        return None
    return Why(
        sentence=place.reason,
        source=place.source,
        value_yuan=place.value_yuan,
        propensity=place.propensity,
        outcomes=place.outcomes,
        programme={"name": place.programme, "price_yuan": place.price_yuan} if place.programme else None,
    )


def _is_hidden(video: Video, person: str, hidden: Callable[[str], bool]) -> bool:
    """Whether a video has a word this person does not want to see; her own are always hers to see."""
    return video.maker != person and (hidden(video.title) or hidden(video.caption))
