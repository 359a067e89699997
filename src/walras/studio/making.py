"""Makes media of one asset: first the height that lets people watch, then the others and the small pictures.

What is made lies in a folder of its own until it is whole; then it is moved beside the source and named in the
asset, in one transaction with the end of the job. So a death at any moment leaves what was there before.
"""

import shutil
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import msgspec
import sqlalchemy as sa

from walras.base.clock import elapsed_s
from walras.base.errors import NotFound
from walras.studio import faults, jobs, shelf
from walras.studio.asset import Asset, Fault, Understood
from walras.studio.faults import Unmakeable
from walras.studio.jobs import Job, JobKind
from walras.studio.ladder import Plan, Rung, hls_arguments, plan_of
from walras.studio.playlists import master_of, read_segments, write_whole
from walras.studio.probing import probe
from walras.studio.running import Bounds, Stopped, ffmpeg, run
from walras.studio.stills import poster_arguments, preview_arguments, sprite_arguments
from walras.studio.studio import Studio
from walras.studio.uploads import SOURCE

# What is made in less of the source's time than this was cut off in the middle.
_WHOLE_SHARE = 0.8
_SAY_EVERY_S = 1.0


class Desk:
    """Where one job is done: its asset, its folder, and whether it is still wanted."""

    def __init__(self, studio: Studio, job: Job, stopped: threading.Event) -> None:
        """Read the asset.

        Raises:
            NotFound: it was removed.
        """
        self.studio, self.job, self.stopped = studio, job, stopped
        self.asset = studio.asset(job.asset)
        self.folder = studio.folder / job.asset
        self.prefix = f"{job.version}-"
        self.pixels = 0.0
        self._said_s = 0.0

    def plan(self) -> Plan:
        """What is to be made.

        Raises:
            Unmakeable: nothing can be.
        """
        making = self.asset.making
        found = probe(self.folder / SOURCE)
        self.pixels = found.pixels
        return plan_of(self.folder / SOURCE, found, making, self._music(making.music))

    def ffmpeg(self, arguments: Sequence[str], work: Path, length_s: float, say: Callable[[float], None] | None) -> int:
        """Run it in the work folder, and say how many frames it made.

        Raises:
            Unmakeable: it could make nothing of it.
        """
        frames = 0

        def heard(line: str) -> None:
            nonlocal frames
            name, _, value = line.partition("=")
            if name == "frame" and value.strip().isdigit():
                frames = int(value)
            if name == "out_time_us" and value.lstrip("-").isdigit() and say is not None:
                say(min(max(int(value) / 1e6 / length_s, 0.0), 1.0))

        ran = run(ffmpeg(*arguments), bounds_of(length_s, self.pixels), folder=work, heard=heard, stopped=self.stopped)
        if ran.code != 0:
            raise Unmakeable(faults.CUT_OFF if frames else faults.NOT_VIDEO, ran.complaint[-300:])
        return frames

    def say(self, progress: float) -> None:
        """Let the maker see how far it is; at most once a second, since each word is a write."""
        now_s = elapsed_s()
        if now_s - self._said_s < _SAY_EVERY_S:
            return
        self._said_s = now_s

        def further(asset: Asset) -> Asset:
            if asset.version != self.job.version:
                return asset
            return msgspec.structs.replace(asset, progress=round(progress, 3))

        shelf.change(self.studio.database, self.job.asset, further)

    def finish(
        self,
        fields: Mapping[str, Any],
        then: Sequence[JobKind] = (),
        fill: Callable[[sa.Connection], None] | None = None,
    ) -> None:
        """Name what was made and end the job, both or neither.

        Args:
            fields: of the asset.
            then: what is to be done next.
            fill: puts files and rows in their place; called when it is sure that this job still holds the asset.

        Raises:
            Stopped: somebody else holds the job.
        """
        with self.studio.database.write() as connection:
            if not jobs.is_held(connection, self.job):
                raise Stopped
            if fill is not None:
                fill(connection)
            asset = shelf.asset_of(connection, self.job.asset, hold=True)
            shelf.put(connection, msgspec.structs.replace(asset, **fields))
            jobs.end_job(connection, self.job)
            jobs.add_jobs(connection, asset.id, then, self.job.version, self.studio.clock.now_ms())

    @contextmanager
    def work(self) -> Iterator[Path]:
        """An empty folder for what is not whole yet; what a dead worker left of this job is thrown away."""
        for old in self.folder.glob(f"work-{self.job.kind}-*"):
            shutil.rmtree(old, ignore_errors=True)
        work = self.folder / f"work-{self.job.kind}-{self.job.worker}"
        work.mkdir(parents=True)
        try:
            yield work
        finally:
            shutil.rmtree(work, ignore_errors=True)

    def address(self, name: str) -> str:
        """Where a browser finds a file of this asset."""
        return f"/media/{self.job.asset}/{name}"

    def _music(self, id: str) -> Path | None:
        if not id:
            return None
        for name in ("sound.m4a", SOURCE, "video.mp4"):
            path = self.studio.folder / id / name
            if path.resolve().parent.parent == self.studio.folder.resolve() and path.exists():
                return path
        raise Unmakeable(faults.NO_MUSIC, id)


