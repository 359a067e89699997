"""What people do with each other and with their accounts, in real browsers: talk, block, hide, take along, leave."""

import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, expect

from tests.app.conftest import DESK, PASSWORD, Server, Watched, present, sign_up, told

# What a finger has to find and is too small for it; links inside a text are as high as the text.
_TOUCHED = "button, input, select, textarea, summary, nav a, a.button, .actions a"
_SMALL = """(touched) => [...document.querySelectorAll(touched)].flatMap((one) => {
  const { width, height } = (one.type === "checkbox" && one.closest("label") || one).getBoundingClientRect();
  if (!width || !height || one.closest("[inert], .unseen")) return [];
  const name = `${one.tagName} ${one.className} ${one.getAttribute("aria-label") ?? one.textContent}`.slice(0, 60);
  return Math.min(width, height) < 43.9 ? [`${name} ${width} x ${height}`] : [];
})"""


def _get(page: Page, path: str) -> Any:
    return page.evaluate("(path) => fetch(path).then((answer) => answer.json())", path)


def test_two_who_follow_each_other_talk_while_both_look(watched: Watched) -> None:
    one, other = watched.page("/signup?next=/topics"), watched.page("/signup?next=/topics")
    sign_up(one, "anna")
    sign_up(other, "bert")
    for page, whom in ((one, "bert"), (other, "anna")):
        page.goto(f"{watched.address}/u/{whom}")
        with page.expect_response(told("follow")):
            page.get_by_role("button", name="Follow", exact=True).click()
        expect(page.get_by_role("button", name="Following", exact=True)).to_be_visible()
    # Whoever follows back may write from that moment on, without loading the page anew.
    expect(other.get_by_role("link", name="Write")).to_be_visible()
    one.goto(f"{watched.address}/u/bert")
    one.get_by_role("link", name="Write").click()
    other.goto(f"{watched.address}/topics")
    one.fill("#message-box", "Hello 你好")
    one.keyboard.press("Enter")
    expect(other.locator(".tab .badge")).to_be_visible()
    other.goto(f"{watched.address}/messages")
    other.get_by_role("link", name="anna Lee").click()
    expect(other.locator(".bubble")).to_contain_text("Hello 你好")
    other.fill("#message-box", "And to you")
    other.keyboard.press("Enter")
    expect(one.locator(".bubble:not(.mine)")).to_contain_text("And to you")
    # What is read on the screen is not counted; that somebody follows her is.
    expect(one.locator(".tab .badge")).to_have_text("1")


def test_a_passkey_is_made_signs_in_and_is_put_away(watched: Watched, server: Server) -> None:
    watched.server = replace(server, host="localhost")
    page = watched.page("/signup?next=/settings")
    sign_up(page, "keeper")
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    options = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True}
    made = {"options": {**options, "isUserVerified": True, "automaticPresenceSimulation": True}}
    authenticator = session.send("WebAuthn.addVirtualAuthenticator", made)["authenticatorId"]
    page.get_by_role("button", name="Make a passkey").click()
    expect(page.get_by_role("button", name="Forget this passkey")).to_have_count(1)
    page.get_by_role("button", name="Sign out", exact=True).click()
    page.wait_for_url(f"{watched.address}/")
    page.goto(f"{watched.address}/signin?next=/settings")
    page.get_by_role("button", name="With a passkey").click()
    page.wait_for_url("**/settings")
    expect(page.get_by_role("link", name="@keeper")).to_be_visible()
    session.send("WebAuthn.setUserVerified", {"authenticatorId": authenticator, "isUserVerified": False})
    page.goto(f"{watched.address}/signin")
    page.get_by_role("button", name="With a passkey").click()
    expect(page.locator(".note")).to_contain_text("No passkey was used")


def test_push_is_asked_for_and_said_no_to(watched: Watched) -> None:
    page = watched.page("/signup?next=/settings")
    sign_up(page, "woken")
    page.evaluate("""() => (PushManager.prototype.subscribe = async () => {
      if (window.isAllowed) return { toJSON: () => window.isAllowed };
      throw new DOMException("no", "NotAllowedError");
    })""")
    push = page.get_by_role("switch", name="Also")
    push.click()
    expect(page.locator(".note")).to_contain_text("does not let us")
    expect(push).not_to_be_checked()
    keys = {"p256dh": "BNcRdreALRFXTkOOUHK1EtK2wtaz5Ry4YfYCA_0QTpQtUbVlUls0VJXg7A8u", "auth": "tBHItJI5svbpez7KI4CCXg"}
    page.evaluate("(said) => (window.isAllowed = said)", {"endpoint": "https://push.example.org/1", "keys": keys})
    with page.expect_response("**/app/settings"):
        push.click()
    expect(push).to_be_checked()
    assert _get(page, "/app/settings")["notifications"]["push"]


