"""The app's routes through the real guard: who may what, bad input, and that nobody sees what is not hers."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

import httpx
import msgspec
import pytest

from tests.doors.stand_in import StandIn
from tests.lines.video.parlour import Parlour
from walras.base.settings import Settings
from walras.doors.api import build_app
from walras.features import State
from walras.lines.video.comments import Saying
from walras.lines.video.opening import routes_over
from walras.web.people import SIGN_IN_COOKIE

BROWSER = "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0"
Open = Callable[[str], httpx.AsyncClient]


@dataclass
class App:
    """The application and a browser for each person."""

    parlour: Parlour
    transport: httpx.ASGITransport

    def guest(self) -> httpx.AsyncClient:
        return self._browser({})

    def browser(self, person: str) -> httpx.AsyncClient:
        made = self.parlour.house.world.sign_ins.begin(person, way="password", agent="Firefox on Linux", address="")
        return self._browser({"cookie": f"{SIGN_IN_COOKIE}={made.token}"})

    def _browser(self, headers: dict[str, str]) -> httpx.AsyncClient:
        own = {"user-agent": BROWSER, "sec-fetch-site": "same-origin", **headers}
        return httpx.AsyncClient(transport=self.transport, base_url="http://walras", headers=own)


@pytest.fixture
async def app(parlour: Parlour) -> AsyncIterator[App]:
    house = parlour.house
    engine = StandIn(
        house.log, house.world, house.registry, house.clock, Settings(disk_free_mb_min=0), State(house.registry)
    )
    built = build_app(engine, routes_over(parlour.trade))  # type: ignore[arg-type]
    yield App(parlour, httpx.ASGITransport(built, client=("192.0.2.7", 1234)))  # type: ignore[arg-type]


async def test_a_guest_gets_the_feed_and_each_card_says_why(app: App) -> None:
    ann = app.parlour.person("ann")
    videos = [app.parlour.video(ann, title=f"Day {n}", topics=("sea",)).id for n in range(3)]
    async with app.guest() as guest:
        fed = (await guest.get("/app/feed?tab=for_you&n=6")).json()
    assert [card["id"] for card in fed["cards"]] == videos[::-1]
    card = fed["cards"][0]
    assert (card["page"], card["place"], card["why"]["source"]) == (fed["page"], 0, "fresh")
    assert card["maker"] == {
        "id": ann, "handle": "ann", "name": "Ann", "avatar": "", "followed": False, "mutual": False,
        "verified": False, "mine": False,
    }  # fmt: skip
    assert card["topics"] == [{"id": "sea", "title": "sea", "language": "en", "same": []}]
    assert set(card) >= {"title", "caption", "created_ms", "duration_s", "width", "height", "language", "state"}
    assert set(card) >= {"hls", "mp4", "poster", "preview", "captions", "commercial", "link", "music", "place_name"}
    assert card["counts"] == {"views": 0, "likes": 0, "comments": 0, "shares": 0, "saves": 0}


async def test_friends_and_nearby_are_honest_lists(app: App) -> None:
    ann, bob, eve = (app.parlour.person(name) for name in ("ann", "bob", "eve"))
    app.parlour.follow((ann, bob), (bob, ann), (ann, eve))
    friend = app.parlour.video(bob, audience="mutuals")
    app.parlour.video(eve, place="Lisbon")
    async with app.browser(ann) as browser:
        friends = (await browser.get("/app/feed?tab=friends")).json()["cards"]
        near = (await browser.get("/app/feed?tab=nearby&place=Lisbon")).json()["cards"]
        nowhere = (await browser.get("/app/feed?tab=nearby")).json()["cards"]
        wrong = await browser.get("/app/feed?tab=mall")
    assert nowhere == []
    assert [card["id"] for card in friends] == [friend.id]
    assert friends[0]["why"]["source"] == "newest"
    assert [card["place_name"] for card in near] == ["Lisbon"]
    assert (wrong.status_code, wrong.json()["code"]) == (400, "invalid")


async def test_a_like_is_seen_at_once_and_two_are_one(app: App) -> None:
    ann, bob = app.parlour.person("ann"), app.parlour.person("bob")
    video = app.parlour.video(ann)
    async with app.browser(bob) as browser:
        for n in range(2):
            sent = await browser.post("/v1/events", json={"outcome": "like", "item": video.id, "id": f"x{n}"})
            assert sent.status_code == 200, sent.text
        card = (await browser.get(f"/app/videos/{video.id}")).json()
        assert (card["mine"], card["counts"]["likes"]) == ({"liked": True, "saved": False}, 1)
        back = {"outcome": "retract", "item": video.id, "context": {"of": "like"}}
        app.parlour.clock.instant_ms += 5
        await browser.post("/v1/events", json=back)
        card = (await browser.get(f"/app/videos/{video.id}")).json()
        assert (card["mine"]["liked"], card["counts"]["likes"]) == (False, 0)


async def test_somebody_elses_draft_is_not_there(app: App) -> None:
    ann, eve = app.parlour.person("ann"), app.parlour.person("eve")
    async with app.browser(ann) as browser:
        asset = app.parlour.asset(ann)
        draft = (await browser.post("/app/videos", json={"asset": asset.id})).json()
        assert (draft["state"], draft["asset_state"], draft["playable"]) == ("draft", "ready", True)
        named = await browser.patch(f"/app/videos/{draft['id']}", json={"title": "<b>Sea</b> 🌊", "topics": ["Sea"]})
        assert named.json()["title"] == "<b>Sea</b> 🌊"
    async with app.browser(eve) as browser:
        path = f"/app/videos/{draft['id']}"
        tries = [
            await browser.get(path),
            await browser.patch(path, json={"title": "mine"}),
            await browser.post(f"{path}/publish"),
            await browser.post(f"{path}/retry"),
            await browser.delete(path),
            await browser.get(f"/app/mine/{draft['id']}"),
            await browser.post(f"{path}/comments", json={"text": "hi"}),
            await browser.get(f"{path}/comments"),
        ]
        assert [tried.status_code for tried in tries] == [404] * 8
        assert (await browser.get("/app/mine")).json()["videos"] == []
    async with app.browser(ann) as browser:
        published = (await browser.post(f"/app/videos/{draft['id']}/publish")).json()
        assert (published["state"], published["cause"]) == ("published", "")
        mine = (await browser.get(f"/app/mine/{draft['id']}")).json()
        assert [step["after"] for step in mine["steps"]] == ["draft", "processing", "review", "published"]
        assert mine["measured"]["completion"] == [0] * 10


async def test_comments_in_threads(app: App) -> None:
    ann, bob, eve = (app.parlour.person(name) for name in ("ann", "bob", "eve"))
    video = app.parlour.video(ann)
    path = f"/app/videos/{video.id}/comments"
    async with app.browser(bob) as one, app.browser(eve) as two, app.browser(ann) as maker:
        said = (await one.post(path, json={"id": "a", "text": "שלום 🎉 <script>", "parent": ""})).json()
        assert (said["text"], said["mine"], said["author"]["is_maker"]) == ("שלום 🎉 <script>", True, False)
        reply = (await two.post(path, json={"text": "@bob yes", "parent": said["id"]})).json()
        app.parlour.clock.instant_ms += 1
        deeper = (await maker.post(path, json={"text": "thanks", "parent": reply["id"]})).json()
        assert (reply["parent"], deeper["parent"], reply["mentions"]) == (said["id"], said["id"], ["bob"])
        await two.put(f"/app/comments/{said['id']}/like")
        liked = (await two.put(f"/app/comments/{said['id']}/like")).json()
        assert (liked["likes"], liked["liked"]) == (1, True)
        assert (await two.put(f"/app/comments/{said['id']}/pin")).status_code == 404
        assert (await maker.put(f"/app/comments/{said['id']}/pin")).json()["pinned"] is True
        found = (await one.get(path)).json()
        assert [(c["id"], c["replies"]) for c in found["comments"]] == [(said["id"], 2)]
        assert found["count"] == 3
        replies = (await one.get(path, params={"parent": said["id"]})).json()["comments"]
        assert [c["id"] for c in replies] == [reply["id"], deeper["id"]]
        assert (await two.delete(f"/app/comments/{said['id']}")).status_code == 404
        assert (await one.delete(f"/app/comments/{said['id']}")).status_code == 204
        left = (await two.get(path)).json()["comments"]
        assert [(c["removed"], c["text"], c["author"]["handle"]) for c in left] == [(True, "", "")]
        kinds = {notice["kind"] for notice in (await one.get("/app/inbox")).json()["notices"]}
        assert kinds == {"mention", "reply", "comment_like"}


async def test_a_guests_like_has_no_name(app: App) -> None:
    ann = app.parlour.person("ann")
    video = app.parlour.video(ann)
    async with app.guest() as guest, app.browser(ann) as browser:
        await guest.get("/app/feed")
        assert (await guest.post("/v1/events", json={"outcome": "like", "item": video.id})).status_code == 200
        (notice,) = (await browser.get("/app/inbox")).json()["notices"]
    assert (notice["actor"], notice["values"]["name"], notice["text_key"]) == (None, "Somebody", "notice.like")


async def test_a_removed_video_has_closed_comments(app: App) -> None:
    ann, bob = app.parlour.person("ann"), app.parlour.person("bob")
    video = app.parlour.video(ann)
    async with app.browser(ann) as maker, app.browser(bob) as browser:
        assert (await maker.delete(f"/app/videos/{video.id}")).status_code == 204
        assert (await maker.delete(f"/app/videos/{video.id}")).status_code == 204
        tried = await browser.post(f"/app/videos/{video.id}/comments", json={"text": "hello"})
        assert (tried.status_code, tried.json()["code"]) == (410, "gone")
        assert (await browser.get(f"/app/videos/{video.id}")).status_code == 404
        assert (await browser.get("/app/feed")).json()["cards"] == []


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"text": ""}, 400),
        ({"text": " \u202e\x00 "}, 400),
        ({"text": "x" * 501}, 400),
        ({"text": "x" * 500}, 200),
        ({"text": "😀" * 500}, 200),
        ({"text": "hi", "parent": "c-nobody"}, 404),
        ({"text": "hi", "id": "\n"}, 400),
        ({"text": "hi", "else": 1}, 400),
        ({"text": 5}, 400),
        ([], 400),
        ({"text": "y" * 200_000}, 413),
    ],
)
async def test_what_a_comment_may_be(app: App, body: object, status: int) -> None:
    ann, bob = app.parlour.person("ann"), app.parlour.person("bob")
    video = app.parlour.video(ann)
    async with app.browser(bob) as browser:
        said = await browser.post(f"/app/videos/{video.id}/comments", json=body)
    assert said.status_code == status, said.text


async def test_a_guest_may_look_and_not_speak(app: App) -> None:
    ann = app.parlour.person("ann")
    video = app.parlour.video(ann)
    async with app.guest() as guest:
        assert (await guest.get(f"/app/videos/{video.id}")).status_code == 200
        assert (await guest.get("/app/people/ann")).json()["videos"] == 1
        assert (await guest.get("/app/topics")).status_code == 200
        for method, path in (
            ("POST", f"/app/videos/{video.id}/comments"), ("POST", "/app/videos"), ("GET", "/app/inbox"),
            ("GET", "/app/mine"), ("GET", "/app/messages"), ("POST", "/app/collections"), ("GET", "/app/live"),
        ):  # fmt: skip
            assert (await guest.request(method, path, json={})).status_code == 401, path


async def test_another_sites_page_may_not_comment(app: App) -> None:
    ann, bob = app.parlour.person("ann"), app.parlour.person("bob")
    video = app.parlour.video(ann)
    async with app.browser(bob) as browser:
        tried = await browser.post(
            f"/app/videos/{video.id}/comments",
            json={"text": "hi"},
            headers={"origin": "http://evil.example", "sec-fetch-site": "cross-site"},
        )
    assert tried.status_code == 403


@pytest.mark.parametrize("id", ["%00", "v%2F..%2F", "x" * 300, "%F0%9F%98%80", "v'--", "%ff"])
async def test_odd_ids_are_not_found_or_refused(app: App, id: str) -> None:
    bob = app.parlour.person("bob")
    async with app.browser(bob) as browser:
        for path in (f"/app/videos/{id}", f"/app/videos/{id}/comments", f"/app/people/{id}", f"/app/collections/{id}",
                     f"/app/messages/{id}", f"/app/mine/{id}", f"/media/{id}/poster.jpg"):  # fmt: skip
            assert (await browser.get(path)).status_code in (400, 404), path
        assert (await browser.delete(f"/app/comments/{id}")).status_code in (400, 404)
        assert (await browser.get(f"/app/topics/{id}")).status_code in (200, 400)


@pytest.mark.parametrize("cursor", ["x", "1.2", "9" * 30, ".", "%00", "1.x.y", "-1"])
async def test_odd_cursors_are_no_fault_of_ours(app: App, cursor: str) -> None:
    ann = app.parlour.person("ann")
    video = app.parlour.video(ann)
    async with app.browser(ann) as browser:
        for path in (f"/app/videos/{video.id}/comments", "/app/people/ann/videos", "/app/people/ann/followers",
                     "/app/inbox", "/app/messages", "/app/mine", "/app/kept", "/app/topics/sea"):  # fmt: skip
            assert (await browser.get(f"{path}?cursor={cursor}")).status_code < 500, path


async def test_people_follow_and_write(app: App) -> None:
    ann, bob, eve = (app.parlour.person(name) for name in ("ann", "bob", "eve"))
    async with app.browser(ann) as one, app.browser(bob) as two, app.browser(eve) as three:
        assert (await one.post("/app/messages/bob", json={"text": "hi"})).status_code == 403
        await one.post("/v1/events", json={"outcome": "follow", "owner": bob})
        await two.post("/v1/events", json={"outcome": "follow", "owner": ann})
        profile = (await one.get("/app/people/bob")).json()
        stranger = (await three.get("/app/people/bob")).json()
        assert (stranger["may_message"], stranger["takes_messages"]) == (False, True)
        assert (profile["mutual"], profile["followers"], profile["follows_me"], profile["may_message"]) == (
            True, 1, True, True,
        )  # fmt: skip
        sent = (await one.post("/app/messages/bob", json={"text": "hi <b>", "id": "own"})).json()
        again = (await one.post("/app/messages/bob", json={"text": "hi <b>", "id": "own"})).json()
        assert sent["id"] == again["id"]
        threads = (await two.get("/app/messages")).json()
        assert (threads["unread"], threads["threads"][0]["with"]["handle"]) == (1, "ann")
        read = (await two.get("/app/messages/ann")).json()
        assert [(m["text"], m["mine"]) for m in read["messages"]] == [("hi <b>", False)]
        assert (await two.get("/app/messages")).json()["unread"] == 0
        assert (await three.get("/app/messages/ann")).status_code == 403
        app.parlour.clock.instant_ms += 5
        await two.post("/v1/events", json={"outcome": "block", "owner": ann})
        assert (await one.post("/app/messages/bob", json={"text": "why"})).status_code == 403
        assert (await one.get("/app/people/bob")).status_code == 404
        assert (await two.get("/app/people/ann/followers")).json()["people"] == []


async def test_collections_and_series(app: App) -> None:
    ann, eve = app.parlour.person("ann"), app.parlour.person("eve")
    videos = [app.parlour.video(ann, title=f"Part {n}").id for n in range(3)]
    async with app.browser(ann) as browser, app.browser(eve) as other:
        made = (await browser.post("/app/collections", json={"title": "Story", "kind": "series"})).json()
        path = f"/app/collections/{made['id']}"
        for video in (videos[2], videos[0], videos[0], videos[1]):
            assert (await browser.put(f"{path}/videos/{video}")).status_code == 204
        await browser.put(path, json={"videos": videos})
        assert [card["id"] for card in (await other.get(path)).json()["cards"]] == videos
        following = (await other.get(f"/app/videos/{videos[0]}/next")).json()
        assert (following["series"], following["card"]["id"]) == (made["id"], videos[1])
        assert (await other.put(path, json={"title": "mine"})).status_code == 404
        assert (await other.delete(path)).status_code == 404
        assert (await browser.delete(f"{path}/videos/{videos[0]}")).status_code == 204
        assert (await browser.delete(path)).status_code == 204
        assert (await browser.get(path)).status_code == 404


async def test_media_of_a_draft_is_its_makers_alone(app: App, tmp_path: object) -> None:
    from pathlib import Path

    ann, eve = app.parlour.person("ann"), app.parlour.person("eve")
    poster = Path(str(tmp_path)) / "poster.jpg"
    poster.write_bytes(b"\xff\xd8\xff\xd9")
    known = app.parlour.asset(ann)
    asset = app.parlour.house.studio.adopt(ann, {"poster.jpg": poster}, known)
    draft = app.parlour.trade.publishing.begin(ann, asset.id)
    async with app.browser(ann) as maker, app.browser(eve) as other, app.guest() as guest:
        assert [(await who.get(asset.poster)).status_code for who in (maker, other, guest)] == [200, 404, 404]
        app.parlour.trade.publishing.publish(ann, draft.id)
        app.parlour.clock.instant_ms += 3_000
        assert [(await who.get(asset.poster)).status_code for who in (maker, other, guest)] == [200, 200, 200]
        app.parlour.trade.publishing.decide(draft.id, "remove", "no", "rita")
        app.parlour.clock.instant_ms += 3_000
        assert [(await who.get(asset.poster)).status_code for who in (other, guest)] == [404, 404]


async def test_words_that_somebody_blocked_hide_videos_and_comments_from_her_alone(app: App) -> None:
    ann, bob = app.parlour.person("ann"), app.parlour.person("bob")
    shown, hidden = app.parlour.video(ann, title="A calm sea"), app.parlour.video(ann, title="Spiders at home")
    for text in ("no spiders here", "waves"):
        app.parlour.trade.comments.say(ann, shown.id, Saying(text=text))
    accounts = app.parlour.house.world.accounts
    settings = accounts.get(bob).settings
    accounts.settle(bob, msgspec.structs.replace(settings, blocked_words=("spiders",)))
    async with app.browser(bob) as browser:
        cards = (await browser.get("/app/feed?tab=for_you&n=6")).json()["cards"]
        said = (await browser.get(f"/app/videos/{shown.id}/comments")).json()["comments"]
    assert [card["id"] for card in cards] == [shown.id]
    assert [one["text"] for one in said] == ["waves"]
    async with app.browser(ann) as browser:
        assert len((await browser.get(f"/app/videos/{shown.id}/comments")).json()["comments"]) == 2
        assert (await browser.get(f"/app/videos/{hidden.id}")).status_code == 200


async def test_dials_and_saved_feeds_are_hers_alone(app: App) -> None:
    ann, eve = app.parlour.person("ann"), app.parlour.person("eve")
    async with app.browser(ann) as hers, app.browser(eve) as other:
        put = await hers.put("/app/dials", json={"mood": "calm", "length": -0.5})
        assert (put.status_code, put.json()["mood"], put.json()["length"]) == (200, "calm", -0.5)
        assert (await hers.get("/app/dials")).json() == put.json()
        assert (await other.get("/app/dials")).json()["mood"] == "any"
        saved = (await hers.post("/app/feeds", json={"name": "Evening", "dials": {"novelty": 1.0}})).json()
        path = f"/app/feeds/{saved['id']}"
        body = {"name": "Mine now", "dials": {}}
        tries = [await other.put(path, json=body), await other.delete(path)]
        assert [(one.status_code, one.json()["code"]) for one in tries] == [(404, "not-found")] * 2
        assert (await hers.get("/app/feeds")).json()["feeds"] == [saved]
        assert (await other.get("/app/feeds")).json() == {"feeds": []}
        kept = (await hers.get("/app/feeds/export")).json()
        assert (kept["dials"]["mood"], kept["feeds"]) == ("calm", [saved])
        assert (await other.get("/app/feeds/export")).json()["feeds"] == []
        assert (await hers.put(path, json=body)).json()["name"] == "Mine now"
        await hers.delete(path)
        assert (await hers.get("/app/feeds")).json() == {"feeds": []}
        assert (await hers.put(path, json=body)).status_code == 404


@pytest.mark.parametrize("body", [{"mood": "angry"}, {"length": 7}, {"novelty": "much"}, []])
async def test_odd_dials_are_refused_and_change_nothing(app: App, body: object) -> None:
    async with app.browser(app.parlour.person("ann")) as browser:
        before = (await browser.get("/app/dials")).json()
        assert (await browser.put("/app/dials", json=body)).status_code in (400, 422)
        assert (await browser.get("/app/dials")).json() == before


async def test_reach_and_contract_are_for_makers_of_their_own(app: App) -> None:
    ann, eve = app.parlour.person("ann"), app.parlour.person("eve")
    video = app.parlour.video(ann)
    app.parlour.trade.claims.promise_new()
    async with app.guest() as guest, app.browser(ann) as hers, app.browser(eve) as other:
        assert (await guest.get("/app/reach")).status_code == 401
        reach = (await hers.get("/app/reach?topics=Sea,%23sun&duration_s=12.5")).json()
        assert reach["low"] <= reach["mid"] <= reach["high"] and len(reach["reasons"]) == 3
        for odd in ("-1", "86401", "nan", "long"):
            wrong = await hers.get(f"/app/reach?duration_s={odd}")
            assert (wrong.status_code, wrong.json()["code"]) == (400, "invalid"), odd
        path = f"/app/videos/{video.id}/contract"
        contract = (await hers.get(path)).json()
        assert (contract["promised"], contract["delivered"], contract["price_most_yuan"]) == (300, 0, 0.05)
        assert (await other.get(path)).status_code == 404
        assert (await hers.get("/app/videos/nothing/contract")).status_code == 404
