"""What people are told: in the inbox, by the stream of an open page, and by waking a browser; and what they write."""

import asyncio
import threading
from collections.abc import AsyncIterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import msgspec
import pytest

from tests.lines.video.parlour import Parlour
from walras.base.errors import Forbidden, Invalid, TooOften
from walras.lines.video.comments import Saying
from walras.lines.video.leaving import export_of, forget
from walras.lines.video.live import Live
from walras.lines.video.push import KEY_FILE, Keys, NotWoken, Push, Subscription
from walras.world import AccountSettings, Notifications, Privacy


def kinds(parlour: Parlour, person: str) -> list[tuple[str, int]]:
    parlour.trade.counts.catch_up()
    return [(notice.kind, notice.others) for notice in parlour.trade.inbox.of(person)[0]]


def test_likes_of_one_video_are_one_notice_until_it_is_read(either: Parlour) -> None:
    ann = either.person("ann")
    video = either.video(ann)
    for name in ("bob", "eve", "bob"):
        either.say(f"p-{name}", "like", video.id)
        either.trade.counts.catch_up()
    assert kinds(either, ann) == [("like", 1)]
    assert either.trade.inbox.unread(ann) == 1
    either.trade.inbox.read(ann, "")
    assert either.trade.inbox.unread(ann) == 0
    either.say("p-dan", "like", video.id)
    assert kinds(either, ann) == [("like", 0), ("like", 1)]


def test_nobody_is_told_what_she_does_not_want_or_of_whom_she_blocks(either: Parlour) -> None:
    quiet = AccountSettings(notifications=Notifications(like=False))
    ann, bob = either.person("ann", quiet), either.person("bob")
    video = either.video(ann)
    either.say(bob, "like", video.id)
    either.say(bob, "follow", owner=ann)
    assert kinds(either, ann) == [("follow", 0)]
    either.say(ann, "block", owner=bob)
    either.trade.counts.catch_up()
    either.say(bob, "save", video.id)
    either.say(bob, "follow", owner=ann)
    assert kinds(either, ann) == [("follow", 0)]


def test_a_follower_hears_of_a_new_video(either: Parlour) -> None:
    ann, bob = either.person("ann"), either.person("bob")
    either.follow((bob, ann))
    id = either.trade.publishing.begin(ann, either.asset(ann).id).id
    either.trade.publishing.publish(ann, id)
    assert kinds(either, bob) == [("new_video", 0)]
    assert ("published", 0) in kinds(either, ann)


def test_a_makers_words_hide_a_comment_from_others(either: Parlour) -> None:
    ann = either.person("ann", AccountSettings(blocked_words=("spoiler",)))
    bob = either.person("bob")
    video = either.video(ann)
    said = either.trade.comments.say(bob, video.id, Saying(text="A ＳＰＯＩＬＥＲ here"))
    assert said.state == "hidden"
    assert [c.id for c in either.trade.comments.under(video.id, bob)[0]] == [said.id]
    assert either.trade.comments.under(video.id, ann)[0] == []
    assert either.trade.comments.counts([video.id]) == {}
    assert kinds(either, ann) == []


def test_a_maker_says_who_may_comment(either: Parlour) -> None:
    ann = either.person("ann", AccountSettings(privacy=Privacy(comment="followers")))
    bob = either.person("bob")
    video = either.video(ann)
    with pytest.raises(Forbidden):
        either.trade.comments.say(bob, video.id, Saying(text="hi"))
    either.follow((bob, ann))
    assert either.trade.comments.say(bob, video.id, Saying(text="hi")).state == "shown"
    assert either.trade.comments.say(ann, video.id, Saying(text="welcome")).state == "shown"


def test_who_says_too_much_in_a_minute_waits(either: Parlour) -> None:
    ann, bob = either.person("ann"), either.person("bob")
    video = either.video(ann)
    for n in range(20):
        either.trade.comments.say(bob, video.id, Saying(text=f"{n}"))
    with pytest.raises(TooOften):
        either.trade.comments.refuse_haste(bob)
    either.clock.instant_ms += 60_001
    either.trade.comments.refuse_haste(bob)


