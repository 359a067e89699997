"""Write the lock files: every package that pyproject.toml needs, directly or not, at the version installed here.

    requirements.lock        to run, to train and to make media, PyTorch excepted
    requirements-torch.lock  PyTorch alone: it is installed by a pip call of its own, before everything else
    requirements-test.lock   what tests, checks and benchmarks need beyond that

To move to newer versions: install them into .venv, let `make check test` pass, then `make lock`.
"""

import sys
import tomllib
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, distribution, version
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
# The builds of PyTorch bring different ones for different cards; none of them is ours to choose.
_TORCH = "torch"
_OF_TORCH_ONLY = ("nvidia-", "cuda-", "triton")
_HEAD = "# Written by `make lock`: {what}. Plain pip reads it; every version is exact, nothing else is pulled in.\n"
# RapidOCR asks for the OpenCV that opens windows, and so for half a desktop; the same without windows does for it.
# PocketSphinx asks for a microphone's library, which is loaded only by what listens to one.
_INSTEAD = {"opencv-python": "opencv-python-headless"}
_WITHOUT = ("sounddevice",)
# Needed to install the project itself into the environment.
_BUILD = ("setuptools",)


def main() -> int:
    """Write the three files; say what is missing and stop where something is."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    extras = project["optional-dependencies"]
    run = closure([*project["dependencies"], *extras["train"], *extras["media"], *_BUILD])
    everything = run | closure([*extras["test"], *extras["bench"]])
    dragged = drags_torch(everything)
    if dragged:
        print(f"These would pull in PyTorch by themselves: {', '.join(dragged)}", file=sys.stderr)
        return 1
    write("requirements.lock", "to run, to train and to make media, without PyTorch", run)
    write("requirements-test.lock", "to test, check and measure, beyond requirements.lock", everything - run)
    torch = next(need for need in extras["train"] if Requirement(need).name == _TORCH)
    (ROOT / "requirements-torch.lock").write_text(_HEAD.format(what="PyTorch") + torch + "\n", "utf-8")
    return 0


def closure(needs: Iterable[str]) -> set[str]:
    """Names of all packages that these needs bring, themselves included, PyTorch excepted."""
    found: set[str] = set()
    waiting = [Requirement(need) for need in needs]
    seen: set[tuple[str, frozenset[str]]] = set()
    while waiting:
        need = waiting.pop()
        name = canonicalize_name(need.name)
        name = _INSTEAD.get(name, name)
        if name in _WITHOUT:
            continue
        if (name, frozenset(need.extras)) in seen or name.startswith(_OF_TORCH_ONLY):
            continue
        seen.add((name, frozenset(need.extras)))
        if name != _TORCH:
            found.add(name)
        waiting += _needs_of(name, need.extras)
    return found


def drags_torch(names: Iterable[str]) -> list[str]:
    """Those of these packages that need PyTorch."""
    return [name for name in sorted(names) if any(need.name == _TORCH for need in _needs_of(name, set()))]


def write(file: str, what: str, names: Iterable[str]) -> None:
    """One exact pin a line, in order."""
    lines = [f"{name}=={version(name)}\n" for name in sorted(names)]
    (ROOT / file).write_text(_HEAD.format(what=what) + "".join(lines), "utf-8")
    print(f"{file}: {len(lines)} packages")


def _needs_of(name: str, extras: set[str]) -> list[Requirement]:
    try:
        needs = [Requirement(need) for need in distribution(name).requires or ()]
    except PackageNotFoundError:
        sys.exit(f"{name} is needed and not installed here: run `make venv`, or install it into .venv.")
    return [need for need in needs if _applies(need, extras)]


def _applies(need: Requirement, extras: set[str]) -> bool:
    return need.marker is None or any(need.marker.evaluate({"extra": extra}) for extra in {"", *extras})


if __name__ == "__main__":
    sys.exit(main())
