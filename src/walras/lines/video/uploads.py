"""Uploads that go on where they broke off: the tus protocol, version 1.0.0, over the studio's files.

With its extensions creation, creation-with-upload, expiration, checksum and termination. What a broken connection has
brought until then stays, so a sender asks for the offset and goes on from there.
"""

import asyncio
import base64
import binascii
import hashlib
from collections.abc import AsyncIterator, Callable
from email.utils import formatdate
from typing import Any, TypeAlias

from litestar import Request, Response, delete, get, patch, post, route
from litestar.exceptions import InternalServerException
from litestar.handlers import HTTPRouteHandler

from walras.base.errors import Conflict, Invalid, NotFound, TooMuch
from walras.base.ids import PersonId
from walras.base.limits import BODY_BYTES_MAX, UPLOAD_BYTES_MAX
from walras.base.logs import room_log
from walras.studio import Asset, AssetId, Studio
from walras.web import visit_of, visitor_of
from walras.web.problems import WrongMedia
from walras.web.told import told

Ask: TypeAlias = Request[Any, Any, Any]
Who: TypeAlias = Callable[[Ask], PersonId]
VERSION = "1.0.0"
EXTENSIONS = "creation,creation-with-upload,expiration,checksum,termination"
_HASHES = {"sha256": hashlib.sha256, "sha1": hashlib.sha1}
_PIECES = "application/offset+octet-stream"
# What is written and made sure at once while a body comes in.
_SURE_BYTES = 4_000_000
_log = room_log("uploads")


class WrongVersion(Invalid):
    """The sender speaks another version of the upload protocol."""

    code = "upload-version"
    status = 412


class WrongChecksum(Invalid):
    """The bytes that came are not those that were sent."""

    code = "wrong-checksum"
    status = 460


def _person(request: Ask) -> PersonId:
    return visitor_of(request).person


def upload_routes(studio: Studio, who: Who = _person) -> list[HTTPRouteHandler]:
    """The routes of uploads.

    Args:
        studio: takes the bytes.
        who: whose upload a request is about.
    """
    return [_options(), _create(studio, who), _head(studio, who), _append(studio, who), _terminate(studio, who)]


def _options() -> HTTPRouteHandler:
    opt = told(summary="What the upload protocol can do here.", tag="uploads", scope=None)

    @route("/uploads", http_method=["OPTIONS"], opt=opt, include_in_schema=False, status_code=204)
    async def say(request: Ask) -> Response[None]:
        headers = {
            "tus-version": VERSION,
            "tus-extension": EXTENSIONS,
            "tus-max-size": str(UPLOAD_BYTES_MAX),
            "tus-checksum-algorithm": ",".join(_HASHES),
        }
        return _answer(request, 204, headers)

    return say


def _create(studio: Studio, who: Who) -> HTTPRouteHandler:
    opt = told(summary="Begin an upload.", tag="uploads", scope=None, who="account", status=201)

    @post("/uploads", opt=opt, include_in_schema=False)
    async def create(request: Ask) -> Response[bytes]:
        _check_version(request)
        length = _whole(request, "upload-length")
        name = _said_name(request.headers.get("upload-metadata", ""))
        asset = await asyncio.to_thread(studio.begin_upload, who(request), length, name)
        if request.headers.get("content-type", "") == _PIECES:
            asset = await _take(studio, request, asset, 0)
        headers = {"location": f"/uploads/{asset.id}", "walras-asset": asset.id}
        return _answer(request, 201, {**headers, **_standing(studio, asset)})

    return create


def _head(studio: Studio, who: Who) -> HTTPRouteHandler:
    opt = told(summary="How far an upload has come.", tag="uploads", scope=None, who="account")

    # The doorway answers HEAD as GET without its body.
    @get("/uploads/{upload:str}", opt=opt, include_in_schema=False)
    async def stands(request: Ask) -> Response[bytes]:
        _check_version(request)
        asset = await asyncio.to_thread(_own, studio, request.path_params["upload"], who(request))
        return _answer(request, 200, {"cache-control": "no-store", **_standing(studio, asset)})

    return stands


def _append(studio: Studio, who: Who) -> HTTPRouteHandler:
    opt = told(summary="Send the next bytes of an upload.", tag="uploads", scope=None, who="account", status=204)

    @patch("/uploads/{upload:str}", opt=opt, include_in_schema=False, status_code=204)
    async def append(request: Ask) -> Response[None]:
        _check_version(request)
        if request.headers.get("content-type", "") != _PIECES:
            raise WrongMedia("pieces of an upload have a content type of their own", hint=f"Send {_PIECES}.")
        asset = await asyncio.to_thread(_own, studio, request.path_params["upload"], who(request))
        asset = await _take(studio, request, asset, _whole(request, "upload-offset"))
        return _answer(request, 204, _standing(studio, asset))

    return append


