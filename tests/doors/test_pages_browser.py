"""The screens as people meet them: a real Chromium over a real server, by pointer, by keyboard and offline.

Every page is watched: a line in the console, a request that leaves this server, or a scroll bar to the side fails the
test. Pictures of each screen go to artefacts/screens.
"""

import re
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import msgspec
import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.doors.live import serving
from tests.doors.shown import Shown, furnish
from tests.doors.stand_in import stand_in
from walras.base.settings import Settings
from walras.doors.api import build_app
from walras.doors.pages import PAGE_SCOPES, page_routes
from walras.doors.reference import statics
from walras.schema import ModelStatus, TrainingStatus

PICTURES = Path(__file__).parents[2] / "artefacts" / "screens"
DESK, PHONE = (1440, 900), (390, 844)
TARGET_PX = 44
Open = Callable[..., Page]


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shown]:
    with stand_in(tmp_path_factory.mktemp("home"), Settings(disk_free_mb_min=0)) as plain:
        engine = Shown(plain.log, plain.world, plain.registry, plain.clock, plain.settings, plain.state)
        furnish(engine)
        yield engine


@pytest.fixture(scope="module")
def address(engine: Shown, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    secret = engine.world.keys.ensure_page_key(tmp_path_factory.mktemp("key"), PAGE_SCOPES)
    with serving(build_app(engine, page_routes(statics(), secret))) as url:
        yield url


@pytest.fixture
def open_page(chromium: Browser, address: str) -> Iterator[Open]:
    """Opens pages that are watched, and looks at the end whether anything was wrong on one of them."""
    wrong: list[str] = []
    contexts = []

    def open_at(
        path: str, size: tuple[int, int] = DESK, language: str = "en-US", scheme: Any = "light", quiet: bool = True
    ) -> Page:
        context = chromium.new_context(
            viewport={"width": size[0], "height": size[1]},
            locale=language,
            color_scheme=scheme,
            reduced_motion="reduce",
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(20_000)
        if quiet:
            page.on("console", lambda said: _note(wrong, said.text, said.type in ("error", "warning")))
        page.on("pageerror", lambda error: _note(wrong, str(error), True))
        page.on("request", lambda asked: _note(wrong, asked.url, not asked.url.startswith((address, "data:"))))
        page.goto(address + path)
        return page

    yield open_at
    for context in contexts:
        for page in context.pages:
            if not page.is_closed() and page.evaluate("document.documentElement.scrollWidth > innerWidth"):
                wrong.append(f"{page.url} is wider than the screen")
        context.close()
    assert not wrong


def _note(wrong: list[str], what: str, happened: bool) -> None:
    if happened:
        wrong.append(what)


def _cards(page: Page) -> Any:
    cards = page.locator("#cards > .card:not(.bones)")
    expect(cards).not_to_have_count(0)
    return cards


def _picture(page: Page, name: str) -> None:
    PICTURES.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=PICTURES / f"{name}.png")


def test_a_person_is_chosen_from_the_suggestions(open_page: Open) -> None:
    page = open_page("/console/feed")
    expect(page.locator("#some button")).to_have_count(2)
    _picture(page, "choice")
    page.get_by_role("combobox").fill("an")
    page.get_by_role("option", name="ann").click()
    expect(page).to_have_url(re.compile(r"\?person=ann$"))
    expect(page.get_by_role("heading", level=1)).to_have_text("The page of ann")
    expect(_cards(page)).to_have_count(10)
    expect(page.locator("#history .moment").first).to_contain_text("liked")
    expect(page.locator("#losers .loser")).to_have_count(8)
    expect(page.locator("#dropped .bar")).to_contain_text("seen before")


def test_each_card_says_what_it_is_worth_and_why(open_page: Open) -> None:
    page = open_page("/console/feed?person=bo")
    card = _cards(page).first
    expect(card.locator(".why")).to_contain_text("Many people choose it now")
    expect(card.locator(".yuan")).to_have_text(re.compile(r"^¥0\.\d{4}$"))
    card.locator("summary").click()
    rows = card.locator("tbody tr")
    expect(rows).to_have_count(5)
    figures = [_number(text) for text in card.locator("tbody td:last-child").all_inner_texts()]
    assert sum(figures) == pytest.approx(_number(card.locator("tfoot td").inner_text()), abs=5e-5)
    assert figures[:4] == sorted(figures[:4], key=abs, reverse=True)
    _picture(page, "worth")


def _number(money: str) -> float:
    return float(money.replace("¥", ""))


def test_liking_changes_the_next_page_and_the_history(open_page: Open, engine: Shown) -> None:
    page = open_page("/console/feed")
    page.get_by_role("button", name="A new person").click()
    liked = _cards(page).filter(has_text="kittens").first
    before = _topics(page)
    expect(page.locator("#facts")).to_contain_text("Nothing is known")
    liked.get_by_role("button", name="Like").click()
    expect(liked.get_by_role("button", name="Like")).to_have_attribute("aria-pressed", "true")
    expect(page.locator("#history .moment").first).to_contain_text("liked")
    page.get_by_role("button", name="Make the next page").click()
    expect(page.locator("#change")).to_contain_text("More of kittens")
    assert _topics(page).count("kittens") > before.count("kittens")
    expect(_cards(page).first.locator("article")).to_be_focused()
    person = page.locator("#person").input_value()
    outcomes = {event.outcome for event in engine.log.history(person, 100)}
    assert {"like", "exposure"} <= outcomes


def _topics(page: Page) -> list[str]:
    return [text.lower() for text in _cards(page).locator(".topics").all_inner_texts()]


def test_every_deed_reaches_the_log_with_its_page_and_place(open_page: Open, engine: Shown) -> None:
    page = open_page("/console/feed?person=dora")
    cards = _cards(page)
    cards.nth(1).get_by_role("button", name="Watch all").click()
    cards.nth(2).get_by_role("button", name="Follow").click()
    cards.nth(3).get_by_role("button", name="Skip").click()
    cards.nth(4).get_by_role("button", name="Not interested").click()
    expect(page.locator("#cards > .card.gone")).to_have_count(2)
    page.get_by_role("button", name="Make the next page").click()
    expect(page.locator("#change")).to_be_visible()
    events = {event.outcome: event for event in engine.log.history("dora", 100)}
    assert {"watch", "long_view", "follow", "skip", "dislike"} <= set(events)
    assert events["watch"].value > 1 and events["watch"].place == 1
    assert events["follow"].owner.startswith("studio-")
    assert {event.page for event in events.values()} == {events["skip"].page} != {""}


def test_a_refusal_can_be_taken_back(open_page: Open, engine: Shown) -> None:
    page = open_page("/console/feed?person=emil")
    _cards(page).nth(2).get_by_role("button", name="Not interested").click()
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("#cards > .card.gone")).to_have_count(0)
    page.get_by_role("button", name="Make the next page").click()
    expect(page.locator("#change")).to_be_visible()
    assert "dislike" not in {event.outcome for event in engine.log.history("emil", 100)}


