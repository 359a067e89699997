"""A town of three people and six short films, served as `walras up` serves the sample, in a process of its own.

Run with a folder and a port: `python -m tests.app.small_town FOLDER PORT`.
"""

import json
import sys
from pathlib import Path

import numpy as np
from rich.console import Console

from walras.app.films import Town
from walras.app.starting import serve
from walras.base.settings import Settings
from walras.town.clips import draw_film

FILMS, SECONDS = 6, 2.0
_SUBJECTS = ("dance", "food", "cars", "cats", "music", "travel")
TITLES = ("A dance in the rain", "Noodles at dawn", "旧车新生", "猫的一天", "Strings", "A road to the sea")
_DAY_MS = 86_400_000


def write_town(path: Path, now_ms: int, _rng: np.random.Generator) -> int:
    """Write the people and the films, as rows to import; gives how many."""
    path.parent.mkdir(parents=True, exist_ok=True)
    people = [{"type": "person", "id": f"p{n}", "attributes": {"name": f"Person {n}"}} for n in range(3)]
    rows = [_film(n, now_ms) for n in range(FILMS)] + people
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return len(rows)


def _film(n: int, now_ms: int) -> dict[str, object]:
    return {
        "type": "item",
        "id": f"v{n}",
        "kind": "film",
        "owner": f"o{n % 3}",
        "title": TITLES[n],
        "text": "An evening of one's own, told at some length so that there is more to read than fits in two lines. 🌙"
        if n == 0
        else "",
        "topics": [_SUBJECTS[n]],
        "created_ms": now_ms - (n + 1) * _DAY_MS,
        "duration_s": SECONDS,
        "language": "zh" if TITLES[n][0] > "z" else "en",
        "attributes": {"owner_name": f"Maker {n % 3}"},
    }


def _say(_language: str, _draws: np.random.Generator) -> list[str]:
    return ["How lovely", "مرحبا 👋"]


def main() -> None:
    """Serve until a signal comes."""
    home, port = Path(sys.argv[1]), int(sys.argv[2])
    home.mkdir(parents=True, exist_ok=True)
    settings = Settings(port=port, train=False, disk_free_mb_min=0)
    serve(home, settings, Console(stderr=True), write_town, Town(draw_film, _say))


if __name__ == "__main__":
    main()
