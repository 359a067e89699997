"""The commands of docs/town.md run as they stand, one after the other, with the smallest town; its plan is one."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from walras.town.plans import read_plan

PAGE = (Path(__file__).parents[2] / "docs/town.md").read_text("utf-8")
SHELL = re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)
PLAN = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_they_run(tmp_path):
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    environ = {**os.environ, "WALRAS_HOME": str(tmp_path / "home"), "PATH": path, "COLUMNS": "200"}
    script = "set -eu\n" + "\n".join(SHELL)
    done = subprocess.run(["bash", "-c", script], cwd=tmp_path, env=environ, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    assert "minutes a day" in done.stdout and "waits for shop" in done.stdout
    assert "page.surface: 'feed' → 'popular'" in done.stdout and "true effect" in done.stdout
    assert "seed 1: holds" in done.stdout


def test_its_plan_is_one(tmp_path):
    (text,) = PLAN
    (tmp_path / "plan.toml").write_text(text, "utf-8")
    plan = read_plan(tmp_path / "plan.toml")
    assert (plan.seed, plan.days, plan.ways.boredom, plan.platform) == (7, 3, 0.5, {"promised_exposures": 100})