def test_everything_works_by_keyboard(open_page: Open, engine: Shown) -> None:
    page = open_page("/console/feed?person=fay")
    _cards(page)
    page.keyboard.press("j")
    expect(_cards(page).nth(0).locator("article")).to_be_focused()
    page.keyboard.press("j")
    expect(_cards(page).nth(1).locator("article")).to_be_focused()
    page.keyboard.press("l")
    expect(_cards(page).nth(1).get_by_role("button", name="Like")).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("n")
    expect(page.locator("#change")).to_be_visible()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("/")
    expect(page.get_by_role("combobox")).to_be_focused()
    page.keyboard.type("bo")
    expect(page.get_by_role("option")).to_have_count(1)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("person=bo$"))
    assert "like" in {event.outcome for event in engine.log.history("fay", 100)}


def test_focus_is_seen_and_the_content_can_be_skipped_to(open_page: Open) -> None:
    page = open_page("/console/feed")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Tab")
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"


def test_single_letters_can_be_switched_off(open_page: Open) -> None:
    page = open_page("/console/feed?person=ann")
    _cards(page)
    page.get_by_role("button", name="Keyboard help").click()
    page.get_by_role("checkbox").uncheck()
    page.keyboard.press("Escape")
    page.keyboard.press("n")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(page.locator("#change")).to_be_hidden()


