"""Write the pages of docs/ that are made from the code: errors, settings, limits, outcomes, commands.

`make docs` writes them; a test says when one is out of date.
"""

import inspect
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import typer

import walras.app.worker  # noqa: F401  # brings in every room, so that each room's errors are known
from walras.app.lines import found_lines
from walras.base import errors, limits, settings
from walras.cli import app
from walras.events.outcomes import CORE
from walras.web.problems import error_kinds

ROOT = Path(__file__).resolve().parents[1]
_HEAD = "<!-- Made from the code by `make docs`. -->\n\n"


def main() -> int:
    """Write every page."""
    for name, text in pages().items():
        (ROOT / "docs" / name).write_text(text, "utf-8")
        print(f"docs/{name}")
    return 0


def pages() -> dict[str, str]:
    """Name and text of every page."""
    return {
        "errors.md": _page("Errors", _errors()),
        "settings.md": _page("Settings", _settings()),
        "limits.md": _page("Limits", _limits()),
        "outcomes.md": _page("Outcomes", _outcomes()),
        "commands.md": _page("Commands", _commands()),
    }


def _page(title: str, lines: Iterator[str]) -> str:
    return f"{_HEAD}# {title}\n\n" + "\n".join(lines) + "\n"


def _table(*names: str) -> Iterator[str]:
    yield _row(*names)
    yield "|" + "---|" * len(names)


def _row(*cells: object) -> str:
    return "| " + " | ".join(str(cell).replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"


def _errors() -> Iterator[str]:
    found_lines()
    yield "Every error of the API is problem details (RFC 9457) with this `code`; the command line says the same."
    yield ""
    yield from _table("code", "status", "who can mend it", "meaning")
    for cls in error_kinds():
        who = "the caller" if issubclass(cls, errors.Refused) else "whoever runs it"
        yield _row(f"`{cls.code}`", cls.status, who, inspect.getdoc(cls))


def _settings() -> Iterator[str]:
    yield "In `walras.toml` in the home folder, or in the environment in capitals behind `WALRAS_`, the latter winning."
    yield "`WALRAS_HOME` names the home folder itself."
    yield ""
    yield from _table("setting", "default", "meaning")
    for name, meaning, default in settings.describe():
        yield _row(f"`{name}`", f"`{default!r}`".replace("'", '"'), meaning)


def _limits() -> Iterator[str]:
    yield from _table("limit", "value", "why")
    reason: list[str] = []
    in_comment = False
    for line in inspect.getsource(limits).splitlines():
        if line.startswith("# "):
            reason = [*(reason if in_comment else []), line[2:]]
        elif found := re.match(r"([A-Z0-9_]+) = ", line):
            yield _row(f"`{found[1]}`", f"{getattr(limits, found[1]):,}", " ".join(reason))
        in_comment = line.startswith("# ")


def _outcomes() -> Iterator[str]:
    yield "What can happen between a person and an item. Worth is per unit, until experiments have measured it."
    yield ""
    yield from _table("outcome", "code", "of", "unit", "sign", "foreseen", "worth, yuan", "meaning")
    for one in CORE:
        foreseen = "yes" if one.predicted else ""
        yield _row(f"`{one.name}`", one.code, one.of, one.unit, one.sign, foreseen, one.worth_yuan, one.meaning)


def _commands() -> Iterator[str]:
    command = typer.main.get_command(app)
    yield "Exit codes: 0 done, 1 it went wrong on our side, 2 the command or its input was refused."
    yield ""
    yield from _describe(command, "walras")


def _describe(command: click.Command, path: str) -> Iterator[str]:
    inner = getattr(command, "commands", None)
    if inner:
        for name in sorted(inner):
            yield from _describe(inner[name], f"{path} {name}")
        return
    yield f"## `{path}`"
    yield ""
    yield _plain(command.help or "")
    yield ""
    for parameter in command.params:
        if getattr(parameter, "hidden", False) or parameter.name == "help":
            continue
        names = ", ".join(f"`{name}`" for name in (*parameter.opts, *parameter.secondary_opts))
        yield f"- {names}: {_plain(getattr(parameter, 'help', '') or '')}"
    yield ""


def _plain(text: str) -> str:
    return re.sub(r"\[/?(bold|red|green|/)*\]", "`", inspect.cleandoc(text)).replace("\\[", "[")


if __name__ == "__main__":
    sys.exit(main())
