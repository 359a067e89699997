"""The quarter as a screen, JSON, table, spreadsheet and page to print, from an event to its figure and back."""

import io
import zipfile

import httpx
import msgspec
import pytest

from tests.lines.video.hall import Hall, hall_of
from tests.lines.video.parlour import Parlour
from walras.base.ids import PersonId
from walras.insight.books import FIGURES
from walras.ledger import Ledger, recognition
from walras.ledger.paying import Paying, Time
from walras.lines.video.postings import gift
from walras.schema import Event, Happening

QUARTER = "2026-Q1"


@pytest.fixture
def hall(parlour: Parlour) -> Hall:
    hall = hall_of(parlour)
    ledger = Ledger(parlour.house.world.database, parlour.clock)
    event = Event(
        person="bo", item="v<1>", outcome="gift", owner="ana", id="e&1", value=106.0, time_ms=parlour.clock.instant_ms
    )
    parlour.house.log.append([event])
    ledger.post(*gift(Happening(1, event)), recognition.shares_granted("s", event.time_ms, "Expenses:Research", 500))
    return hall


@pytest.fixture
def ana(hall: Hall) -> PersonId:
    return hall.parlour.person("ana", roles=("maker", "operator"))


async def get(hall: Hall, person: str, path: str) -> httpx.Response:
    async with hall.browser(person) as browser:
        return await browser.get(path)


async def test_every_figure_is_shown_in_both_languages_and_opens(hall: Hall, ana: PersonId) -> None:
    for language, words in (("en", "Adjusted net profit"), ("zh-CN", "经调整净利润")):
        html = (await get(hall, ana, f"/console/quarter?quarter={QUARTER}&lang={language}")).text
        assert words in html and "¥100.00" in html
        for figure in FIGURES.values():
            if figure.is_shown:
                assert f"/console/quarter/{QUARTER}/{figure.name}" in html
    for name in FIGURES:
        opened = await get(hall, ana, f"/console/quarter/{QUARTER}/{name}")
        assert opened.status_code == 200 and "SELECT" in opened.text


async def test_a_figure_is_followed_to_its_event_and_back(hall: Hall, ana: PersonId) -> None:
    opened = (await get(hall, ana, f"/console/quarter/{QUARTER}/revenue_live")).text
    assert "e&amp;1" in opened and "/console/trace?id=e%261" in opened and "v&lt;1&gt;" in opened
    traced = await get(hall, ana, "/console/trace?id=e%261")
    assert traced.status_code == 200
    assert "Income:Live" in traced.text and f"/console/quarter/{QUARTER}/net_profit" in traced.text
    as_json = msgspec.json.decode((await get(hall, ana, "/console/trace?id=e%261&as=json")).content)
    assert as_json["entries"] == ["gift/e&1"] and "revenue_live" in as_json["figures"][QUARTER]
    assert (await get(hall, ana, "/console/trace?id=nobody")).status_code == 404


async def test_the_same_figures_come_as_files(hall: Hall, ana: PersonId) -> None:
    report = msgspec.json.decode((await get(hall, ana, f"/console/quarter.json?quarter={QUARTER}")).content)
    values = {one["name"]: one["value"] for one in report["figures"]}
    # 106 yuan with 6 % of tax inside are 100; the host gets 45 % of the 106.
    assert (values["revenue_live"], values["cost_shares"], values["share_based"]) == (10_000, 4_770, 500)
    assert values["net_profit"] == 10_000 - 4_770 - 500 and values["adjusted_profit"] == 10_000 - 4_770
    lines = (await get(hall, ana, f"/console/quarter.csv?quarter={QUARTER}")).text
    assert "net_profit,Net profit,fen,4730" in lines
    book = await get(hall, ana, f"/console/quarter.xlsx?quarter={QUARTER}")
    assert f"walras-{QUARTER}.xlsx" in book.headers["content-disposition"]
    sheet = zipfile.ZipFile(io.BytesIO(book.content)).read("xl/worksheets/sheet1.xml").decode()
    assert "<v>47.3</v>" in sheet
    for language in ("en", "zh-CN"):
        page = await get(hall, ana, f"/console/quarter.pdf?quarter={QUARTER}&lang={language}")
        assert page.content.startswith(b"%PDF") and page.headers["content-type"] == "application/pdf"


async def test_a_maker_sees_her_own_pay_and_nobody_elses(hall: Hall, ana: PersonId) -> None:
    house, bo = hall.parlour.house, hall.parlour.person("bo")
    video = hall.parlour.video(ana, title="Noodles & soup")
    ledger = Ledger(house.world.database, house.clock)
    paying = Paying(ledger, house.world.database, house.clock)
    times = [Time(video.id, ana, 90_000, 5_000), Time("v-bo", bo, 30_000, 0)]
    paying.share_pool("2025-12", 1_000, times, house.clock.instant_ms, recognition.NOWHERE)
    paying.order("p1", ana, 500)
    html = (await get(hall, ana, "/creator/pay")).text
    assert "Noodles &amp; soup" in html and "¥7.50" in html and "¥2.50" in html and "On its way" in html
    assert "v-bo" not in html and "v-bo" in (await get(hall, bo, "/creator/pay?lang=zh-CN")).text
    assert f"2025-12,{video.id},90.0,5.0,750" in (await get(hall, ana, "/creator/pay.csv")).text


async def test_what_is_no_quarter_or_figure_is_refused(hall: Hall, ana: PersonId) -> None:
    assert (await get(hall, ana, "/console/quarter?quarter=2026-Q7")).status_code == 400
    assert (await get(hall, ana, f"/console/quarter/{QUARTER}/nothing")).status_code == 404
    assert (await get(hall, ana, f"/console/quarter/{QUARTER}/revenue?offset=x")).status_code == 200