@pytest.mark.parametrize("size", [DESK, PHONE])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("language", ["en-US", "zh-CN"])
def test_screens_are_whole_in_every_size_scheme_and_language(
    open_page: Open, engine: Shown, size: tuple[int, int], scheme: str, language: str
) -> None:
    engine.training = TrainingStatus(state="running", stage="start", done=0.4, seconds_left=70, position=10)
    engine.models = (ModelStatus(kind="ranker", version="r1", state="serving", metrics={"auc": 0.78}, created_ms=1),)
    for name, path in (("choice", "/console/feed"), ("feed", "/console/feed?person=ann"), ("status", "/status")):
        page = open_page(path, size, language, scheme)
        if name == "feed":
            _cards(page)
        expect(page.locator(".bone:visible")).to_have_count(0)
        _picture(page, f"{name}-{size[0]}-{scheme}-{language}")
        assert page.evaluate("document.documentElement.lang") == ("zh-CN" if language == "zh-CN" else "en")
        _reads_well(page)
        _can_be_touched(page)


def _reads_well(page: Page) -> None:
    """Everything axe-core knows to look for."""
    found = find_spec("axe_playwright_python")
    assert found is not None and found.origin is not None
    # By the protocol, not by a <script>: the page's own policy would rightly refuse one.
    page.evaluate((Path(found.origin).parent / "axe.min.js").read_text("utf-8") + ";0")
    result = page.evaluate("axe.run()")
    faults = [(v["id"], [node["html"][:160] for node in v["nodes"]][:3]) for v in result["violations"]]
    assert not faults


def _can_be_touched(page: Page) -> None:
    small = page.evaluate(
        """least => [...document.querySelectorAll("a, button, input, summary, [role=tab]")]
            .filter(e => e.checkVisibility() && !e.matches(".skip-link, input[type=checkbox]"))
            .filter(e => e.getBoundingClientRect().height < least - 0.5).map(e => e.outerHTML.slice(0, 120))""",
        TARGET_PX,
    )
    assert not small


def test_three_columns_become_three_views_on_a_phone(open_page: Open) -> None:
    page = open_page("/console/feed?person=ann", PHONE)
    _cards(page)
    expect(page.locator("#history")).to_be_hidden()
    page.get_by_role("tab", name="Before").click()
    expect(page.locator("#history .moment").first).to_be_visible()
    expect(page.locator("#cards")).to_be_hidden()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("tab", name="Next in line")).to_be_focused()
    expect(page.locator("#losers .loser").first).to_be_visible()
    _picture(page, "next-phone")


def test_language_and_theme_are_switched_and_kept(open_page: Open) -> None:
    page = open_page("/console/feed?person=ann")
    _cards(page)
    page.locator("#language").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("ann 的内容页")
    expect(_cards(page).first.locator(".why")).to_contain_text("价值")
    page.locator("#theme").click()
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    page.goto(page.url.split("?")[0])
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    assert page.evaluate("document.documentElement.lang") == "zh-CN"


def test_while_it_loads_the_shape_of_the_page_is_seen(open_page: Open) -> None:
    page = open_page("/console/feed")
    held: list[Route] = []
    page.route("**/v1/feed", lambda route: held.append(route))
    page.locator("#some button").first.click()
    expect(page.locator("#cards > .bones")).to_have_count(3)
    expect(page.locator("#cards")).to_have_attribute("aria-busy", "true")
    _picture(page, "loading")
    held[0].continue_()
    expect(page.locator("#cards > .bones")).to_have_count(0)
    expect(page.locator("#cards")).to_have_attribute("aria-busy", "false")


