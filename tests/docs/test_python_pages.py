"""The examples of some pages run as they stand, one after the other, and say what the page says they do."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(r"^```(?P<kind>sh|python)\n(?P<code>.*?)^```", re.DOTALL | re.MULTILINE)


def blocks(name: str, kind: str) -> list[str]:
    page = (ROOT / "docs" / f"{name}.md").read_text("utf-8")
    return [found["code"] for found in BLOCK.finditer(page) if found["kind"] == kind]


@pytest.mark.parametrize(("name", "prints"), [("ledger", 5), ("experiments", 7), ("market", 7)])
def test_its_python_prints_what_stands_beside_it(name: str, prints: int, tmp_path: Path) -> None:
    code = "".join(blocks(name, "python"))
    said = re.findall(r"print\(.*\)  # ([^:\n]+)", code)
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=tmp_path)
    assert found.returncode == 0, found.stderr
    assert found.stdout.splitlines() == [words.strip() for words in said] and len(said) == prints


def test_the_ledgers_commands_run(tmp_path: Path) -> None:
    script = "set -eu\n" + "".join(blocks("ledger", "sh"))
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    environ = {**os.environ, "WALRAS_HOME": str(tmp_path / "home"), "PATH": path, "COLUMNS": "200"}
    found = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=False, cwd=ROOT, env=environ)
    assert found.returncode == 0, found.stdout + found.stderr
    assert "2500000 fen" in found.stdout and "wages/2026-01" in found.stdout and "net_profit" in found.stdout