def test_every_comment_is_on_exactly_one_page(either: Parlour) -> None:
    ann = either.person("ann")
    video = either.video(ann)
    said = []
    for n in range(15):
        either.clock.instant_ms += 5_000
        said.append(either.trade.comments.say(ann, video.id, Saying(text=f"{n}")).id)
        for fan in range(n % 4):
            either.trade.comments.like(f"fan{fan}", said[-1], wanted=True)
    either.trade.comments.pin(ann, said[3], wanted=True)
    for order in ("top", "new"):
        found, cursor = [], ""
        while True:
            some, cursor = either.trade.comments.under(video.id, "eve", order=order, cursor=cursor, n=4)
            found += [comment.id for comment in some]
            if not cursor:
                break
        assert sorted(found) == sorted(said)
        assert found[0] == (said[3] if order == "top" else said[-1])


# ---------------------------------------------------------------- at once


async def events(stream: AsyncIterator[bytes], count: int) -> list[tuple[str, str]]:
    found = []
    async for piece in stream:
        lines = dict(line.split(": ", 1) for line in piece.decode().strip().splitlines() if ": " in line)
        if "event" in lines:
            found.append((lines["event"], lines["id"]))
        if len(found) >= count:
            return found
    return found


async def test_an_open_page_is_told_at_once_and_misses_nothing(parlour: Parlour) -> None:
    ann, bob = parlour.person("ann"), parlour.person("bob")
    video = parlour.video(ann)
    live = Live(parlour.house)
    stream = live.listen(ann)
    first = asyncio.create_task(events(stream, 1))
    await asyncio.sleep(0.1)
    parlour.say(bob, "like", video.id)
    parlour.trade.counts.catch_up()
    (seen,) = await asyncio.wait_for(first, 20)
    assert seen[0] == "notice"
    await stream.aclose()  # type: ignore[attr-defined]
    parlour.trade.comments.say(bob, video.id, Saying(text="hi"))
    parlour.say("p-eve", "like", video.id)
    parlour.trade.counts.catch_up()
    missed = await asyncio.wait_for(events(live.listen(ann, int(seen[1])), 2), 20)
    assert [kind for kind, _ in missed] == ["notice", "notice"]
    assert [int(turn) for _, turn in missed] == [int(seen[1]) + 1, int(seen[1]) + 2]


async def test_too_many_pages_of_one_person_are_refused(parlour: Parlour) -> None:
    live = Live(parlour.house)
    streams = [live.listen("ann") for _ in range(8)]
    for stream in streams:
        assert (await anext(stream)).startswith(b"retry")
    with pytest.raises(TooOften):
        live.refuse_many("ann")
    live.refuse_many("bob")
    for stream in streams:
        await stream.aclose()  # type: ignore[attr-defined]
    live.refuse_many("ann")


# ---------------------------------------------------------------- push


class Received(BaseHTTPRequestHandler):
    """A push service of this machine."""

    bodies: list[tuple[str, bytes]] = []
    status = 201

    def do_POST(self) -> None:
        length = int(self.headers["content-length"])
        Received.bodies.append((self.headers.get("authorization", ""), self.rfile.read(length)))
        self.send_response(Received.status)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


def browser_keys() -> tuple[object, Keys]:
    import base64
    import os

    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    public = key.public_key().public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)
    plain = [base64.urlsafe_b64encode(raw).decode().rstrip("=") for raw in (public, os.urandom(16))]
    return key, Keys(*plain)


