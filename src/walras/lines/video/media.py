"""The route of media files. It lies in the line, since only a line knows who may see a video."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from typing import Any, TypeAlias

from litestar import Request, Response, get
from litestar.handlers import HTTPRouteHandler
from litestar.response import Stream

from walras.base.errors import NotFound
from walras.studio import AssetId, MediaFile, OutOfRange, Studio, find_file, part_of
from walras.web.told import told

Ask: TypeAlias = Request[Any, Any, Any]
# Whether whoever sends this request may see that asset. It is asked for every segment, so it must be quick.
MaySee: TypeAlias = Callable[[AssetId, Ask], bool]
_PIECE_BYTES = 256 * 1024
_YEAR_S = 365 * 86_400
# A playlist gains heights in the first minute of its life.
_PLAYLIST_S = 60


def media_routes(studio: Studio, may_see: MaySee) -> list[HTTPRouteHandler]:
    """`GET /media/{asset}/{file}`: parts of files, kept by browsers, read piece by piece.

    Args:
        studio: where they lie.
        may_see: whether whoever sends a request may see an asset; what she may not see is not there.
    """
    opt = told(summary="A part of a video.", tag="media", scope=None)

    @get("/media/{asset:str}/{file:str}", opt=opt, include_in_schema=False)
    async def media(request: Ask) -> Response[Any]:
        asset, file = request.path_params["asset"], request.path_params["file"]
        found = find_file(studio.folder, asset, file)
        if not may_see(AssetId(asset), request):
            raise NotFound("no media has this address", field="file", value=file)
        return _answer(request, found)

    return [media]


def _answer(request: Ask, file: MediaFile) -> Response[Any]:
    mark = f'"{file.mark}"'
    headers = {"etag": mark, "accept-ranges": "bytes", "cache-control": _kept(file)}
    if mark in request.headers.get("if-none-match", ""):
        return Response(b"", status_code=304, headers=headers, media_type=file.media_type)
    # A part of a file that has changed since is of no use to whoever has the other parts.
    asked = request.headers.get("range", "") if request.headers.get("if-range", mark) == mark else ""
    try:
        part = part_of(file.size, asked)
    except OutOfRange as error:
        shown = {**headers, "content-range": f"bytes */{error.size}", "cache-control": "no-store"}
        return Response(b"", status_code=416, headers=shown, media_type=file.media_type)
    start, length = part or (0, file.size)
    if part is not None:
        headers["content-range"] = f"bytes {start}-{start + length - 1}/{file.size}"
    headers["content-length"] = str(length)
    body = _pieces(file, start, length)
    return Stream(body, status_code=206 if part else 200, headers=headers, media_type=file.media_type)


def _kept(file: MediaFile) -> str:
    """Kept by the browser alone: who may see a video can change, and nobody could take it back from a cache between."""
    return f"private, max-age={_YEAR_S}, immutable" if file.stays else f"private, max-age={_PLAYLIST_S}"


async def _pieces(file: MediaFile, start: int, length: int) -> AsyncIterator[bytes]:
    """The part piece by piece; the disk is waited for in a thread."""
    opened = await asyncio.to_thread(os.open, file.path, os.O_RDONLY)
    try:
        while length > 0:
            piece = await asyncio.to_thread(os.pread, opened, min(length, _PIECE_BYTES), start)
            if not piece:
                return
            start, length = start + len(piece), length - len(piece)
            yield piece
    finally:
        os.close(opened)