def test_an_error_is_told_and_can_be_tried_again(open_page: Open) -> None:
    page = open_page("/console/feed", quiet=False)
    problem = {"title": "Something we need does not answer", "detail": "the disk is full", "status": 503}
    page.route("**/v1/feed", lambda route: route.fulfill(status=503, json=problem))
    page.locator("#some button").first.click()
    expect(page.get_by_role("alert")).to_contain_text("the disk is full")
    _picture(page, "error")
    page.unroute("**/v1/feed")
    page.locator("#cards").get_by_role("button", name="Try again").click()
    expect(_cards(page)).to_have_count(10)


def test_what_is_done_offline_is_kept_and_sent_later(open_page: Open, engine: Shown) -> None:
    page = open_page("/console/feed?person=gus", quiet=False)
    cards = _cards(page)
    page.context.set_offline(True)
    expect(page.get_by_role("alert")).to_contain_text("offline")
    cards.nth(0).get_by_role("button", name="Like").click()
    expect(page.get_by_role("alert")).to_contain_text("wait")
    _picture(page, "offline")
    assert not engine.log.history("gus", 100)
    page.context.set_offline(False)
    expect(page.locator("#history .moment").filter(has_text="liked")).to_have_count(1)
    expect(page.get_by_role("alert")).to_be_hidden()


def test_a_person_who_saw_everything_gets_an_empty_page_that_says_so(open_page: Open, engine: Shown) -> None:
    page = open_page("/console/feed")
    page.route("**/v1/feed", lambda route: _emptied(route))
    page.locator("#some button").first.click()
    expect(page.locator("#cards")).to_contain_text("Nothing can be shown")


def _emptied(route: Route) -> None:
    answered = route.fetch()
    route.fulfill(response=answered, json={**answered.json(), "places": []})


def test_training_is_told_and_the_new_model_too(open_page: Open, engine: Shown) -> None:
    engine.training = TrainingStatus(state="running", stage="start", done=0.25, seconds_left=60)
    engine.models = ()
    page = open_page("/console/feed?person=ann")
    expect(page.locator("#training")).to_contain_text("25% done. About 1 minute left.")
    engine.training = TrainingStatus(state="done", done=1.0)
    engine.models = (ModelStatus(kind="sequence", version="s2", state="serving"),)
    expect(page.locator("#swapped")).to_contain_text("sequence model")
    expect(page.locator("#training")).to_be_hidden()


def test_the_status_page_moves(open_page: Open, engine: Shown) -> None:
    engine.training = TrainingStatus(state="running", stage="start", done=0.5, seconds_left=30, position=1_000)
    page = open_page("/status")
    expect(page.get_by_role("heading", level=1)).to_have_text("Everything is well")
    first = page.locator("#events_per_s").inner_text()
    expect(page.locator("#events_per_s")).not_to_have_text(first)
    expect(page.locator("#events-chart canvas")).to_be_visible()
    expect(page.locator("#sources .bar").first).to_contain_text("popularity")
    expect(page.locator("#stage")).to_contain_text("50% done")
    expect(page.locator("#disk_free_bytes")).to_have_text("80 GB")


def test_the_status_page_says_what_is_wrong(open_page: Open, engine: Shown) -> None:
    page = open_page("/status", quiet=False)
    status = msgspec.to_builtins(msgspec.structs.replace(engine.status(), warnings=("Only 90 MB of disk are free.",)))
    page.route("**/v1/status", lambda route: route.fulfill(json=status))
    expect(page.get_by_role("heading", level=1)).to_have_text("One thing needs a look")
    expect(page.locator("#warnings")).to_contain_text("90 MB")
    page.unroute("**/v1/status")
    page.route("**/v1/status", lambda route: route.abort())
    expect(page.get_by_role("heading", level=1)).to_have_text("The platform does not answer")
