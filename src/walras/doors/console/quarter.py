"""The quarter: its figures, what is behind each, and the same as JSON, spreadsheet, page to print and table."""

from typing import TYPE_CHECKING, Any

import msgspec
from litestar import Response
from litestar.handlers import HTTPRouteHandler

from walras.base.errors import Unavailable
from walras.doors.engine import ServingEngine
from walras.insight.books import FIGURES, GROUPS, Books, Report
from walras.ledger import before
from walras.web.consoles import Ask, Console, Saying, known_to, screen, table
from walras.web.consoles.frame import spoken
from walras.web.texts import Texts

if TYPE_CHECKING:
    from walras.insight.books.sheets import Words

# Quarters that the screen offers, the running one first.
_OFFERED = 13
_ROWS = 100
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_COLUMNS = ("value", "before", "on_quarter", "year_before", "on_year")


def quarter_routes(engine: ServingEngine, console: Console) -> list[HTTPRouteHandler]:
    """The screen of the quarter, of a figure and of a trace; and the files."""

    def show(request: Ask) -> Any:
        books, (texts, say) = _books(request), spoken(request)
        report = books.report(request.query_params.get("quarter", ""))
        return console.show(
            request,
            "quarter.html",
            desk="quarter",
            report=report,
            groups=GROUPS,
            words=(),
            offered=_offered(books, report.quarter),
            notes=_notes(report, books, texts, say),
            said=lambda unit, value: said(say, unit, value),
            changed=lambda unit, value: changed(texts, say, unit, value),
        )

    def figure(request: Ask) -> Any:
        books, (texts, say) = _books(request), spoken(request)
        offset = max(0, int("0" + "".join(filter(str.isdigit, request.query_params.get("offset", "")))[:9]))
        opened = books.open(request.path_params["quarter"], request.path_params["figure"], _ROWS, offset)
        if request.query_params.get("as") == "json":
            return _json(opened)
        return console.show(
            request,
            "figure.html",
            desk="quarter",
            opened=opened,
            figures=FIGURES,
            offset=offset,
            most=_ROWS,
            said=lambda unit, value: said(say, unit, value),
            made=_made(opened.rule, opened.of, texts),
        )

    def trace(request: Ask) -> Any:
        id = request.query_params.get("id", "").strip()
        traced = _books(request).trace(id)
        if request.query_params.get("as") == "json":
            return _json(traced)
        entries = [_books(request).ledger.entry(key) for key in traced.entries]
        return console.show(request, "trace.html", desk="quarter", traced=traced, entries=entries)

    def as_json(request: Ask) -> Any:
        return _json(_report(request))

    def as_table(request: Ask) -> Any:
        report, (texts, _) = _report(request), spoken(request)
        rows = [
            [one.name, texts(f"books.figure.{one.name}"), one.unit, *(getattr(one, name) for name in _COLUMNS)]
            for one in report.figures
        ]
        return table(f"walras-{report.quarter}", ["name", "figure", "unit", *_COLUMNS], rows)

    def as_workbook(request: Ask) -> Any:
        from walras.insight.books.sheets import workbook

        report = _report(request)
        return _file(workbook(report, _words(request, report)), _XLSX, f"walras-{report.quarter}.xlsx")

    def as_print(request: Ask) -> Any:
        from walras.insight.books.sheets import printed

        report = _report(request)
        return _file(printed(report, _words(request, report)), "application/pdf", f"walras-{report.quarter}.pdf")

    def at(path: str, shown: Any, summary: str) -> HTTPRouteHandler:
        return screen(path, shown, console=console, who="operator", scope="status:read", summary=summary)

    return [
        at("/console/quarter", show, "The quarter's figures, as a screen."),
        at("/console/quarter/{quarter:str}/{figure:str}", figure, "What is behind a figure of the quarter."),
        at("/console/trace", trace, "What an event or a journal entry counts for."),
        at("/console/quarter.json", as_json, "The quarter's figures as JSON."),
        at("/console/quarter.csv", as_table, "The quarter's figures as CSV."),
        at("/console/quarter.xlsx", as_workbook, "The quarter's figures as a spreadsheet."),
        at("/console/quarter.pdf", as_print, "The quarter's figures as a page to print."),
    ]


def said(say: Saying, unit: str, value: float | None) -> Any:
    """A figure as it is read: money in yuan, shares in per cent."""
    if value is None:
        return say.number(None)
    if unit == "fen":
        return say.yuan(value / 100, 2)
    if unit == "share":
        return say.percent(value, 1)
    return say.number(value, 0 if unit == "count" and float(value).is_integer() else 1)


def changed(texts: Texts, say: Saying, unit: str, value: float | None) -> str:
    """A change with its sign: in per cent, and of shares in points."""
    if value is None:
        return say.number(None)
    sign = "+" if value > 0 else ""
    if unit == "share":
        return texts("books.points", points=sign + say.number(100 * value, 1))
    return sign + say.percent(value, 1)


def _books(request: Ask) -> Books:
    found = known_to(request).books
    if found is None:
        raise Unavailable("no books are kept here", field="books", hint="Start the platform with `walras up`.")
    assert isinstance(found, Books)
    return found


def _report(request: Ask) -> Report:
    return _books(request).report(request.query_params.get("quarter", ""))


def _offered(books: Books, chosen: str) -> list[str]:
    now = books.now()
    offered = [before(now, n) for n in range(_OFFERED)]
    return offered if chosen in offered else [*offered, chosen]


def _notes(report: Report, books: Books, texts: Texts, say: Saying) -> list[str]:
    kept = books.ledger.conservation()
    off = sum(abs(amount) for amount in kept.by_currency.values()) + abs(kept.home) + kept.holds_off
    closed = texts("books.closed", months=", ".join(report.closed)) if report.closed else texts("books.open")
    running = [] if report.is_over else [texts("books.running", instant=say.exact(report.until_ms))]
    sums = texts("books.kept", entries=say.number(kept.seq)) if kept.is_kept else texts("books.off", off=off)
    return [*running, closed, sums, texts("books.money")]


def _words(request: Ask, report: Report) -> "Words":
    # The libraries of sheets are loaded by whoever asks for one, so that no start waits for them.
    from walras.insight.books.sheets import Words

    texts, say = spoken(request)
    head = ("figure", "value", "before", "on-quarter", "year-before", "on-year")
    return Words(
        texts.language,
        texts("books.title", quarter=report.quarter),
        tuple(_notes(report, _books(request), texts, say)),
        tuple(texts(f"books.{name}") for name in head),
        lambda name: texts(f"books.figure.{name}"),
        lambda name: texts(f"books.group.{name}"),
        lambda unit, value: str(said(say, unit, value)),
        lambda unit, value: changed(texts, say, unit, value),
    )


def _made(rule: str, of: tuple[str, ...], texts: Texts) -> str:
    if not rule:
        return ""
    return texts(f"books.made.{rule}", parts=" · ".join(texts(f"books.figure.{name}") for name in of))


def _json(value: Any) -> Response[bytes]:
    return Response(msgspec.json.encode(value), media_type="application/json", headers={"cache-control": "no-store"})


def _file(body: bytes, media: str, name: str) -> Response[bytes]:
    headers = {"content-disposition": f'attachment; filename="{name}"', "cache-control": "no-store"}
    return Response(body, media_type=media, headers=headers)