def bounds_of(length_s: float, pixels: float) -> Bounds:
    """What one ffmpeg may use: about ten times what an honest file of this size needs.

    Args:
        length_s: seconds that are made.
        pixels: of all frames of the source.
    """
    return Bounds(cpu_s=int(60 + 10 * length_s + pixels / 3e7), wall_s=300 + 60 * length_s)


def make_first(desk: Desk) -> None:
    """Make the height that lets people watch, and the cover."""
    _begin(desk)
    plan = desk.plan()
    with desk.work() as work:
        poster = f"{desk.prefix}poster.jpg"
        chosen = desk.asset.making.cover_s >= 0
        desk.ffmpeg(poster_arguments(plan, poster, chosen=chosen), work, plan.length_s, None)
        arguments = hls_arguments(plan, [plan.first], desk.prefix, "superfast")
        frames = desk.ffmpeg(arguments, work, plan.length_s, lambda done: desk.say(done / 2))
        _check_whole(plan, frames)
        _write_master(work, work, plan, [plan.first], desk.prefix)
        made = {"hls": f"{desk.prefix}master.m3u8", "poster": poster}
        fields = {
            **{field: desk.address(name) for field, name in made.items()},
            "width": plan.rungs[-1].width,
            "height": plan.rungs[-1].height,
            "duration_s": read_segments(work / f"{desk.prefix}{plan.first.side}.m3u8").duration_s,
            "playable": True,
            "progress": 0.5,
        }
        desk.finish(fields, ["understand", "rest"], lambda _: _move(work, desk.folder))


def make_rest(desk: Desk) -> None:
    """Make the other heights and the small pictures; then nothing more is to be made."""
    plan = desk.plan()
    with desk.work() as work:
        if plan.rest:
            arguments = hls_arguments(plan, plan.rest, desk.prefix, "veryfast")
            desk.ffmpeg(arguments, work, plan.length_s, lambda done: desk.say(0.5 + 0.4 * done))
        preview, sprite = f"{desk.prefix}preview.webp", f"{desk.prefix}sprite.jpg"
        desk.ffmpeg(preview_arguments(plan, preview), work, plan.length_s, None)
        desk.ffmpeg(sprite_arguments(plan, sprite), work, plan.length_s, None)

        def fill(_connection: sa.Connection) -> None:
            _move(work, desk.folder)
            _write_master(desk.folder, desk.folder, plan, plan.rungs, desk.prefix)

        fields = {
            "state": "ready",
            "progress": 1.0,
            "preview": desk.address(preview),
            "sprite": desk.address(sprite),
        }
        desk.finish(fields, fill=fill)
    _forget_older(desk)


def _begin(desk: Desk) -> None:
    shelf.change_fields(desk.studio.database, desk.job.asset, state="making", progress=0.0)


def _check_whole(plan: Plan, frames: int) -> None:
    made_s = frames / float(plan.found.frames_per_s)
    if made_s < _WHOLE_SHARE * plan.length_s - 0.5:
        raise Unmakeable(faults.CUT_OFF, f"{made_s:.1f} of {plan.length_s:.1f} s")


def _write_master(read: Path, write: Path, plan: Plan, rungs: Sequence[Rung], prefix: str) -> None:
    text = master_of(read, rungs, prefix, float(plan.found.frames_per_s))
    write_whole(write / f"{prefix}master.m3u8", text)


def _move(work: Path, folder: Path) -> None:
    """Playlists last, so that whatever they name is there."""
    for path in sorted(work.iterdir(), key=lambda path: path.suffix == ".m3u8"):
        path.replace(folder / path.name)


def _forget_older(desk: Desk) -> None:
    """Throw away what was made two orders ago; the one before may still be playing somewhere."""
    for path in desk.folder.iterdir():
        version = path.name.partition("-")[0]
        if version.isdigit() and int(version) < desk.job.version - 1:
            with suppress(OSError):
                path.unlink()


def give_up(studio: Studio, job: Job, fault: Fault) -> None:
    """The job can't be done. Without a first height there is no video, and the asset says why; the rest may miss."""
    with studio.database.write() as connection:
        if not jobs.is_held(connection, job):
            return
        with suppress(NotFound):
            asset = shelf.asset_of(connection, job.asset, hold=True)
            shelf.put(connection, _without(asset, job.kind, fault))
        jobs.end_job(connection, job)


def _without(asset: Asset, kind: JobKind, fault: Fault) -> Asset:
    if kind == "first":
        return msgspec.structs.replace(asset, state="failed", fault=fault, progress=0.0)
    if kind == "rest":
        return msgspec.structs.replace(asset, state="ready", progress=1.0)
    reason = f"{fault.code}: {fault.detail}" if fault.detail else fault.code
    return msgspec.structs.replace(asset, understood=Understood(missing={"everything": reason}))
