"""Every figure of the quarter is made a second time from raw log and ledger, in plain Python, and is the same.

Then the way down from a figure to its rows, and the way up from an event to its figures, over the same year.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.insight.books.plain import ZONE, House, a_year, by_second_path
from walras.base.clock import SetClock
from walras.base.errors import Invalid, NotFound
from walras.insight.books import FIGURES, Books, parts_of
from walras.ledger import Written
from walras.ledger.exports import files_of, mirror
from walras.loops.booking import UsageLoop
from walras.schema import Usage

# 2026-05-20, in the middle of a quarter.
END_MS = 1_779_235_200_000
QUARTERS = ("2026-Q2", "2026-Q1", "2025-Q2")


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    home = tmp_path_factory.mktemp("books")
    house = House(home, SetClock(END_MS))
    a_year(house, END_MS)
    house.clock.instant_ms = END_MS
    assert house.booking().run() > 300
    assert house.booking().run() == 0
    assert house.finals().run() > 100
    mirror(house.ledger, home / "books", entries_min=300)
    yield house
    house.close()


@pytest.fixture(scope="module")
def books(house: House) -> Books:
    return Books(house.home, house.ledger, house.clock)


def test_the_year_lies_in_files_and_in_what_is_newer(house: House) -> None:
    files = files_of(house.home / "books")
    assert files and len(list((house.home / "log" / "cold").glob("*/*.parquet"))) == 1
    assert 0 < int(files[-1].stem.split("-")[2]) <= house.ledger.position()
    assert house.ledger.conservation(whole=True).is_kept and house.ledger.refusals() == []


@pytest.mark.parametrize("quarter", QUARTERS)
def test_each_figure_is_the_same_by_a_second_path(house: House, books: Books, quarter: str) -> None:
    plain = by_second_path(house.log, house.home, house.ledger, quarter, END_MS)
    report = books.report(quarter)
    assert {shown.name for shown in report.figures} == set(plain)
    for shown in report.figures:
        assert shown.value == pytest.approx(plain[shown.name], abs=1e-9), shown.name
    assert plain["revenue"] and plain["mutual_pairs"] and plain["gmv"] and plain["revenue_other"]


def test_a_quarter_stands_beside_the_one_before_and_the_year_before(house: House, books: Books) -> None:
    now, before, year = ({s.name: s for s in books.report(quarter).figures} for quarter in QUARTERS)
    for name, shown in now.items():
        assert (shown.before, shown.year_before) == (before[name].value, year[name].value)
    revenue = now["revenue"]
    assert revenue.on_quarter == pytest.approx(revenue.value / revenue.before - 1)
    margin = now["gross_margin"]
    assert margin.on_year == pytest.approx(margin.value - margin.year_before)


def test_an_empty_quarter_has_nothing_to_divide_by(books: Books) -> None:
    report = {shown.name: shown for shown in books.report("2020-Q1").figures}
    assert report["revenue"].value == 0 and report["gross_margin"].value is None
    assert report["revenue"].on_year is None and report["daily_people"].value == 0
    for wrong in ("2026-Q5", "2026", "x"):
        with pytest.raises(Invalid):
            books.report(wrong)


def test_each_figure_opens_to_rows_that_add_up_to_it(books: Books) -> None:
    for name, figure in FIGURES.items():
        opened = books.open("2026-Q2", name, most=100_000)
        assert [part.figure for part in opened.parts] == list(parts_of(name))
        for part in opened.parts:
            assert len(part.rows) == part.count
            column = {"fen": "fen", "gmv": "value"}.get(figure.unit if part.figure != "gmv" else "gmv")
            if FIGURES[part.figure].source == "ledger":
                assert sum(row[part.columns.index("fen")] for row in part.rows) == part.value
            elif part.figure in ("orders", "searches", "interactions", "person_days", "mutual_pairs"):
                assert part.count == part.value
            elif column == "value":
                assert sum(round(row[part.columns.index("value")] * 100) for row in part.rows) == part.value
    with pytest.raises(NotFound, match="revenue"):
        books.open("2026-Q2", "revenuo")


def test_an_event_is_followed_up_to_its_figures_and_down_again(house: House, books: Books) -> None:
    gift = next(one for one in house.ledger.all_entries() if one.entry.kind == "gift" and one.period == "2026-04")
    traced = books.trace(gift.entry.event)
    assert traced.entries == (gift.entry.key,) and traced.quarters == ("2026-Q2",)
    figures = set(traced.figures["2026-Q2"])
    assert {"person_days", "revenue_live", "cost_shares", "revenue", "net_profit", "gross_margin"} <= figures
    assert not {"revenue_marketing", "searches", "gmv", "selling"} & figures
    assert "revenue_live" in books.trace(gift.entry.key).figures["2026-Q2"]
    for name in figures:
        rows = [row for part in books.open("2026-Q2", name, most=100_000).parts for row in part.rows]
        if FIGURES[name].source == "ledger":
            assert any(gift.entry.event in row for row in rows)
    with pytest.raises(NotFound):
        books.trace("nobody")
    with pytest.raises(NotFound):
        books.trace("x' OR '1'='1")


def test_an_order_counts_in_two_quarters_where_it_is_final_later(house: House, books: Books) -> None:
    def is_late(one: Written) -> bool:
        return one.entry.kind == "order.final" and one.period == "2026-04" and "2026-03" in _month(house, one)

    late = next(one for one in house.ledger.all_entries() if is_late(one))
    traced = books.trace(late.entry.event)
    assert traced.quarters == ("2026-Q1", "2026-Q2")
    assert "gmv" in traced.figures["2026-Q1"] and "revenue_other" in traced.figures["2026-Q2"]


def _month(house: House, one: Written) -> str:
    return house.ledger.entry(one.entry.key.removesuffix("/final")).period


def test_what_comes_for_a_closed_month_is_booked_in_the_first_open_one(tmp_path: Path) -> None:
    house = House(tmp_path, SetClock(END_MS))
    house.ledger.close_month("2026-04", "ann")
    from walras.schema import Event

    april = END_MS - 30 * 86_400_000
    house.log.append([Event(person="p", item="v1", outcome="gift", value=10.0, id="late", time_ms=april)])
    assert house.booking().run() == 1 and house.booking().run() == 0
    (entry,) = house.ledger.entries_of("late")
    assert entry.period == "2026-05" and str(april) in entry.entry.memo
    house.ledger.put_read("events", 0)
    house.close()


def test_the_cost_of_serving_is_booked_once_a_day(tmp_path: Path) -> None:
    house = House(tmp_path, SetClock(END_MS))
    days = [Usage(day="2026-05-18", time_ms=END_MS - 86_400_000, watched_s=3_600_000.0, pages=50_000)]
    from walras.base.settings import Settings
    from walras.lines.video import LINE

    assert LINE.usage is not None
    loop = UsageLoop(house.ledger, lambda: days, [lambda used: LINE.usage(used, Settings())])
    assert (loop.run(), loop.run()) == (1, 0)
    # 3.6 million seconds at 900 kbit are 405 GB, at a tenth of a yuan each; fifty thousand pages cost a yuan.
    assert house.ledger.balance("Expenses:Cost:Bandwidth") == 4_050
    assert house.ledger.balance("Expenses:Cost:Servers") == 100
    assert house.ledger.zone == ZONE
    house.close()
