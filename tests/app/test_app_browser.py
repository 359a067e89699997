"""The app as people use it: by finger, by key, with and without an account, in both languages, without a network."""

import subprocess
from pathlib import Path
from typing import Any

import msgspec
import pytest
from playwright.sync_api import Page, expect

from tests.app.conftest import DESK, Server, Watched, place_of, present, sign_up, swipe, told

pytestmark = pytest.mark.timeout(480)  # the first of them waits for the server's first start


def _play(page: Page) -> None:
    expect(present(page).locator("video.playing")).to_have_count(1)


def _shows(page: Page, at: int) -> None:
    expect(present(page)).to_have_attribute("data-at", str(at))


def _sent(page: Page) -> list[dict[str, Any]]:
    """Events as they leave, from now on."""
    sent: list[dict[str, Any]] = []

    def note(request: Any) -> None:
        if request.url.endswith("/v1/events"):
            sent.extend(msgspec.json.decode(request.post_data_buffer)["events"])

    page.on("request", note)
    return sent


def test_the_first_page_brings_its_cards_and_its_picture_along(watched: Watched) -> None:
    page = watched.page()
    _play(page)
    asked = page.evaluate("performance.getEntriesByType('resource').map((one) => one.name)")
    assert not [url for url in asked if url.endswith(("/app/me", "/app/feed?tab=for_you&n=8"))]
    picture = page.locator("link[rel=preload][as=image]").get_attribute("href")
    assert picture == present(page).locator("video").get_attribute("poster")
    assert page.locator(".first-picture").count() == 0


def test_a_finger_moves_the_feed_and_far_films_are_let_go(watched: Watched) -> None:
    page = watched.page()
    sent = _sent(page)
    _play(page)
    for at in (1, 2, 3):
        swipe(page, -500)
        _shows(page, at)
        _play(page)
        # A finger that comes while the screen still glides only stops it.
        page.wait_for_timeout(600)
    assert page.evaluate("[...document.querySelectorAll('.reel video')].every((v) => v.src)")
    assert page.locator(".reel video").count() == 3
    swipe(page, 500)
    _shows(page, 2)
    page.wait_for_timeout(900)
    watches = [event for event in sent if event["outcome"] == "watch"]
    assert len(watches) >= 3
    assert all(0 < event["value"] < 60 for event in watches)


def test_keys_alone_are_enough(watched: Watched) -> None:
    page = watched.page("/", DESK)
    _play(page)
    page.keyboard.press("Tab")
    expect(page.locator(".skip-link")).to_be_focused()
    for _ in range(3):
        page.keyboard.press("ArrowDown")
    _shows(page, 3)
    page.keyboard.press("k")
    _shows(page, 2)
    page.keyboard.press("l")
    expect(present(page).locator(".action.heart")).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.keyboard.press("w")
    expect(page.get_by_role("dialog")).to_contain_text("Why am I seeing this?")


def test_a_wheel_moves_and_two_taps_like(watched: Watched) -> None:
    page = watched.page("/", DESK)
    _play(page)
    page.mouse.move(700, 450)
    page.mouse.wheel(0, 800)
    _shows(page, 1)
    present(page).locator(".picture").dblclick(position={"x": 120, "y": 300})
    expect(present(page).locator(".action.heart")).to_have_attribute("aria-pressed", "true")


def test_from_signing_up_to_talking_and_out_again(watched: Watched) -> None:
    page = watched.page("/signup?next=/")
    sign_up(page, "talker")
    _play(page)
    card = present(page)
    card.locator(".follow").click()
    expect(card.locator(".follow")).to_have_attribute("aria-pressed", "true")
    card.locator(".action.message-circle").click()
    page.fill("#comment-box", "<b>Bold</b> 👋 مرحبا")
    page.get_by_role("button", name="Send").click()
    expect(page.locator(".comment-text").first).to_have_text("<b>Bold</b> 👋 مرحبا")
    page.get_by_role("button", name="Answer").first.click()
    page.fill("#comment-box", "An answer")
    page.get_by_role("button", name="Send").click()
    expect(page.locator(".replies .comment-text")).to_have_text("An answer")
    page.keyboard.press("Escape")
    with page.expect_response(told("save")):
        card.locator(".action.bookmark").click()
    page.goto(watched.server.address + "/collections/kept")
    expect(page.locator(".tile")).to_have_count(1)
    page.goto(watched.server.address + "/settings")
    page.get_by_role("button", name="Sign out", exact=True).click()
    page.wait_for_url(watched.server.address + "/")
    assert not page.evaluate("fetch('/app/me').then((a) => a.json()).then((me) => me.signed_in)")


def test_a_card_that_is_not_wanted_leaves_and_comes_back(watched: Watched) -> None:
    page = watched.page()
    _play(page)
    present(page).locator(".action.ellipsis").click()
    page.get_by_role("button", name="Not interested").click()
    _shows(page, 1)
    page.get_by_role("button", name="Undo").click()
    _shows(page, 0)