def test_what_is_reported_collected_and_blocked_stays_so(watched: Watched) -> None:
    page = watched.page("/signup?next=/collections")
    sign_up(page, "chooser")
    page.get_by_role("button", name="New", exact=True).click()
    page.fill("#field-title", "Evenings")
    page.get_by_role("button", name="Make", exact=True).click()
    expect(page.get_by_role("link", name="Evenings")).to_be_visible()
    page.goto(f"{watched.address}/v/v0")
    _more(page, "Put into a collection")
    page.get_by_role("button", name="Evenings").click()
    expect(page.locator(".note")).to_contain_text("Evenings")
    _more(page, "Report")
    page.get_by_role("button", name="Spam").click()
    expect(page.locator(".note")).to_be_visible()
    page.context.grant_permissions(["clipboard-write", "clipboard-read"])
    present(page).locator(".action.share").click()
    expect(present(page).locator(".action.share .figures")).not_to_have_text("0")
    page.goto(f"{watched.address}/settings")
    page.fill("#blocked-word", "noodles")
    page.keyboard.press("Enter")
    expect(page.locator(".chip", has_text="noodles")).to_be_visible()
    page.goto(f"{watched.address}/")
    expect(present(page).locator("h2")).to_be_visible()
    assert not [card for card in _get(page, "/app/feed?tab=for_you&n=10")["cards"] if "Noodles" in card["title"]]
    handle = _get(page, "/app/videos/v2")["maker"]["handle"]
    page.goto(f"{watched.address}/u/{handle}")
    with page.expect_response(told("block")):
        page.get_by_role("button", name="Block", exact=True).click()
    watched.is_quiet = False
    page.goto(f"{watched.address}/v/v2")
    expect(page.get_by_role("alert")).to_be_visible()
    page.goto(f"{watched.address}/settings")
    page.get_by_role("button", name="Unblock").click()
    page.goto(f"{watched.address}/v/v2")
    expect(present(page).locator(".card h2")).to_be_visible()


def _more(page: Page, name: str) -> None:
    present(page).locator(".action.ellipsis").click()
    page.get_by_role("dialog").get_by_role("button", name=name).click()


def test_everything_is_taken_along_and_the_account_left(watched: Watched, tmp_path: Path) -> None:
    page = watched.page("/signup?next=/settings", DESK)
    sign_up(page, "leaver")
    with page.expect_download() as coming:
        page.get_by_role("link", name="Take my data along").click()
    coming.value.save_as(tmp_path / "mine.zip")
    with zipfile.ZipFile(tmp_path / "mine.zip") as kept:
        assert any(b"leaver" in kept.read(name) for name in kept.namelist() if name.endswith(".json"))
    page.get_by_role("button", name="Delete my account").click()
    page.fill("#field-password", PASSWORD)
    page.get_by_role("dialog").get_by_role("button", name="Delete it").click()
    page.wait_for_url(f"{watched.address}/")
    expect(page.locator(".note")).to_be_visible()
    assert not _get(page, "/app/me")["signed_in"]
    page.goto(f"{watched.address}/signin?next=/settings")
    page.fill("#field-login", "leaver")
    page.fill("#field-password", PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.get_by_role("button", name="Stay").click()
    expect(page.get_by_role("button", name="Stay")).to_have_count(0)


def test_a_finger_finds_every_button(watched: Watched) -> None:
    page = watched.page("/signup?next=/settings")
    sign_up(page, "fingers")
    small = {}
    for path in ("/", "/settings", "/topics", "/feeds", "/u/fingers", "/make", "/inbox", "/collections", "/signin"):
        page.goto(f"{watched.address}{path}")
        page.wait_for_selector("main :is(h1, .card)", state="attached")
        page.wait_for_timeout(300)
        small[path] = page.evaluate(_SMALL, _TOUCHED)
    assert not {path: found for path, found in small.items() if found}


def test_one_language_says_everything(watched: Watched) -> None:
    page = watched.page("/signup?next=/settings")
    sign_up(page, "reader")
    page.get_by_label("Language").select_option("zh-CN")
    expect(page.locator("html")).to_have_attribute("lang", "zh-CN")
    page.goto(f"{watched.address}/")
    why = present(page).locator(".why span")
    expect(why).to_be_visible()
    assert any("\u4e00" <= sign <= "\u9fff" for sign in why.inner_text())