def test_a_browser_is_woken_with_a_sealed_message(parlour: Parlour) -> None:
    loud = AccountSettings(notifications=Notifications(push=True))
    ann = parlour.person("ann", loud)
    video = parlour.video(ann)
    server = HTTPServer(("127.0.0.1", 0), Received)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    _, keys = browser_keys()
    Received.bodies, Received.status = [], 201
    parlour.trade.push.subscribe(ann, Subscription(f"http://127.0.0.1:{server.server_port}/push", keys))
    parlour.trade.push.send_new()
    parlour.say("p-bob", "like", video.id)
    parlour.trade.counts.catch_up()
    assert parlour.trade.push.send_new() == 1
    assert parlour.trade.push.send_new() == 0
    ((authorisation, body),) = Received.bodies
    assert authorisation.startswith("vapid ")
    assert b"like" not in body
    Received.status = 410
    parlour.say("p-eve", "follow", owner=ann)
    parlour.trade.counts.catch_up()
    assert parlour.trade.push.send_new() == 0
    parlour.say("p-dan", "follow", owner=ann)
    parlour.trade.counts.catch_up()
    parlour.trade.push.send_new()
    assert len(Received.bodies) == 2
    server.shutdown()
    server.server_close()


def test_the_key_stays_and_is_its_owners_alone(parlour: Parlour) -> None:
    one, two = parlour.trade.push.public_key(), Push(parlour.house).public_key()
    assert one == two
    assert (parlour.house.home / KEY_FILE).stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    "endpoint",
    ["ftp://push.example/x", "http://push.example/x", "https://10.0.0.1/x", "https://[::2]/x", "x", "https://a\n"],
)
def test_only_a_push_service_is_called(parlour: Parlour, endpoint: str) -> None:
    with pytest.raises(Invalid):
        parlour.trade.push.subscribe("p-ann", Subscription(endpoint, Keys("a", "b")))


def test_a_browser_that_cannot_be_reached_stops_nobody(parlour: Parlour) -> None:
    loud = AccountSettings(notifications=Notifications(push=True))
    ann = parlour.person("ann", loud)
    woken: list[str] = []

    def send(subscription: Subscription, said: bytes) -> None:
        woken.append(msgspec.json.decode(said)["kind"])
        if len(woken) == 1:
            raise NotWoken("no route", 0)

    push = Push(parlour.house, send)
    for n in range(2):
        push.subscribe(ann, Subscription(f"https://push.example/{n}", Keys("a", "b")))
    parlour.video(ann)
    parlour.say("p-bob", "follow", owner=ann)
    parlour.trade.counts.catch_up()
    assert (push.send_new(), woken) == (1, ["follow", "follow"])


# ---------------------------------------------------------------- leaving


def test_who_leaves_takes_everything_of_hers(either: Parlour) -> None:
    ann, bob = either.person("ann"), either.person("bob")
    either.follow((ann, bob), (bob, ann))
    mine, his = either.video(ann), either.video(bob)
    said = either.trade.comments.say(ann, his.id, Saying(text="by ann"))
    either.trade.comments.say(bob, his.id, Saying(text="to ann", parent=said.id))
    either.trade.messages.send(ann, bob, "secret")
    either.say(ann, "like", his.id)
    either.trade.counts.catch_up()
    known = export_of(either.trade, ann)
    assert [video["id"] for video in known["videos"]] == [mine.id]
    assert [comment["text"] for comment in known["comments"]] == ["by ann"]
    assert [tie["target"] for tie in known["says_of"]["like"]] == [his.id]
    assert [message["text"] for message in known["messages"]] == ["secret"]
    assert either.counts(bob) == {"followers": 1, "following": 1, "likes_got": 1}
    forget(either.trade, ann)
    forget(either.trade, ann)
    assert either.counts(his.id).get("likes", 0) == 0
    assert "followers" not in either.counts(bob)
    left = export_of(either.trade, ann)
    assert not any(left.values())
    assert either.house.world.items.get_many([mine.id]) == {}
    shown = either.trade.comments.under(his.id, bob)[0]
    assert [(comment.state, comment.text, comment.replies) for comment in shown] == [("removed", "", 1)]
    assert either.trade.messages.threads(bob)[0] == []
