"""The screens of experiments: defined by a form, refused with a reason, moved, and read in both languages."""

from dataclasses import replace

import httpx
import pytest

from tests.lines.video.hall import Hall, hall_of
from tests.lines.video.parlour import Parlour
from walras.base.errors import Invalid
from walras.base.ids import PersonId
from walras.doors.console.trials import standing, trial_of
from walras.insight.experiments import Line, Report, of_normal
from walras.world import Guard, Step

FORM = {
    "name": "更多新人",
    "arm": "more",
    "meaning": "Do more places for new owners cost minutes?",
    "parameter-0": "feed.fresh_share",
    "value-0": "0.2",
    "parameter-1": "feed.allocator",
    "value-1": "by-value",
    "share": "20 %",
    "steps": "1 24, 5% 48h",
    "guard": "watch_minutes",
    "margin": "1",
    "design": "split",
    "allowed": "p1 p2",
}


@pytest.fixture
def hall(parlour: Parlour) -> Hall:
    return hall_of(parlour)


@pytest.fixture
def ana(hall: Hall) -> PersonId:
    return hall.parlour.person("ana", roles=("maker", "operator"))


async def get(hall: Hall, person: str, path: str) -> httpx.Response:
    async with hall.browser(person) as browser:
        return await browser.get(path)


async def post(hall: Hall, person: str, path: str, **fields: str) -> httpx.Response:
    hall.parlour.clock.instant_ms += 1
    async with hall.browser(person) as browser:
        return await browser.post(path, data=fields, headers={"x-requested-with": "deed"})


def test_a_form_is_read_as_people_write_it() -> None:
    trial = trial_of(FORM, "ana", "UTC")
    assert trial.arms[1].sets == {"feed.fresh_share": 0.2, "feed.allocator": "by-value"}
    assert (trial.share, trial.steps) == (0.2, (Step(0.01, 24.0), Step(0.05, 48.0)))
    assert trial.guards == (Guard("watch_minutes", "less", 0.01),)
    assert trial.allowed == {"p1": "more", "p2": "more"}
    assert trial_of({**FORM, "design": "switchback"}, "ana", "UTC").unit == "window"
    assert trial_of({**FORM, "guard": "reports"}, "ana", "UTC").guards[0].bad == "more"


async def test_it_is_defined_started_and_rolled_back_and_the_record_says_by_whom(hall: Hall, ana: PersonId) -> None:
    made = await post(hall, ana, "/console/trials", **FORM)
    assert made.status_code == 204
    at = made.headers["location"]
    assert "feed.fresh_share = 0.2" in (await get(hall, ana, at)).text
    assert (await post(hall, ana, f"{at}/start")).status_code == 204
    again = await post(hall, ana, "/console/trials", **FORM)
    assert (again.status_code, again.json()["field"]) == (409, "name")
    assert (await post(hall, ana, f"{at}/roll-back", reason="complaints")).status_code == 204
    page = (await get(hall, ana, f"{at}?lang=zh-CN")).text
    assert "已回滚" in page and "complaints" in page
    deeds = hall.engine.world.audit.read(whom="更多新人").deeds
    assert [deed.what for deed in deeds] == ["trial.roll-back", "trial.start", "trial.create"]
    assert all("ana" in deed.who for deed in deeds)


async def test_without_a_guard_rail_the_form_is_refused(hall: Hall, ana: PersonId) -> None:
    refused = await post(hall, ana, "/console/trials", **{**FORM, "guard": ""})
    assert (refused.status_code, refused.json()["field"]) == (400, "guards")
    assert hall.engine.world.trials.list() == []


async def test_only_operators_see_and_move_experiments(hall: Hall, ana: PersonId) -> None:
    bo = hall.parlour.person("bo")
    for path in ("/console/trials", "/console/new-trial"):
        assert (await get(hall, ana, path)).status_code == 200
        assert (await get(hall, bo, path)).status_code == 403
    assert (await post(hall, bo, "/console/trials", **FORM)).status_code == 403


def report(effect: float) -> Report:
    def line(metric: str, effect: float, good: str = "more") -> Line:
        once = of_normal(effect, 0.1, 40.0, 2_000)
        return Line(
            metric=metric, unit="a day", arm="more", good=good, once=once, always=once, adjusted_p=0.01,
            everybody=effect * 1_000,
        )  # fmt: skip

    lines = (
        line("watch_minutes", effect), line("returned", effect / 10),
        line("ledger_yuan", effect / 50), line("worth_yuan", effect / 100),
    )  # fmt: skip
    return Report(
        trial="更多新人", state="running", read_ms=5, units={"as before": 1_000, "more": 1_003}, sample_ratio=1.0,
        is_sound=effect > 0, mixed=0, reached=0.4, lines=lines,
    )  # fmt: skip


@pytest.mark.parametrize(("effect", "stands"), [(0.5, "better"), (-0.5, "worse"), (0.01, "open")])
def test_a_line_stands_better_worse_or_open(effect: float, stands: str) -> None:
    assert standing(report(effect).lines[0]) == stands


async def test_the_effect_is_told_in_minutes_people_and_yuan(hall: Hall, ana: PersonId) -> None:
    hall.app.state.consoles = replace(hall.app.state.consoles, trial_report=lambda status: report(0.5))
    at = (await post(hall, ana, "/console/trials", **FORM)).headers["location"]
    await post(hall, ana, f"{at}/start")
    page = (await get(hall, ana, f"{at}?lang=en")).text
    for words in ("Minutes watched", "People who return", "Yuan by the ledger", "¥10.00", "¥5.00", "better", "1,003"):
        assert words in page
    assert "must not be read" not in page
    table = await get(hall, ana, f"{at}/lines.csv")
    assert table.text.count("\n") == 5
    hall.app.state.consoles = replace(hall.app.state.consoles, trial_report=lambda status: report(-0.5))
    assert "must not be read" in (await get(hall, ana, f"{at}?lang=en")).text


def test_a_design_that_there_is_not_is_refused_with_the_nearest() -> None:
    with pytest.raises(Invalid, match="two-sided"):
        trial_of({**FORM, "design": "two-side"}, "ana", "UTC")


async def test_each_design_says_when_it_is_needed_in_both_languages(hall: Hall, ana: PersonId) -> None:
    assert (await post(hall, ana, "/console/layers", name="page", holdout="2 %")).status_code == 204
    hall.engine.world.prices.set({"like": 0.02}, 5, "five experiments", {"like": (0.01, 0.03)})
    english = (await get(hall, ana, "/console/trials?lang=en")).text
    chinese = (await get(hall, ana, "/console/trials?lang=zh-CN")).text
    for words in ("Switchback", "one budget on both arms", "2.0% held out", "¥0.0100 … ¥0.0300"):
        assert words in english
    for words in ("时段切换", "共用同一预算", "保留 2.0%"):
        assert words in chinese
