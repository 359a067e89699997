"""Machine code on disk is the code of the present source: after edits, between processes, and after damage.

Each case runs a small program in processes of its own over an empty folder, as several workers of one platform do.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from walras.features.kept_code import FILES_MAX, Files

pytestmark = pytest.mark.timeout(300)
CALLEE = """
from typing import NamedTuple
from numpy import ndarray
from walras.features.compiled import compiled_in_place
STEP = {step}
class Pair(NamedTuple):
    {first}: ndarray
    {second}: ndarray
@compiled_in_place
def grow(value):
    return value {sign} STEP
"""
CALLER = """
import numpy as np
from callee import Pair, grow
from walras.features.compiled import compiled_in_place
@compiled_in_place
def both(pair, count):
    for n in range(count):
        pair.left[0] = grow(pair.left[0])
    return pair.left[0] * 100 + pair.right[0]
parts = {"left": np.array([1]), "right": np.array([7])}
print(both(Pair(**parts), 2), sum(both.stats.cache_hits.values()))
"""
PLAIN = {"step": 1, "sign": "+", "first": "left", "second": "right"}
# Two processes wait for the same file, so that they compile at the same time, one of them another signature too.
TOGETHER = """
import sys, time
from pathlib import Path
import numpy as np
from walras.features.compiled import compiled_in_place
@compiled_in_place
def doubled(values, room):
    for n in range(len(values)):
        room[n] = values[n] + values[n]
    return len(values)
me, go = sys.argv[1], Path(sys.argv[2])
Path(me).touch()
while not go.exists():
    time.sleep(0.001)
for kind in sys.argv[3:]:
    values = np.arange(1, 5).astype(kind)
    room = np.zeros_like(values)
    doubled(values, room)
    assert room.tolist() == [2, 4, 6, 8], (kind, room)
"""


def run(folder: Path) -> list[int]:
    done = subprocess.run(
        [sys.executable, "caller.py"], cwd=folder, env=environ(folder), capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return [int(word) for word in done.stdout.split()]


def environ(folder: Path) -> dict[str, str]:
    path = os.pathsep.join([str(folder), *filter(None, [os.environ.get("PYTHONPATH")])])
    # Without bytecode files: two edits within a second that leave the size the same would hide from Python itself.
    return {**os.environ, "PYTHONPATH": path, "NUMBA_CACHE_DIR": str(folder / "kept"), "PYTHONDONTWRITEBYTECODE": "1"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "caller.py").write_text(CALLER)
    (tmp_path / "callee.py").write_text(CALLEE.format(**PLAIN))
    assert run(tmp_path) == [307, 0]
    return tmp_path


def test_an_edit_in_another_file_is_never_served_stale(folder: Path) -> None:
    assert run(folder) == [307, 1]
    for edit, value in (({"sign": "-"}, -93), ({"step": 5}, 1107), ({"first": "right", "second": "left"}, 307)):
        (folder / "callee.py").write_text(CALLEE.format(**PLAIN | edit))
        assert run(folder) == [value, 0], edit
    (folder / "callee.py").write_text(CALLEE.format(**PLAIN))
    assert run(folder) == [307, 1]


def test_damaged_code_is_not_run_but_made_anew(folder: Path) -> None:
    files = list((folder / "kept").rglob("*.code"))
    assert files
    for path in files:
        whole = path.read_bytes()
        path.write_bytes(whole[: len(whole) // 2] + b"\0" * (len(whole) - len(whole) // 2))
    assert run(folder) == [307, 0]


def test_only_the_newest_files_of_a_function_stay(tmp_path: Path) -> None:
    files, others = Files(tmp_path, "rooms.f"), Files(tmp_path, "rooms.g")
    keys = [bytes([n]) * 32 for n in range(FILES_MAX + 3)]
    others.save(keys[0], "another function's")
    for n, key in enumerate(keys):
        files.save(key, n)
    assert [files.load(key) for key in keys[-3:]] == [FILES_MAX, FILES_MAX + 1, FILES_MAX + 2]
    assert len(list(tmp_path.glob("rooms.f-*"))) == FILES_MAX
    assert others.load(keys[0]) == "another function's"


def test_processes_that_compile_at_the_same_time_do_not_mix_their_code(tmp_path: Path) -> None:
    (tmp_path / "together.py").write_text(TOGETHER)
    go = tmp_path / "go"
    orders = (["int64", "float32"], ["float32", "int64"])
    begun = [
        subprocess.Popen(
            [sys.executable, "together.py", str(tmp_path / f"here{n}"), str(go), *kinds],
            cwd=tmp_path, env=environ(tmp_path), stderr=subprocess.PIPE, text=True,
        )
        for n, kinds in enumerate(orders)
    ]  # fmt: skip
    while not all((tmp_path / f"here{n}").exists() for n in range(len(orders))):
        assert all(process.poll() is None for process in begun)
    go.touch()
    for process in begun:
        complaint = process.communicate()[1]
        assert process.returncode == 0, complaint
    # What they left behind serves each signature with its own code.
    again = [sys.executable, "together.py", str(tmp_path / "later"), str(go), *orders[0]]
    subprocess.run(again, cwd=tmp_path, env=environ(tmp_path), check=True)
