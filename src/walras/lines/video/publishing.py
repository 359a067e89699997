"""The way of a video from an upload to the pages: drafts, publishing, review, schedules, and the log told of each."""

from collections.abc import Iterable
from contextlib import suppress

import msgspec

from walras.base import limits
from walras.base.clock import DAY_MS
from walras.base.errors import Conflict, Invalid, NotFound, TooMuch
from walras.base.ids import PersonId, new_id
from walras.lines import House
from walras.lines.video.entities import Video, VideoId, moved, passed, with_asset
from walras.lines.video.inbox import Inbox, Told
from walras.lines.video.items import item_of
from walras.lines.video.relations import Relations
from walras.lines.video.review import Doubt, doubts_of
from walras.lines.video.turns import position_of, put_position, say_live
from walras.lines.video.verdicts import check_verdict, decided
from walras.lines.video.videos import Videos
from walras.lines.video.wishes import REMADE, Wish, edited, said
from walras.lines.video.words import sentence
from walras.schema import ItemPut
from walras.studio import Asset, AssetId, Making

_READ = "assets"
_AT_ONCE = 200
_FOLLOWERS_TOLD = 1_000
# In these nothing went wrong, so a maker is told of no cause.
QUIET = ("published", "draft")
# A maker whose work was taken off within this time is looked at by people.
STANDING_MS = 30 * DAY_MS


