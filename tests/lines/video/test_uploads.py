"""The upload protocol and media over HTTP, behind the real guard: what a sender sees, and what a stranger does not."""

import base64
import hashlib
import socket
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest
from litestar import Litestar

from tests.doors.live import serving
from tests.doors.stand_in import StandIn, stand_in
from walras.base.ids import PersonId
from walras.base.limits import BODY_BYTES_MAX, UPLOAD_BYTES_MAX
from walras.base.settings import Settings
from walras.doors.api import build_app
from walras.lines.video.media import media_routes
from walras.lines.video.uploads import VERSION, upload_routes
from walras.studio import AssetId, Studio, open_studio
from walras.web.people import SIGN_IN_COOKIE
from walras.world import Account

TUS = {"tus-resumable": VERSION}
PIECE = {**TUS, "content-type": "application/offset+octet-stream"}
OWN = {"origin": "http://walras"}


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[StandIn]:
    with stand_in(tmp_path, Settings(disk_free_mb_min=0)) as engine:
        yield engine


@pytest.fixture
def studio(engine: StandIn, tmp_path: Path) -> Studio:
    return open_studio(tmp_path, engine.world.database, engine.clock, engine.settings)


@pytest.fixture
def hidden() -> set[str]:
    return set()


@pytest.fixture
def app(engine: StandIn, studio: Studio, hidden: set[str]) -> Litestar:
    routes = [*upload_routes(studio), *media_routes(studio, lambda asset, _: asset not in hidden)]
    return build_app(engine, routes)


def token_of(engine: StandIn, name: str) -> str:
    if engine.world.accounts.find(name) is None:
        engine.world.accounts.create(Account(person=PersonId(name), handle=name, name=name), "")
    made = engine.world.sign_ins.begin(name, way="password", agent="Another browser", address="")
    return made.token


def client_of(app: Litestar, engine: StandIn, name: str) -> httpx.AsyncClient:
    cookies = {SIGN_IN_COOKIE: token_of(engine, name)} if name else {}
    transport = httpx.ASGITransport(app, client=("192.0.2.7", 1))  # type: ignore[arg-type]
    return httpx.AsyncClient(transport=transport, base_url="http://walras", cookies=cookies, headers=OWN)


@pytest.fixture
async def ann(app: Litestar, engine: StandIn) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(app, engine, "ann") as client:
        yield client


async def begun(client: httpx.AsyncClient, length: int, name: str = "clip.mp4") -> str:
    said = f"filename {base64.b64encode(name.encode()).decode()},filetype dmlkZW8vbXA0"
    answer = await client.post("/uploads", headers={**TUS, "upload-length": str(length), "upload-metadata": said})
    assert answer.status_code == 201, answer.text
    assert (answer.headers["upload-offset"], answer.content) == ("0", b"")
    assert answer.headers["location"] == f"/uploads/{answer.headers['walras-asset']}"
    return answer.headers["location"]


async def test_a_file_comes_in_pieces_and_goes_on_after_a_break(ann: httpx.AsyncClient, studio: Studio) -> None:
    where = await begun(ann, 10, "ferien 漢字.mp4")
    first = await ann.patch(where, content=b"01234", headers={**PIECE, "upload-offset": "0"})
    assert (first.status_code, first.headers["upload-offset"], first.content) == (204, "5", b"")
    assert first.headers["tus-resumable"] == VERSION
    stands = await ann.head(where, headers=TUS)
    assert (stands.status_code, stands.headers["upload-offset"], stands.headers["upload-length"]) == (200, "5", "10")
    assert stands.headers["cache-control"] == "no-store"
    assert "upload-expires" in stands.headers
    last = await ann.patch(where, content=b"56789", headers={**PIECE, "upload-offset": "5"})
    assert last.headers["upload-offset"] == "10"
    asset = studio.asset(AssetId(last.headers["walras-asset"]))
    assert (asset.state, asset.name, asset.owner) == ("queued", "ferien 漢字.mp4", "ann")


async def test_a_wrong_offset_is_told_the_right_one(ann: httpx.AsyncClient) -> None:
    where = await begun(ann, 10)
    await ann.patch(where, content=b"0123", headers={**PIECE, "upload-offset": "0"})
    for offset in ("0", "5", "9999999999"):
        answer = await ann.patch(where, content=b"xxxx", headers={**PIECE, "upload-offset": offset})
        assert (answer.status_code, answer.json()["code"]) == (409, "wrong-offset")
        assert "4 bytes" in answer.json()["detail"]
        assert answer.headers["tus-resumable"] == VERSION
    assert (await ann.head(where, headers=TUS)).headers["upload-offset"] == "4"


