"""Every example of docs/import.md is run as it stands, and must come to what the page says."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from walras.cli import app, out

PAGE = Path(__file__).resolve().parents[2] / "docs" / "import.md"
_BLOCK = re.compile(r"^```(\w+)(?: (\S+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks() -> Iterator[tuple[str, str, str]]:
    """Kind, name and text of each block of the page."""
    for found in _BLOCK.finditer(PAGE.read_text("utf-8")):
        yield found[1], found[2] or "", found[3]


def run(command: str) -> list[str]:
    """Run a command of the page and tell of each row of the table it prints in one line."""
    arguments = shlex.split(command)
    assert arguments[0] == "walras"
    result = CliRunner().invoke(app, arguments[1:])
    assert result.exit_code == 0, result.output
    table = result.stdout[result.stdout.rindex("read as") :]
    cells = ([cell.strip() for cell in line.strip("│").split("│")] for line in table.splitlines() if line[:1] == "│")
    return [_line(*row) for row in cells]


def _line(file: str, kind: str, rows: str, events: str, new: str, items: str, _people: str, refused: str) -> str:
    return f"{file}: {kind}, {rows} rows, {events} events, {new} new, {items} items, {refused} refused"


def test_the_page_does_what_it_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("WALRAS_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(out, "_width", 200)  # so that no row of the table is folded
    monkeypatch.delenv("WALRAS_DATABASE_URL", raising=False)
    last: list[str] = []
    ran = 0
    for kind, name, text in blocks():
        if kind == "sh":
            last, ran = run(text), ran + 1
        elif kind == "report":
            assert last == text.splitlines()
        elif kind == "rejects":
            written = tmp_path / "home" / "imports" / f"{name}.rejects.csv"
            assert written.read_text("utf-8").splitlines() == text.splitlines()
        else:
            (tmp_path / name).write_text(text, "utf-8")
    assert ran == 5


def test_the_page_names_every_format_and_every_field() -> None:
    from walras.doors.files import FORMATS, Mapping

    page = PAGE.read_text("utf-8")
    assert not [name for name in FORMATS if f"| `{name}` |" not in page]
    assert not [field for field in Mapping.__struct_fields__ if not re.search(rf"`\[*{field}\]*`", page)]