def _terminate(studio: Studio, who: Who) -> HTTPRouteHandler:
    opt = told(summary="Give an upload up.", tag="uploads", scope=None, who="account", status=204)

    @delete("/uploads/{upload:str}", opt=opt, include_in_schema=False, status_code=204)
    async def terminate(request: Ask) -> Response[None]:
        _check_version(request)
        asset = await asyncio.to_thread(_own, studio, request.path_params["upload"], who(request))
        if asset.state != "uploading":
            hint = "Delete the video that was made of it."
            raise Conflict("has come whole already", field="upload", value=asset.id, hint=hint)
        await asyncio.to_thread(studio.remove, asset.id)
        return _answer(request, 204, {})

    return terminate


def _own(studio: Studio, upload: str, person: PersonId) -> Asset:
    """Her upload; somebody else's is not there for her."""
    asset = studio.asset(AssetId(upload))
    if asset.owner != person or not person:
        raise NotFound("is no upload or video here", field="asset", value=upload)
    return asset


async def _take(studio: Studio, request: Ask, asset: Asset, offset: int) -> Asset:
    """Take the body in; each piece is sure before the next is read.

    Raises:
        WrongChecksum: what came is not what was sent; nothing of it is kept.
    """
    said = request.headers.get("upload-checksum", "")
    if said:
        body = await _checked(request, said)
        return await asyncio.to_thread(studio.receive, asset.id, offset, [body])
    taken = False
    async for piece in _gathered(request):
        asset = await asyncio.to_thread(studio.receive, asset.id, offset, [piece])
        offset, taken = asset.received, True
    return asset if taken else await asyncio.to_thread(studio.receive, asset.id, offset, [])


async def _gathered(request: Ask) -> AsyncIterator[bytes]:
    """The body in pieces that are worth a write; where it breaks off, what has come."""
    gathered = bytearray()
    try:
        async for piece in request.stream():
            gathered += piece
            if len(gathered) >= _SURE_BYTES:
                yield bytes(gathered)
                gathered.clear()
    except InternalServerException as error:
        # So the framework says that the sender is gone. She will ask where to go on; what has come stays.
        _log.info("an upload broke off: %s", error.detail)
    if gathered:
        yield bytes(gathered)


async def _checked(request: Ask, said: str) -> bytes:
    name, _, told_hash = said.partition(" ")
    if name not in _HASHES:
        raise Invalid("is no checksum we know", field="upload-checksum", value=name, hint=f"Use {', '.join(_HASHES)}.")
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > BODY_BYTES_MAX:
            hint = f"Send pieces of at most {BODY_BYTES_MAX} bytes, each with its checksum."
            raise TooMuch("a piece with a checksum is too long", field="body", value=len(body), hint=hint)
    if base64.b64encode(_HASHES[name](body).digest()).decode() != told_hash.strip():
        raise WrongChecksum("does not fit the bytes", field="upload-checksum", hint="Send the piece again.")
    return bytes(body)


def _standing(studio: Studio, asset: Asset) -> dict[str, str]:
    headers = {"upload-offset": str(asset.received), "upload-length": str(asset.bytes), "walras-asset": asset.id}
    ends_ms = studio.upload_ends_ms(asset.id)
    return {**headers, "upload-expires": formatdate(ends_ms / 1000, usegmt=True)} if ends_ms else headers


def _answer(request: Ask, status: int, headers: dict[str, str]) -> Response[Any]:
    if not any(name == b"tus-resumable" for name, _ in visit_of(request.scope).headers):
        headers = {**headers, "tus-resumable": VERSION}
    # Nothing as JSON would be the word null.
    return Response(None if status == 204 else b"", status_code=status, headers=headers, media_type="text/plain")


def _check_version(request: Ask) -> None:
    # Added to the visit, so that a refusal says it as well.
    visit_of(request.scope).headers.append((b"tus-resumable", VERSION.encode()))
    found = request.headers.get("tus-resumable", "")
    if found != VERSION:
        visit_of(request.scope).headers.append((b"tus-version", VERSION.encode()))
        raise WrongVersion(
            "is another version of the protocol", field="tus-resumable", value=found, hint=f"Use {VERSION}."
        )


def _whole(request: Ask, name: str) -> int:
    found = request.headers.get(name, "")
    if not found.isascii() or not found.isdigit() or len(found) > 18:
        raise Invalid("is no whole number of bytes", field=name, value=found, hint="Say it in a header of this name.")
    return int(found)


def _said_name(metadata: str) -> str:
    """The file's name of the pairs `key base64,key base64`; only shown, never believed."""
    for pair in metadata.split(","):
        key, _, value = pair.strip().partition(" ")
        if key in ("filename", "name"):
            try:
                return base64.b64decode(value, validate=True).decode("utf-8", "replace")
            except (binascii.Error, ValueError):
                raise Invalid("is no base64", field="upload-metadata", value=value) from None
    return ""
