"""The README's examples run as they stand, one after the other, in an empty home folder."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
EXAMPLE = re.compile(r"### \d\. (?P<title>[^\n]+)\n```(?P<kind>sh|python)\n(?P<code>.*?)```", re.DOTALL)
PORT = "8123"


def examples():
    return list(EXAMPLE.finditer((ROOT / "README.md").read_text("utf-8")))


def test_there_are_five():
    assert [match["title"] for match in examples()][3:] == [
        "Events in, pages out",
        "An existing Gorse client, unchanged",
    ]
    assert len(examples()) == 5


@pytest.mark.timeout(400)
def test_they_run(tmp_path, free_port):
    """All in one shell, so that a server started in one example serves the next."""
    parts = []
    for match in examples():
        code = match["code"].replace(PORT, str(free_port))
        if match["kind"] == "python":
            path = tmp_path / "example.py"
            path.write_text(code, "utf-8")
            code = f"{sys.executable} {path}\n"
        parts.append(f"echo '== {match['title']}'\n{code}\necho")
    script = "set -eu\n" + "\n".join(parts)
    environ = {
        **os.environ,
        "WALRAS_HOME": str(tmp_path / "home"),
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
    }
    shell = subprocess.Popen(
        ["bash", "-c", script], cwd=ROOT, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        text=True, start_new_session=True,
    )  # fmt: skip
    try:
        # The server keeps the pipes open, so the last line is awaited rather than the end.
        said = _until_last(shell)
    finally:
        os.killpg(shell.pid, signal.SIGTERM)
        shell.wait(30)
        shell.stdout.close()
        shell.stderr.close()
    told = dict(zip([m["title"] for m in examples()], said, strict=False))
    assert "400 new events" in said[0] and "Rows stand in order of time" in said[0]
    assert '"recall@10"' in said[1] and '"popularity"' in said[1], told
    assert "Foreseen" in said[2]
    assert '"accepted":1' in said[3].replace(" ", "") and '"places"' in said[3]
    assert "[" in said[4]


def _until_last(shell):
    parts, last = [], [match["title"] for match in examples()][-1]
    for line in shell.stdout:
        if line.startswith("== "):
            parts.append("")
        parts[-1] += line
        if parts[-1].startswith(f"== {last}") and "]" in line:
            break
    else:
        pytest.fail(f"ended with {shell.wait(10)}: {shell.stderr.read()[-3000:]}")
    return parts
