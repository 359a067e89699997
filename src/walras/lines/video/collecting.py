"""Collections and short series: ordered lists of videos that somebody keeps."""

from typing import Annotated, Any, Literal

import msgspec
import sqlalchemy as sa
from msgspec import Meta

from walras.base import limits
from walras.base.errors import Conflict, NotFound, TooMuch
from walras.base.ids import id_fault, new_id
from walras.lines import House
from walras.lines.video.tables import CollectedRow, CollectionRow
from walras.lines.video.videos import Videos
from walras.lines.video.words import usable_text

_TITLE_MAX, _TEXT_MAX = 100, 1_000


class Listing(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What somebody says of a collection; what is left out stays."""

    title: str | None = None
    text: str | None = None
    kind: Literal["collection", "series"] | None = None
    public: bool | None = None
    videos: Annotated[tuple[str, ...], Meta(max_length=limits.COLLECTED_MAX)] | None = None  # all of them, in order


class Collection(msgspec.Struct, frozen=True, kw_only=True):
    """A collection; a series is watched in its order."""

    id: str
    owner: str
    kind: str
    title: str
    text: str
    public: bool
    created_ms: int
    videos: int = 0


class Collections:
    """Everybody's collections."""

    def __init__(self, house: House, videos: Videos) -> None:
        """Keep them in this house's tables."""
        self._house = house
        self._database = house.world.database
        self._videos = videos

    def create(self, owner: str, listing: Listing) -> Collection:
        """Begin a collection.

        Raises:
            Invalid: it has no title, or one that is too long.
            TooMuch: she has too many.
        """
        row = _fields(listing) | {"id": new_id("l", self._house.clock.now_ms()), "owner": owner}
        row.setdefault("text", "")
        row.setdefault("kind", "collection")
        row.setdefault("is_public", row["kind"] == "series")
        row["title"] = usable_text(listing.title or "", "title", _TITLE_MAX)
        row["created_ms"] = self._house.clock.now_ms()
        with self._database.write() as connection:
            mine = sa.select(sa.func.count()).select_from(CollectionRow).where(CollectionRow.owner == owner)
            if (connection.scalar(mine) or 0) >= limits.COLLECTIONS_MAX:
                raise TooMuch("too many collections", field="collections", value=limits.COLLECTIONS_MAX)
            connection.execute(sa.insert(CollectionRow).values(**row))
        return self.get(owner, str(row["id"]))

    def get(self, person: str, id: str) -> Collection:
        """A collection that this person may see.

        Raises:
            NotFound: there is none, or it is somebody else's own.
        """
        found = None
        if id_fault(id) is None:
            with self._database.read() as connection:
                found = connection.execute(_with_counts().where(CollectionRow.id == id)).first()
        if found is None or not (found.is_public or found.owner == person):
            raise NotFound("no such collection", field="collection", value=id)
        return _collection(found)

    def own(self, owner: str, id: str) -> Collection:
        """A person's own collection.

        Raises:
            NotFound: there is none, or it is somebody else's.
        """
        found = self.get(owner, id)
        if found.owner != owner:
            raise NotFound("no such collection", field="collection", value=id)
        return found

    def of(self, owner: str, *, public_only: bool = False) -> list[Collection]:
        """A person's collections, the newest first."""
        query = _with_counts().where(CollectionRow.owner == owner)
        query = query.where(CollectionRow.is_public == sa.true()) if public_only else query
        with self._database.read() as connection:
            return [_collection(row) for row in connection.execute(query.order_by(CollectionRow.id.desc()))]

    def change(self, owner: str, id: str, listing: Listing) -> Collection:
        """Change what is said of a collection, or the order of its videos.

        Raises:
            NotFound: it is not hers.
            Invalid: a text is empty or too long.
        """
        self.own(owner, id)
        fields = _fields(listing)
        if listing.title is not None:
            fields["title"] = usable_text(listing.title, "title", _TITLE_MAX)
        with self._database.write() as connection:
            if fields:
                connection.execute(sa.update(CollectionRow).where(CollectionRow.id == id).values(**fields))
            if listing.videos is not None:
                self._arrange(connection, id, list(dict.fromkeys(listing.videos)))
        return self.get(owner, id)

    def remove(self, owner: str, id: str) -> None:
        """Take a collection away; its videos stay."""
        self.own(owner, id)
        with self._database.write() as connection:
            connection.execute(sa.delete(CollectedRow).where(CollectedRow.collection == id))
            connection.execute(sa.delete(CollectionRow).where(CollectionRow.id == id))

    def put(self, owner: str, id: str, video: str) -> None:
        """Put a video at the end of a collection; it stands there once.

        Raises:
            NotFound: the collection is not hers, or there is no such video.
            Conflict: a series holds its maker's own videos alone.
            TooMuch: it is full.
        """
        found = self.own(owner, id)
        if self._videos.get(video).maker != owner and found.kind == "series":
            raise Conflict("a series holds one's own videos", field="video", value=video)
        with self._database.write() as connection:
            there = list(_videos_in(connection, id))
            if video in there:
                return
            if len(there) >= limits.COLLECTED_MAX:
                raise TooMuch("is full", field="collection", value=len(there))
            last = sa.select(sa.func.max(CollectedRow.rank)).where(CollectedRow.collection == id)
            rank = (connection.scalar(last) or 0) + 1
            connection.execute(sa.insert(CollectedRow).values(collection=id, video=video, rank=rank))

    def take(self, owner: str, id: str, video: str) -> None:
        """Take a video out of a collection."""
        self.own(owner, id)
        there = sa.and_(CollectedRow.collection == id, CollectedRow.video == video)
        with self._database.write() as connection:
            connection.execute(sa.delete(CollectedRow).where(there))

    def videos_in(self, id: str) -> list[str]:
        """Ids of a collection's videos, in its order."""
        with self._database.read() as connection:
            return list(_videos_in(connection, id))

    def next_episode(self, video: str) -> tuple[str, str]:
        """The series a video stands in and the video that comes after it there; empty where there is none."""
        query = (
            sa.select(CollectedRow.collection, CollectedRow.rank)
            .join(CollectionRow, CollectionRow.id == CollectedRow.collection)
            .where(CollectedRow.video == video, CollectionRow.kind == "series", CollectionRow.is_public == sa.true())
            .order_by(CollectedRow.collection)
        )
        with self._database.read() as connection:
            series = connection.execute(query).first()
            if series is None:
                return "", ""
            behind = sa.and_(CollectedRow.collection == series.collection, CollectedRow.rank > series.rank)
            after = sa.select(CollectedRow.video).where(behind).order_by(CollectedRow.rank).limit(1)
            return series.collection, connection.scalar(after) or ""

    def forget(self, owner: str) -> None:
        """Keep no collection of a person's."""
        for collection in self.of(owner):
            self.remove(owner, collection.id)

    @staticmethod
    def _arrange(connection: sa.Connection, id: str, order: list[str]) -> None:
        """Bring a collection's videos into an order; one that is not there is passed over, one not named stays last."""
        there = list(_videos_in(connection, id))
        kept = [video for video in order if video in set(there)]
        kept += [video for video in there if video not in set(kept)]
        for rank, video in enumerate(kept, 1):
            own = sa.and_(CollectedRow.collection == id, CollectedRow.video == video)
            connection.execute(sa.update(CollectedRow).where(own).values(rank=rank))


def _fields(listing: Listing) -> dict[str, object]:
    said: dict[str, object] = {}
    if listing.text is not None:
        said["text"] = usable_text(listing.text, "text", _TEXT_MAX) if listing.text.strip() else ""
    if listing.kind is not None:
        said["kind"] = listing.kind
    if listing.public is not None:
        said["is_public"] = listing.public
    return said


def _videos_in(connection: sa.Connection, id: str) -> sa.ScalarResult[str]:
    query = sa.select(CollectedRow.video).where(CollectedRow.collection == id)
    return connection.scalars(query.order_by(CollectedRow.rank, CollectedRow.video))


def _with_counts() -> sa.Select[Any]:
    count = sa.select(sa.func.count()).where(CollectedRow.collection == CollectionRow.id).correlate(CollectionRow)
    return sa.select(CollectionRow, count.scalar_subquery().label("videos"))


def _collection(row: sa.Row[Any]) -> Collection:
    return Collection(
        id=row.id,
        owner=row.owner,
        kind=row.kind,
        title=row.title,
        text=row.text,
        public=row.is_public,
        created_ms=row.created_ms,
        videos=row.videos,
    )