async def test_a_file_may_come_with_its_beginning(ann: httpx.AsyncClient) -> None:
    answer = await ann.post("/uploads", content=b"012", headers={**PIECE, "upload-length": "5"})
    assert (answer.status_code, answer.headers["upload-offset"]) == (201, "3")


async def test_a_piece_longer_than_other_bodies_is_taken(ann: httpx.AsyncClient, studio: Studio) -> None:
    body = b"walras! " * (BODY_BYTES_MAX // 8 + 1000)
    where = await begun(ann, len(body))
    answer = await ann.patch(where, content=body, headers={**PIECE, "upload-offset": "0"})
    assert (answer.status_code, answer.headers["upload-offset"]) == (204, str(len(body)))
    source = studio.folder / answer.headers["walras-asset"] / "source"
    assert hashlib.sha256(source.read_bytes()).digest() == hashlib.sha256(body).digest()


@pytest.mark.parametrize("name", ["sha256", "sha1"])
async def test_bytes_that_changed_on_the_way_are_not_kept(ann: httpx.AsyncClient, name: str) -> None:
    where = await begun(ann, 5)
    good = base64.b64encode(hashlib.new(name, b"hello").digest()).decode()
    headers = {**PIECE, "upload-offset": "0", "upload-checksum": f"{name} {good}"}
    wrong = await ann.patch(where, content=b"hallo", headers=headers)
    assert (wrong.status_code, wrong.json()["code"]) == (460, "wrong-checksum")
    assert (await ann.head(where, headers=TUS)).headers["upload-offset"] == "0"
    assert (await ann.patch(where, content=b"hello", headers=headers)).status_code == 204
    other = await ann.patch(where, content=b"", headers={**headers, "upload-checksum": "md5 x"})
    assert other.status_code == 400


async def test_an_upload_that_is_given_up_is_gone(ann: httpx.AsyncClient) -> None:
    where = await begun(ann, 5)
    assert (await ann.delete(where, headers=TUS)).status_code == 204
    assert (await ann.head(where, headers=TUS)).status_code == 404
    whole = await begun(ann, 1)
    await ann.patch(whole, content=b"x", headers={**PIECE, "upload-offset": "0"})
    assert (await ann.delete(whole, headers=TUS)).status_code == 409


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({**TUS, "upload-length": "0"}, 400),
        ({**TUS, "upload-length": "-1"}, 400),
        ({**TUS, "upload-length": "many"}, 400),
        ({**TUS, "upload-length": "٣"}, 400),
        ({**TUS, "upload-defer-length": "1"}, 400),
        (TUS, 400),
        ({**TUS, "upload-length": str(UPLOAD_BYTES_MAX + 1)}, 413),
        ({**TUS, "upload-length": "9" * 30}, 400),
        ({**TUS, "upload-length": "5", "upload-metadata": "filename ???"}, 400),
        ({"upload-length": "5"}, 412),
        ({"tus-resumable": "0.2.2", "upload-length": "5"}, 412),
    ],
)
async def test_a_beginning_that_makes_no_sense_is_refused(
    ann: httpx.AsyncClient, studio: Studio, headers: dict[str, str], status: int
) -> None:
    sent = {name: value.encode() for name, value in headers.items()}
    answer = await ann.post("/uploads", headers=sent)
    assert answer.status_code == status, answer.text
    assert answer.headers["tus-resumable"] == VERSION
    assert list(studio.changed(0)) == []


async def test_a_piece_that_makes_no_sense_is_refused(ann: httpx.AsyncClient) -> None:
    where = await begun(ann, 5)
    for headers, status in (
        ({**TUS, "upload-offset": "0"}, 415),
        (PIECE, 400),
        ({**PIECE, "upload-offset": "-1"}, 400),
        ({**PIECE, "upload-offset": "0", "tus-resumable": "9"}, 412),
    ):
        assert (await ann.patch(where, content=b"abc", headers=headers)).status_code == status
    much = await ann.patch(where, content=b"abcdefgh", headers={**PIECE, "upload-offset": "0"})
    assert much.status_code == 413
    assert (await ann.head(where, headers=TUS)).headers["upload-offset"] == "0"


async def test_what_the_protocol_can_do_is_told_to_everybody(app: Litestar, engine: StandIn) -> None:
    async with client_of(app, engine, "") as stranger:
        answer = await stranger.options("/uploads")
    assert (answer.status_code, answer.headers["tus-version"]) == (204, VERSION)
    assert "termination" in answer.headers["tus-extension"]
    assert answer.headers["tus-max-size"] == str(UPLOAD_BYTES_MAX)