def test_a_video_is_uploaded_and_watched_in_pieces(watched: Watched, tmp_path: Path) -> None:
    clip = tmp_path / "clip.mp4"
    picture, sound = "testsrc2=s=240x426:r=24:d=2", "sine=440:d=2"
    command = ["ffmpeg", "-v", "error", "-f", "lavfi", "-i", picture, "-f", "lavfi", "-i", sound]
    subprocess.run([*command, "-pix_fmt", "yuv420p", "-shortest", str(clip)], check=True)
    page = watched.page("/signup?next=/make")
    sign_up(page, "filmer")
    page.set_input_files("input[type=file]", clip)
    page.fill("#field-title", "My first film")
    page.get_by_role("button", name="Publish").click()
    page.wait_for_url("**/mine")
    expect(page.locator(".state.published")).to_have_text("On show", timeout=60_000)
    page.locator("li.mine a.tile").click()
    _play(page)
    assert page.evaluate("document.querySelector('video').currentSrc.startsWith('blob:')")


def test_what_is_recorded_here_has_a_length(watched: Watched) -> None:
    page = watched.page("/signup?next=/make")
    sign_up(page, "recorder")
    lengths: list[str] = []
    page.on("request", lambda asked: lengths.append(asked.url) if "/app/reach" in asked.url else None)
    page.get_by_role("button", name="Record", exact=True).click()
    page.get_by_role("button", name="Begin recording").click()
    page.wait_for_timeout(2_500)
    page.locator("button.record").click()
    expect(page.locator(".reasons li").first).to_be_visible()
    assert lengths and "Infinity" not in lengths[-1]


def test_signing_in_leads_to_a_page_outside_the_app_too(watched: Watched) -> None:
    page = watched.page("/signup?next=/creator")
    sign_up(page, "crosser")
    page.wait_for_url("**/creator")
    expect(page.get_by_role("heading", level=1)).to_contain_text("crosser")


def test_the_language_and_the_light_change_and_stay(watched: Watched) -> None:
    page = watched.page("/settings")
    page.get_by_label("Light or dark").select_option("dark")
    page.get_by_label("Language").select_option("zh-CN")
    expect(page.locator("html")).to_have_attribute("lang", "zh-CN")
    expect(page.get_by_role("heading", level=1)).to_have_text("设置")
    page.goto(watched.server.address + "/topics")
    assert page.evaluate("[document.documentElement.lang, document.documentElement.dataset.theme]") == ["zh-CN", "dark"]


def test_events_outlive_a_restart_and_are_counted_once(watched: Watched, server: Server) -> None:
    page = watched.page("/v/v1")
    _play(page)
    page.wait_for_timeout(1_000)
    before = _likes(server)
    watched.is_quiet = False
    server.stop()
    try:
        page.locator(".action.heart").click()
        page.wait_for_timeout(1_500)
        assert _kept(page) >= 1
    finally:
        server.start()
    page.goto(server.address + "/topics")
    page.evaluate("import('/static/app/outbox.js').then((o) => o.flush()).then(() => true)")
    page.wait_for_timeout(500)
    assert _kept(page) == 0
    server.wait(lambda: _likes(server) > before)
    assert _likes(server) == before + 1


def _likes(server: Server) -> int:
    return int(msgspec.json.decode(server.read("/app/videos/v1"))["counts"]["likes"])


def _kept(page: Page) -> int:
    """Events that lie in the browser's own database."""
    count = page.evaluate("""() => new Promise((resolve) => {
        const opening = indexedDB.open("walras", 1);
        opening.onsuccess = () => {
          const all = opening.result.transaction("events").objectStore("events").count();
          all.onsuccess = () => resolve(all.result);
        };
    })""")
    return int(count)


def test_without_a_network_a_page_says_so_and_nothing_stale_is_shown(watched: Watched) -> None:
    page = watched.page("/topics")
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    watched.is_quiet = False
    page.context.set_offline(True)
    page.goto(watched.server.address + "/inbox")
    expect(page.get_by_role("heading", level=1)).to_have_text("No connection")
    page.context.set_offline(False)
    page.goto(watched.server.address + "/topics")
    expect(page.get_by_role("heading", level=1)).to_have_text("Topics")
    kept = page.evaluate("caches.open('walras-files-1').then((c) => c.keys()).then((k) => k.map((r) => r.url))")
    assert all("/static/" in url or url.endswith("/offline") for url in kept)


def test_the_young_see_when_their_day_is_over(watched: Watched) -> None:
    page = watched.page("/signup?next=/settings")
    sign_up(page, "young", "2011")
    expect(page.get_by_text("Until 18 teen mode stays on")).to_be_visible()
    page.get_by_label("Minutes a day").fill("1")
    page.get_by_label("Minutes a day").press("Tab")
    refusal = '{"status":403,"code":"teen-time","detail":"the minutes of today are used up"}'
    watched.is_quiet = False
    page.route(
        "**/app/feed?*", lambda route: route.fulfill(status=403, body=refusal, content_type="application/problem+json")
    )
    page.goto(watched.server.address + "/")
    expect(page.get_by_role("alert")).to_contain_text("Enough for today")


def test_the_manifest_lets_a_device_install_the_app(server: Server) -> None:
    manifest = msgspec.json.decode(server.read("/app.webmanifest"))
    assert manifest["display"] == "standalone"
    assert {icon["sizes"] for icon in manifest["icons"]} == {"192x192", "512x512"}
    assert all(server.read(icon["src"])[:4] == b"\x89PNG" for icon in manifest["icons"])


def test_the_place_is_kept_when_one_comes_back(watched: Watched) -> None:
    page = watched.page("/", DESK)
    _play(page)
    page.keyboard.press("ArrowDown")
    _shows(page, 1)
    page.get_by_role("link", name="Topics").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Topics")
    page.go_back()
    _shows(page, 1)
    assert place_of(page) == 1
