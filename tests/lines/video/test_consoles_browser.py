"""The consoles as people meet them: a real Chromium over a real server, by pointer and by keyboard.

Every page is watched: a line in the console, a request that leaves this server, or a scroll bar to the side fails the
test. Pictures of each screen go to artefacts/screens.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.doors.live import serving
from tests.lines.video.hall import Hall, hall_of
from tests.lines.video.parlour import open_parlour
from walras.base.clock import SystemClock
from walras.insight.experiments import Estimate, Line, Report, of_normal
from walras.ledger import recognition
from walras.ledger.chart import RESEARCH
from walras.lines.video.comments import Saying
from walras.lines.video.topics import ProgrammeEntry, Topic
from walras.schema import PageRecord, PageRequest, PlaceRecord
from walras.web.people import SIGN_IN_COOKIE
from walras.world import Arm, Guard, Trial

PICTURES = Path(__file__).parents[3] / "artefacts" / "screens"
DESK, PHONE = (1440, 900), (390, 844)
TARGET_PX = 44
SCREENS = {
    "console": "/console",
    "review": "/console/review",
    "topics": "/console/topics",
    "topic": "/console/topics/spring",
    "look": "/console/look?q=noodles",
    "person": "/console/people/p-ana",
    "page": "/console/pages/p-1",
    "models": "/console/models",
    "fairness": "/console/fair",
    "quarter": "/console/quarter",
    "figure": "/console/quarter/2026-Q4/net_profit",
    "trace": "/console/trace?id=wages/1",
    "trials": "/console/trials",
    "trial": "/console/trials/more",
    "new-trial": "/console/new-trial",
    "deeds": "/console/deeds",
    "creator": "/creator",
    "creator-videos": "/creator/videos",
    "creator-video": "/creator/videos/{video}",
    "creator-comments": "/creator/comments",
    "creator-pay": "/creator/pay",
}
Open = Callable[..., Page]


@pytest.fixture(scope="module")
def hall(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hall]:
    home = tmp_path_factory.mktemp("home")
    with open_parlour(home, f"sqlite:///{home / 'world.sqlite'}") as parlour:
        parlour.clock.instant_ms = SystemClock().now_ms()
        hall = hall_of(parlour)
        _furnish(hall)
        yield hall


def _line(metric: str, once: Estimate) -> Line:
    return Line(
        metric=metric, unit="a day", arm="more", good="more", once=once, always=once, adjusted_p=0.01, everybody=500.0
    )


def _report(lines: list[Line]) -> Report:
    return Report(
        trial="more",
        state="running",
        read_ms=5,
        units={"as before": 1_000, "more": 1_003},
        sample_ratio=1.0,
        is_sound=True,
        mixed=0,
        reached=0.4,
        lines=tuple(lines),
    )


def _furnish(hall: Hall) -> None:
    parlour = hall.parlour
    ana, bo = parlour.person("ana", roles=("maker", "operator")), parlour.person("bo")
    video = parlour.video(ana, title="Hand-pulled noodles", topics=("cooking",))
    for n in range(30):
        page = parlour.pages.make_page(PageRequest(person=f"g{n}", count=5)).id  # type: ignore[arg-type]
        parlour.say(f"g{n}", "exposure", video.id, page=page, place=0)
        parlour.say(f"g{n}", "watch", video.id, page=page, place=0, value=n / 3)
    record = PageRecord(
        id="p-1", person=ana, surface="feed", time_ms=1, position=3, seed=9, count=1, outcome_names=("like",),
        places=(PlaceRecord(video.id, 0.05, (0.25,), "fresh", 0.5, 0),), proposed={"fresh": 7},
    )  # fmt: skip
    hall.engine.log.append([record])
    parlour.trade.comments.say(bo, video.id, Saying(text="Which flour?"))
    entry = ProgrammeEntry(at_ms=parlour.clock.instant_ms, title="Opening")
    parlour.trade.topics.put(Topic(id="spring", title="Spring cup", kind="event", programme=(entry,)))
    arms = (Arm("as before"), Arm("more", 1.0, {"feed.fresh_share": 0.2}))
    hall.engine.world.trials.create(Trial(name="more", arms=arms, guards=(Guard("watch_minutes"),), owner="ana"))
    hall.engine.world.trials.start("more")
    once = of_normal(0.5, 0.1, 40.0, 2_000)
    names = ("watch_minutes", "returned", "worth_yuan", "likes")
    lines = [_line(name, once) for name in names]
    hall.app.state.consoles = replace(hall.app.state.consoles, trial_report=lambda _: _report(lines))
    _post_wages(hall)
    hall.engine.world.audit.note(ana, "video.remove", "v1", before="review", after="removed")
    hall.engine.catch_up()


def _post_wages(hall: Hall) -> None:
    books = hall.app.state.consoles.books
    time_ms = hall.parlour.clock.instant_ms
    books.ledger.post(recognition.expense("wages/1", time_ms, f"{RESEARCH}:Staff", 5_000))


@pytest.fixture(scope="module")
def address(hall: Hall) -> Iterator[str]:
    with serving(hall.app) as url:
        yield url


@pytest.fixture
def open_page(chromium: Browser, address: str, hall: Hall) -> Iterator[Open]:
    """Opens pages of the operator that are watched, and looks at the end whether anything was wrong on one of them."""
    wrong: list[str] = []
    contexts = []

    def note(what: str, happened: bool) -> None:
        # Chromium says which permissions it does not know; that is no fault of a screen.
        if happened and "Permissions-Policy" not in what:
            wrong.append(what)

    def open_at(path: str, size: tuple[int, int] = DESK, language: str = "en-US", scheme: str = "light") -> Page:
        context = chromium.new_context(
            viewport={"width": size[0], "height": size[1]},
            locale=language,
            color_scheme=scheme,  # type: ignore[arg-type]
            reduced_motion="reduce",
        )
        contexts.append(context)
        context.add_cookies([{"name": SIGN_IN_COOKIE, "value": hall.token("p-ana"), "url": address}])
        page = context.new_page()
        page.set_default_timeout(20_000)
        page.on("console", lambda said: note(said.text, said.type in ("error", "warning")))
        page.on("pageerror", lambda error: note(str(error), True))
        page.on("request", lambda asked: note(asked.url, not asked.url.startswith((address, "data:", "blob:"))))
        page.goto(address + path)
        return page

    yield open_at
    for context in contexts:
        context.close()
    assert not wrong


def test_the_queue_is_worked_by_keyboard_and_a_slip_is_taken_back(open_page: Open, hall: Hall) -> None:
    parlour = hall.parlour
    first, second = hall.waiting("p-bo", "First in line"), hall.waiting("p-bo", "Second in line")
    page = open_page("/console/review")
    case = page.locator("#case")
    expect(case.get_by_role("heading", level=2)).to_have_text("First in line")
    page.keyboard.press("r")
    expect(page.locator("#missing")).to_be_visible()
    expect(page.locator("#reason")).to_be_focused()
    page.locator("#case h2").click()
    page.keyboard.press("p")
    expect(page.locator("#toast")).to_contain_text("Passed")
    expect(case.get_by_role("heading", level=2)).to_have_text("Second in line")
    page.locator("#toast button").click()
    expect(case.get_by_role("heading", level=2)).to_have_text("First in line")
    page.keyboard.press("j")
    expect(case.get_by_role("heading", level=2)).to_have_text("Second in line")
    page.locator("#reason").fill("It is not yours.")
    page.get_by_role("button", name="Remove").click()
    expect(page.locator("#queue li")).to_have_count(1, timeout=15_000)
    assert parlour.trade.videos.get(second.id).state == "removed"
    assert parlour.trade.videos.get(first.id).state == "review"


def test_leaving_decides_what_was_said(open_page: Open, hall: Hall) -> None:
    waiting = hall.waiting("p-bo", "Left behind")
    page = open_page(f"/console/review?video={waiting.id}")
    page.get_by_role("button", name="Pass").click()
    page.goto(page.url.split("/console")[0] + "/console/deeds")
    # The request outlives its page, so nobody tells when it has arrived.
    for _ in range(200):
        if hall.parlour.trade.videos.get(waiting.id).state != "review":
            break
        page.wait_for_timeout(50)
    assert hall.parlour.trade.videos.get(waiting.id).state == "published"


def test_look_up_leads_from_a_title_to_the_price_of_a_place(open_page: Open) -> None:
    page = open_page("/console/look")
    page.get_by_role("searchbox").fill("noodles")
    page.get_by_role("link", name="Hand-pulled noodles").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Hand-pulled noodles")
    page.goto(page.url.split("/console")[0] + "/console/pages/p-1")
    expect(page.locator("#places tbody tr")).to_have_count(1)
    expect(page.locator("#places")).to_contain_text("¥0.0500")
    page.get_by_role("button", name="How is this computed?").first.click()
    expect(page.locator(".how-text:popover-open")).to_contain_text("expected outcomes")


def test_the_numbers_of_now_move(open_page: Open) -> None:
    page = open_page("/console")
    expect(page.locator("#people_now")).to_have_text(re.compile(r"^\d+$"))
    expect(page.locator("#people-chart canvas")).to_be_visible()


def test_tables_sort_and_filter(open_page: Open, hall: Hall) -> None:
    hall.parlour.video("p-ana", title="A maple in winter")  # type: ignore[arg-type]
    page = open_page("/creator/videos")
    titles = page.locator("#videos tbody th")
    page.get_by_role("button", name="Views").click()
    expect(titles.first).to_have_text("Hand-pulled noodles")
    expect(page.get_by_role("columnheader", name="Views")).to_have_attribute("aria-sort", "descending")
    page.locator("#filter").fill("maple")
    expect(page.locator("#videos tbody tr:visible")).to_have_count(1)


@pytest.mark.parametrize("name", SCREENS)
def test_every_screen_fits_and_axe_finds_nothing_serious(open_page: Open, hall: Hall, name: str) -> None:
    video = hall.parlour.trade.videos.mine("p-ana")[0][-1].id
    looks = [(DESK, "en-US", "light"), (PHONE, "zh-CN", "dark"), (DESK, "zh-CN", "dark"), (PHONE, "en-US", "light")]
    PICTURES.mkdir(parents=True, exist_ok=True)
    for size, language, scheme in looks:
        page = open_page(SCREENS[name].format(video=video), size, language, scheme)
        page.wait_for_load_state("networkidle")
        assert not page.evaluate("document.documentElement.scrollWidth > innerWidth"), (name, size)
        small = page.evaluate(_SMALL, TARGET_PX)
        assert not small, (name, size, small)
        found = Axe().run(page).response["violations"]
        serious = [
            (each["id"], each["nodes"][0]["html"]) for each in found if each["impact"] in ("serious", "critical")
        ]
        assert not serious, (name, size, scheme, serious)
        page.screenshot(path=PICTURES / f"consoles-{name}-{size[0]}-{language}-{scheme}.png", full_page=True)


_SMALL = """target => [...document.querySelectorAll("a, button, input, select, summary")]
  .filter(each => each.checkVisibility() && !each.classList.contains("skip-link"))
  .map(each => [each.outerHTML.slice(0, 80), each.getBoundingClientRect()])
  .filter(([, box]) => box.width < target - 0.5 || box.height < target - 0.5)
  .map(([html]) => html)"""
