"""The examples of docs/client.md run as they stand, one after the other, against a running platform."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from bench.running import running

ROOT = Path(__file__).parents[2]
EXAMPLES = re.findall(r"```python\n(.*?)```", (ROOT / "docs/client.md").read_text("utf-8"), re.DOTALL)


@pytest.mark.timeout(180)
def test_they_run(home):
    with running(home, "--no-sample") as up:
        environ = {**os.environ, "WALRAS_HOME": str(home), "WALRAS_URL": up.url}
        said = [
            subprocess.run([sys.executable, "-W", "error", "-c", code], env=environ, check=True, capture_output=True)
            for code in EXAMPLES
        ]
    first, second, third = (done.stdout.decode() for done in said)
    assert "Noodles, part" in first and "['watch']" in first
    assert second == "6 taken, 0 refused\n"
    assert third == "outcome lik Did you mean 'like'?\n"
