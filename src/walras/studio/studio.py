"""The studio of a home folder: its files, its tables, and what may be asked of it."""

import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from walras.base.clock import Clock
from walras.base.errors import Conflict, Exhausted, NotFound
from walras.base.ids import PersonId, new_id
from walras.base.limits import BULK_MAX
from walras.base.settings import Settings
from walras.studio import jobs, shelf, uploads
from walras.studio.asset import Asset, AssetId, Making
from walras.world import Database

MEDIA_FOLDER = "media"


@dataclass(frozen=True, slots=True)
class Studio:
    """Where media lies and who knows of it."""

    folder: Path
    database: Database
    clock: Clock
    settings: Settings

    # ------------------------------------------------------------ uploads

    def begin_upload(self, person: PersonId, length: int, name: str = "") -> Asset:
        """Make an asset that waits for its bytes.

        Args:
            person: whose it is.
            length: bytes that will come.
            name: as the sender calls the file; only shown.

        Raises:
            Invalid: the length is 0.
            TooMuch: the file is too large.
            TooOften: she has too many files coming, or began too many.
            Exhausted: the disk is nearly full.
        """
        self._check_disk(length)
        return uploads.begin(self.database, self.folder, person, length, name, self.clock.now_ms())

    def receive(self, upload: AssetId, offset: int, pieces: Iterable[bytes]) -> Asset:
        """Take the next bytes of an upload; on the disk when it returns. The last ones let the making begin.

        Raises:
            NotFound: there is no such upload.
            WrongOffset: the offset is not where the file stands; it says where.
            Conflict: the upload is over, or another request is writing to it.
            TooMuch: more bytes than were announced.
            Exhausted: the disk is full; what was sure before stays so.
        """
        self._check_disk(0)
        return uploads.receive(self.database, self.folder, upload, offset, pieces, self.clock.now_ms())

    def upload_ends_ms(self, upload: AssetId) -> int:
        """When an upload that stopped coming is given up; 0 where it has come whole."""
        return uploads.ends_ms(self.database, upload)

    def expire(self) -> int:
        """Give up uploads that stopped coming; says how many."""
        return uploads.expire(self.database, self.folder, self.clock.now_ms())

    # ------------------------------------------------------------ assets

    def asset(self, id: AssetId) -> Asset:
        """The asset of this id.

        Raises:
            NotFound: there is none.
        """
        with self.database.read() as connection:
            return shelf.asset_of(connection, id)

    def assets(self, ids: Iterable[AssetId]) -> dict[AssetId, Asset]:
        """Those of these that exist."""
        return shelf.assets_of(self.database, ids)

    def changed(self, after: int, limit: int = BULK_MAX) -> Sequence[Asset]:
        """Assets that changed after this turn, each once as it stands now, in order of `turn`; ask again from the last.

        Args:
            after: `turn` of the last asset that was read; 0 for the start.
            limit: most of them.
        """
        return shelf.changed_after(self.database, after, limit)

    def owned(self, person: PersonId) -> Sequence[Asset]:
        """A person's assets, for the export of what is hers and for its deletion."""
        return shelf.owned_by(self.database, person, BULK_MAX)

    def order(self, id: AssetId, making: Making) -> Asset:
        """Let other media be made of an upload: another cut, cover or music. What is there is played until then.

        Raises:
            NotFound: there is no such asset.
            Conflict: the file has not come whole, or was adopted and has no source.
        """
        return self._begin_again(id, making)

    def check_source(self, id: AssetId) -> None:
        """Make sure that other media could be ordered of an upload.

        Raises:
            NotFound: there is no such asset.
            Conflict: the file has not come whole, or was adopted and has no source.
        """
        self._check_whole(self.asset(id))

    def retry(self, id: AssetId) -> Asset:
        """Begin a failed making again.

        Raises:
            NotFound: there is no such asset.
            Conflict: it has not failed, or its file never came whole.
        """
        if self.asset(id).state != "failed":
            raise Conflict("has not failed", field="asset", value=id)
        return self._begin_again(id, None)

    def remove(self, id: AssetId) -> None:
        """Forget an asset with all its files; what is being made of it is thrown away.

        Raises:
            NotFound: there is none.
        """
        uploads.remove(self.database, self.folder, id)

    def adopt(self, person: PersonId, files: Mapping[str, Path], asset: Asset | None = None) -> Asset:
        """Take media that somebody else has made, such as the sample's.

        Args:
            person: whose it is.
            files: by their name here: those a playlist names, and where they stand `master.m3u8`, `video.mp4`,
                `poster.jpg`, `preview.webp`, `sprite.jpg`, `captions.vtt`, `sound.m4a`. They are linked or copied.
            asset: what is known of it (size, duration, what it says); its id and addresses are set here.

        Returns:
            The asset, ready.
        """
        now_ms = self.clock.now_ms()
        id = AssetId(new_id("a", now_ms))
        (self.folder / id).mkdir(parents=True)
        for name, path in files.items():
            _link(path, self.folder / id / name)
        known = asset or Asset(id=id, owner=person)
        adopted = msgspec.structs.replace(
            known,
            id=id,
            owner=person,
            state="ready",
            progress=1.0,
            playable=True,
            created_ms=known.created_ms or now_ms,
            **{field: f"/media/{id}/{name}" for name, field in _ADDRESSES.items() if name in files},
        )
        with self.database.write() as connection:
            return shelf.put(connection, adopted)

    def waiting(self) -> int:
        """How many jobs could be begun now."""
        return jobs.waiting_jobs(self.database, self.clock.now_ms())

    # ------------------------------------------------------------ inside

    def _begin_again(self, id: AssetId, making: Making | None) -> Asset:
        with self.database.write() as connection:
            asset = shelf.asset_of(connection, id, hold=True)
            self._check_whole(asset)
            wanted = asset.making if making is None else making
            if making is not None and wanted == asset.making and asset.state != "failed":
                return asset
            jobs.add_jobs(connection, id, ["first"], asset.version + 1, self.clock.now_ms())
            again = msgspec.structs.replace(
                asset, making=wanted, version=asset.version + 1, state="queued", progress=0.0, fault=None
            )
            return shelf.put(connection, again)

    def _check_whole(self, asset: Asset) -> None:
        if asset.state == "uploading" or not (self.folder / asset.id / uploads.SOURCE).exists():
            hint = "Wait for the upload to end, or send the file again."
            raise Conflict("has no whole file to make media of", field="asset", value=asset.id, hint=hint)

    def _check_disk(self, length: int) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(self.folder).free - length
        if free < self.settings.disk_free_mb_min * 1_000_000:
            raise Exhausted("the disk is nearly full", field="media", value=free, hint="Free some space.")


_ADDRESSES = {
    "master.m3u8": "hls",
    "video.mp4": "mp4",
    "poster.jpg": "poster",
    "preview.webp": "preview",
    "sprite.jpg": "sprite",
    "captions.vtt": "captions",
}


def open_studio(home: Path, database: Database, clock: Clock, settings: Settings) -> Studio:
    """The studio of a home folder; nothing is read yet."""
    return Studio(home / MEDIA_FOLDER, database, clock, settings)


def _link(path: Path, to: Path) -> None:
    try:
        to.hardlink_to(path)
    except FileNotFoundError:
        raise NotFound("is no file", field="files", value=str(path)) from None
    except OSError:
        shutil.copyfile(path, to)