class Publishing:
    """Moves videos on; every move is in the table before the log hears of it, and is told again where it was not."""

    def __init__(self, house: House, inbox: Inbox) -> None:
        """Work in this house; makers are told through this inbox."""
        self._house = house
        self._inbox = inbox
        self.videos = Videos(house.world.database)

    # ------------------------------------------------------------ what a maker does

    def begin(self, maker: PersonId, asset: str) -> Video:
        """A draft of an upload; the same one when asked twice.

        Raises:
            NotFound: there is no such upload, or it is not hers.
            TooMuch: she has too many drafts.
        """
        found = self._own_asset(maker, asset)
        if self.videos.count(maker, "draft", "processing", "failed") >= limits.DRAFTS_MAX:
            raise TooMuch("too many drafts", field="asset", hint="Publish or delete some of them.")
        now_ms = self._house.clock.now_ms()
        draft = Video(
            id=VideoId(new_id("v", now_ms)), maker=maker, asset=AssetId(asset), created_ms=now_ms, changed_ms=now_ms
        )
        return self.videos.add(with_asset(draft, found, now_ms))

    def edit(self, maker: PersonId, id: str, wish: Wish) -> Video:
        """Change what a maker may change.

        Raises:
            NotFound: it is not hers.
            Invalid: a value is wrong.
            Conflict: it cannot be cut any more, or has no file to be made of anew. Nothing was changed then.
        """
        now_ms = self._house.clock.now_ms()
        given = said(wish, now_ms)
        video = self.videos.own(maker, id)
        if given.get("music"):
            given["music"] = self._sound(maker, str(given["music"]))
        if _differ(video, edited(video, given, now_ms)):
            # Asked before anything is written: the order itself comes after the row and would leave it half-done.
            self._house.studio.check_source(video.asset)
        before, after = self.videos.change(id, lambda video: edited(video, given, now_ms), who=maker, actor="maker")
        if _differ(before, after):
            self._order(after)
        self._tell(after)
        return after

    def publish(self, maker: PersonId, id: str) -> Video:
        """Ask for a video to be published; it goes through the making and the review first. Asking twice is harmless.

        Raises:
            NotFound: it is not hers.
            Conflict: it failed or was removed.
        """
        video = self.videos.own(maker, id)
        if video.wanted and video.state not in ("draft", "failed", "removed"):
            return video
        asset = self._house.studio.asset(video.asset)
        now_ms = self._house.clock.now_ms()

        def asked(video: Video) -> Video:
            if video.state == "removed":
                raise Conflict("is removed", field="state", value=video.state)
            if video.state == "draft":
                video = moved(msgspec.structs.replace(video, wanted=True), "processing", "maker", now_ms)
            return video

        self.videos.change(id, asked, who=maker, actor="maker")
        return self.follow(id, asset)

    def retry(self, maker: PersonId, id: str) -> Video:
        """Let a failed making begin again.

        Raises:
            NotFound: it is not hers.
            Conflict: it has not failed, or the file must be sent again.
        """
        video = self.videos.own(maker, id)
        if video.state != "failed":
            raise Conflict("has not failed", field="state", value=video.state)
        return self.follow(id, self._house.studio.retry(video.asset), who=maker)

    def remove(self, maker: PersonId, id: str) -> None:
        """Take a video away for good; its pages and lists lose it at once.

        Raises:
            NotFound: it is not hers.
        """
        video = self.videos.own(maker, id)
        if video.state == "removed":
            return
        now_ms = self._house.clock.now_ms()
        _, after = self.videos.change(
            id,
            lambda video: moved(video, "removed", "maker", now_ms, cause="cause.by-maker"),
            who=maker,
            actor="maker",
        )
        self._tell(after)

    def take_back(self, maker: PersonId, id: str) -> Video:
        """Make a scheduled video, or one that waits for its making, a draft again."""
        self.videos.own(maker, id)
        now_ms = self._house.clock.now_ms()

        def back(video: Video) -> Video:
            return moved(msgspec.structs.replace(video, wanted=False), "draft", "maker", now_ms)

        return self.videos.change(id, back, who=maker, actor="maker")[1]

    # ------------------------------------------------------------ what the clock does

    def follow(self, id: str, asset: Asset, who: str = "") -> Video:
        """Bring an asset's news to its video, and review it where it is ready."""
        now_ms = self._house.clock.now_ms()
        before, video = self.videos.change(id, lambda video: with_asset(video, asset, now_ms), who=who)
        if video.state == "review" and not video.cause:
            video = self._review(video, asset)
        self._tell(video, asset)
        self._announce(before, video)
        return video

    def follow_assets(self) -> int:
        """Bring everything new of the studio to the videos; safe to repeat. How many assets were read."""
        database, read = self._house.world.database, 0
        while changed := self._house.studio.changed(position_of(database, _READ), _AT_ONCE):
            for asset in changed:
                video = self.videos.of_asset(asset.id)
                if video is not None:
                    self.follow(video.id, asset)
            put_position(database, _READ, changed[-1].turn)
            read += len(changed)
        return read

    def release_due(self) -> int:
        """Publish what was scheduled for now or before; how many."""
        now_ms = self._house.clock.now_ms()
        due = self.videos.due(now_ms, _AT_ONCE)
        for video in due:
            self.release(video.id)
        return len(due)

    def release(self, id: str) -> Video:
        """Publish a scheduled video whose hour has come; where it has moved meanwhile nothing happens."""
        now_ms = self._house.clock.now_ms()

        def released(video: Video) -> Video:
            is_due = video.state == "scheduled" and video.publish_at_ms <= now_ms
            return moved(video, "published", "clock", now_ms) if is_due else video

        before, video = self.videos.change(id, released, actor="clock")
        self._tell(video)
        self._announce(before, video)
        return video

    def tell_untold(self) -> int:
        """Tell the log again where this process or another died between the table and the log; how many."""
        untold = self.videos.untold(_AT_ONCE)
        for video in untold:
            self._tell(video)
        return len(untold)

    # ------------------------------------------------------------ what a reviewer does

    def queue(self, cursor: str = "", n: int = limits.LIST_MAX) -> tuple[list[Video], str]:
        """Videos that wait for a person's decision, the oldest first, and where to go on."""
        return self.videos.in_state("review", cursor, n)

    def doubts(self, video: Video) -> tuple[Doubt, ...]:
        """What kept a video from passing by itself."""
        return doubts_of(video, self._house.studio.asset(video.asset), self.videos, self._standing(video.maker))

    def decide(self, id: str, verdict: str, reason: str, who: str) -> Video:
        """A reviewer's decision.

        Args:
            id: of the video.
            verdict: `pass`, `adult` (shown to grown-ups alone), `limit` (followers alone), `remove`, or `hold`.
            reason: in her own words; the maker reads it.
            who: the reviewer.

        Raises:
            NotFound: there is no such video.
            Conflict: the video is not where it can be decided so.
            Invalid: no such verdict, or a bad one without a reason.
        """
        check_verdict(verdict, reason)
        now_ms = self._house.clock.now_ms()
        before, after = self.videos.change(
            id, lambda video: decided(video, verdict, reason, now_ms), who=who, actor="reviewer"
        )
        self._tell(after)
        self._announce(before, after)
        return after

    # ------------------------------------------------------------ from code

    def bring(self, maker: PersonId, asset: str, wish: Wish, at_ms: int = 0, *, id: str = "") -> Video:
        """Publish a maker's video of an asset that is ready, without a request and without a review.

        Args:
            maker: whose it is.
            asset: an adopted or finished asset of hers.
            wish: its title and so on.
            at_ms: the instant at which it was published; 0 is now.
            id: its id; made where none is given. Bringing the same asset again changes nothing.
        """
        return self.bring_many([(maker, asset, wish, at_ms, id)])[0]

    def bring_many(self, brought: Iterable[tuple[PersonId, str, Wish, int, str]]) -> list[Video]:
        """The same for many, with one write to the log."""
        made = [self._made(maker, asset, wish, at_ms, id) for maker, asset, wish, at_ms, id in brought]
        self._tell_many([(video, self._house.studio.asset(video.asset)) for video in made])
        return made

    def _made(self, maker: PersonId, asset_id: str, wish: Wish, at_ms: int, id: str) -> Video:
        asset = self._own_asset(maker, asset_id)
        if asset.state != "ready":
            raise Conflict("is not ready", field="asset", value=asset.state)
        now_ms = at_ms or self._house.clock.now_ms()
        draft = Video(
            id=VideoId(id or new_id("v", now_ms)),
            maker=maker,
            asset=AssetId(asset_id),
            wanted=True,
            created_ms=now_ms,
            changed_ms=now_ms,
        )
        given = said(wish, self._house.clock.now_ms())
        there = self.videos.add(draft)

        def through(video: Video) -> Video:
            if video.state != "draft":
                return video
            video = edited(with_asset(video, asset, now_ms), given, now_ms)
            video = with_asset(moved(video, "processing", "maker", now_ms), asset, now_ms)
            return passed(video, "studio", now_ms, cause="cause.sample")

        return self.videos.change(there.id, through)[1]

    # ------------------------------------------------------------ inside

    def _own_asset(self, maker: str, id: str) -> Asset:
        asset = self._house.studio.asset(AssetId(id))
        if asset.owner != maker:
            raise NotFound("is no upload or video here", field="asset", value=id)
        return asset

    def _sound(self, maker: str, named: str) -> AssetId:
        """The asset whose sound a maker may lay under hers: her own, or that of a video everybody may see.

        Args:
            maker: who asks.
            named: a video's id, or an asset's.

        Raises:
            Invalid: there is none that she may take.
        """
        video = self.videos.get_many([named]).get(named) or self.videos.of_asset(named)
        if video is not None:
            is_open = video.state == "published" and video.audience == "everyone"
            if is_open or (video.maker == maker and video.state != "removed"):
                return video.asset
        else:
            with suppress(NotFound):
                return self._own_asset(maker, named).id
        raise Invalid("is no sound here", field="music", value=named, hint="Choose a video that everybody may see.")

    def _order(self, video: Video) -> None:
        start_s, end_s = video.cut
        making = Making(start_s=start_s, end_s=end_s, cover_s=video.cover_s, music=video.music)
        self.follow(video.id, self._house.studio.order(video.asset, making))

    def _review(self, video: Video, asset: Asset) -> Video:
        doubts = doubts_of(video, asset, self.videos, self._standing(video.maker))
        now_ms = self._house.clock.now_ms()

        def reviewed(video: Video) -> Video:
            if video.state != "review" or video.cause:
                return video
            if doubts:
                return msgspec.structs.replace(video, cause=f"review.{doubts[0].code}", fix="review.wait")
            return passed(video, "studio", now_ms, cause="review.by-measure")

        return self.videos.change(video.id, reviewed)[1]

    def _standing(self, maker: str) -> bool:
        account = self._house.world.accounts.find(maker)
        since_ms = self._house.clock.now_ms() - STANDING_MS
        return account is not None and account.state == "active" and not self.videos.reviewed_badly(maker, since_ms)

    def _announce(self, before: Video, after: Video) -> None:
        """Tell the maker's open pages how far her video is, and her inbox what became of it."""
        now_ms = self._house.clock.now_ms()
        if before == after:
            return
        with self._house.world.database.write() as connection:
            state = {"video": after.id, "asset": after.asset, "state": after.state, "progress": after.media.progress}
            body = {**state, **self._said_of(after), "asset_state": after.media.state}
            say_live(connection, [(after.maker, "upload", body)], now_ms)
            if before.state != after.state:
                self._inbox.tell_in(connection, self._news(before, after))

    def _said_of(self, video: Video) -> dict[str, str]:
        if video.state in QUIET:
            return {"cause": "", "fix": ""}
        account = self._house.world.accounts.find(video.maker)
        language = account.settings.language if account else ""
        return {"cause": sentence(video.cause, language), "fix": sentence(video.fix, language)}

    def _news(self, before: Video, after: Video) -> list[Told]:
        values = {"state": after.state, "cause": after.cause, "fix": after.fix, "reason": after.reason}
        about = Told(person=after.maker, kind="published", subject=f"{after.id} {after.state}", video=after.id)
        if after.state == "failed":
            return [msgspec.structs.replace(about, kind="failed", values=values)]
        if after.state in ("limited", "removed") or (after.state == "published" and before.published_ms):
            return [msgspec.structs.replace(about, kind="review", values=values)]
        if after.state != "published":
            return []
        return [about, *self._to_followers(after)]

    def _to_followers(self, video: Video) -> list[Told]:
        """The newest followers of a maker; those that are more find it in their feed."""
        if video.audience not in ("everyone", "followers"):
            return []
        followers, _ = Relations(self._house.world.database).people(video.maker, "followers", "", _FOLLOWERS_TOLD)
        return [
            Told(person=person, kind="new_video", subject=video.id, actor=video.maker, video=video.id)
            for person in followers
        ]

    def _tell(self, video: Video, asset: Asset | None = None) -> None:
        if video.published_ms:
            self._tell_many([(video, asset or self._house.studio.asset(video.asset))])

    def _tell_many(self, videos: list[tuple[Video, Asset]]) -> None:
        now_ms = self._house.clock.now_ms()
        self._house.log.append([ItemPut(item_of(video, asset), now_ms) for video, asset in videos])
        self._house.world.catch_up(self._house.log.read)
        for video, _ in videos:
            self.videos.told(video.id, video)


def _differ(before: Video, after: Video) -> bool:
    """Whether other media must be made for it."""
    return any(getattr(before, name) != getattr(after, name) for name in REMADE)
