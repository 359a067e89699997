"""A quarter as a spreadsheet and as a page to print, in the language of whoever asks."""

import io
from collections.abc import Callable, Sequence

import msgspec
import xlsxwriter
from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.platypus import Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle

from walras.insight.books.books import Report, Shown

# A font that every reader of PDF brings for Chinese, so none has to be sent along.
_CHINESE, _LATIN = "STSong-Light", "Helvetica"
_EXCEL = {"count": "#,##0", "minutes": "#,##0.0", "ratio": "#,##0.0", "share": "0.0%", "fen": "#,##0.00"}


class Words(msgspec.Struct, frozen=True):
    """The words and numbers of a sheet in one language."""

    language: str
    title: str
    notes: tuple[str, ...]
    head: tuple[str, ...]  # figure, now, quarter before, change, year before, change
    name: Callable[[str], str]  # of a figure
    group: Callable[[str], str]
    said: Callable[[str, float | None], str]  # unit and value
    changed: Callable[[str, float | None], str]


def workbook(report: Report, words: Words) -> bytes:
    """An XLSX file: one sheet, numbers as numbers, money in yuan."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    sheet = book.add_worksheet(report.quarter)
    bold, plain = book.add_format({"bold": True}), book.add_format()
    formats = {unit: book.add_format({"num_format": shape}) for unit, shape in _EXCEL.items()}
    percent = book.add_format({"num_format": "+0.0%;-0.0%;0.0%"})
    sheet.set_column(0, 0, 44)
    sheet.set_column(1, 5, 18)
    sheet.write(0, 0, words.title, bold)
    for n, note in enumerate(words.notes, 1):
        sheet.write(n, 0, note, plain)
    at = len(words.notes) + 2
    for column, name in enumerate(words.head):
        sheet.write(at, column, name, bold)
    sheet.freeze_panes(at + 1, 1)
    group = ""
    for shown in report.figures:
        if shown.group != group:
            group, at = shown.group, at + 1
            sheet.write(at, 0, words.group(group), bold)
        at += 1
        sheet.write(at, 0, words.name(shown.name), plain)
        money = 100 if shown.unit == "fen" else 1
        cells = (shown.value, shown.before, None, shown.year_before, None)
        for column, value in enumerate(cells, 1):
            if value is not None:
                sheet.write_number(at, column, value / money, formats[shown.unit])
        for column, value in ((3, shown.on_quarter), (5, shown.on_year)):
            if value is not None:
                sheet.write_number(at, column, value, percent)
    book.close()
    return out.getvalue()


def printed(report: Report, words: Words) -> bytes:
    """A PDF of one table on A4."""
    font = _font_of(words.language)
    out = io.BytesIO()
    page = SimpleDocTemplate(
        out, pagesize=A4, title=words.title, author="Walras", topMargin=14 * mm, bottomMargin=12 * mm
    )
    head = ParagraphStyle("head", fontName=font, fontSize=15, leading=20)
    small = ParagraphStyle("small", fontName=font, fontSize=8, leading=11)
    rows, marks = _rows(report, words)
    table = Table(rows, repeatRows=1, colWidths=[62 * mm, 27 * mm, 27 * mm, 20 * mm, 27 * mm, 20 * mm])
    table.setStyle(
        TableStyle(
            [
                ("FONT", (0, 0), (-1, -1), font, 8),
                ("ALIGN", (1, 0), (-1, -1), "RIGHT"),
                ("LINEBELOW", (0, 0), (-1, 0), 0.8, colors.black),
                ("LINEBELOW", (0, 1), (-1, -1), 0.2, colors.lightgrey),
                ("TOPPADDING", (0, 0), (-1, -1), 1.6),
                ("BOTTOMPADDING", (0, 0), (-1, -1), 1.6),
                *(("BACKGROUND", (0, row), (-1, row), colors.whitesmoke) for row in marks),
            ]
        )
    )
    notes = [Paragraph(note, small) for note in words.notes]
    page.build([Paragraph(words.title, head), *notes, Spacer(1, 4 * mm), table])
    return out.getvalue()


def _rows(report: Report, words: Words) -> tuple[list[Sequence[str]], list[int]]:
    """The table's rows as texts, and which of them name a group."""
    rows: list[Sequence[str]] = [words.head]
    marks, group = [], ""
    for shown in report.figures:
        if shown.group != group:
            group = shown.group
            marks.append(len(rows))
            rows.append((words.group(group), "", "", "", "", ""))
        rows.append(_row(shown, words))
    return rows, marks


def _row(shown: Shown, words: Words) -> Sequence[str]:
    said, changed = words.said, words.changed
    return (
        words.name(shown.name),
        said(shown.unit, shown.value),
        said(shown.unit, shown.before),
        changed(shown.unit, shown.on_quarter),
        said(shown.unit, shown.year_before),
        changed(shown.unit, shown.on_year),
    )


def _font_of(language: str) -> str:
    if not language.startswith("zh"):
        return _LATIN
    pdfmetrics.registerFont(UnicodeCIDFont(_CHINESE))
    return _CHINESE