async def test_nobody_touches_anothers_upload(app: Litestar, engine: StandIn, ann: httpx.AsyncClient) -> None:
    where = await begun(ann, 5)
    async with client_of(app, engine, "bob") as bob, client_of(app, engine, "") as stranger:
        for client, status in ((bob, 404), (stranger, 401)):
            assert (await client.head(where, headers=TUS)).status_code == status
            assert (await client.delete(where, headers=TUS)).status_code == status
            answer = await client.patch(where, content=b"x", headers={**PIECE, "upload-offset": "0"})
            assert answer.status_code == status
        assert (await stranger.post("/uploads", headers={**TUS, "upload-length": "5"})).status_code == 401
    foreign = {**TUS, "origin": "https://evil.example", "sec-fetch-site": "cross-site", "upload-length": "5"}
    assert (await ann.post("/uploads", headers=foreign)).status_code == 403
    assert (await ann.head(where, headers=TUS)).headers["upload-offset"] == "0"


async def test_media_is_answered_in_parts_and_kept(
    app: Litestar, engine: StandIn, studio: Studio, hidden: set[str], tmp_path: Path
) -> None:
    body = bytes(range(256)) * 3000
    (tmp_path / "v").write_bytes(body)
    asset = studio.adopt(PersonId("ann"), {"video.mp4": tmp_path / "v", "master.m3u8": tmp_path / "v"})
    async with client_of(app, engine, "") as client:
        whole = await client.get(asset.mp4)
        assert (whole.status_code, whole.content) == (200, body)
        assert (whole.headers["content-type"], whole.headers["accept-ranges"]) == ("video/mp4", "bytes")
        assert "immutable" in whole.headers["cache-control"]
        assert "immutable" not in (await client.get(asset.hls)).headers["cache-control"]
        part = await client.get(asset.mp4, headers={"range": "bytes=300000-"})
        assert (part.status_code, part.content) == (206, body[300000:])
        assert part.headers["content-range"] == f"bytes 300000-{len(body) - 1}/{len(body)}"
        same = await client.get(asset.mp4, headers={"if-none-match": whole.headers["etag"]})
        assert (same.status_code, same.content) == (304, b"")
        changed = await client.get(asset.mp4, headers={"range": "bytes=0-1", "if-range": '"old"'})
        assert changed.status_code == 200
        beyond = await client.get(asset.mp4, headers={"range": f"bytes={len(body)}-"})
        assert (beyond.status_code, beyond.headers["content-range"]) == (416, f"bytes */{len(body)}")
        head = await client.head(asset.mp4)
        assert (head.status_code, head.headers["content-length"], head.content) == (200, str(len(body)), b"")
        for wrong in ("source", "..%2F..%2Fworld.sqlite", "%2e%2e", "no.mp4", "video.mp4%00.jpg"):
            assert (await client.get(f"/media/{asset.id}/{wrong}")).status_code == 404, wrong
        assert (await client.get("/media/..%2f..%2f/video.mp4")).status_code == 404
        hidden.add(asset.id)
        assert (await client.get(asset.mp4)).status_code == 404


def test_what_a_broken_connection_brought_stays(app: Litestar, engine: StandIn, studio: Studio) -> None:
    asset = studio.begin_upload(PersonId("ann"), 10_000_000)
    with serving(app) as address:
        host = address.removeprefix("http://")
        name, _, port = host.partition(":")
        head = (
            f"PATCH /uploads/{asset.id} HTTP/1.1\r\nhost: {host}\r\norigin: {address}\r\ntus-resumable: {VERSION}\r\n"
            f"cookie: {SIGN_IN_COOKIE}={token_of(engine, 'ann')}\r\nupload-offset: 0\r\n"
            "content-type: application/offset+octet-stream\r\ncontent-length: 10000000\r\n\r\n"
        )
        with socket.create_connection((name, int(port))) as sender:
            sender.sendall(head.encode() + b"x" * 5_000_000)
        headers = {**TUS, "origin": address, "cookie": f"{SIGN_IN_COOKIE}={token_of(engine, 'ann')}"}
        url = f"{address}/uploads/{asset.id}"
        # Its bytes are written while we ask; all that were sent stay.
        while (stands := int(httpx.head(url, headers=headers).headers["upload-offset"])) < 5_000_000:
            time.sleep(0.02)
        rest = {**headers, **PIECE, "upload-offset": str(stands)}
        assert httpx.patch(url, content=b"y" * (10_000_000 - stands), headers=rest).status_code == 204
    assert studio.asset(asset.id).state == "queued"
    assert (studio.folder / asset.id / "source").read_bytes() == b"x" * stands + b"y" * (10_000_000 - stands)
