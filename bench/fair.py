"""[fair.*] How exposure is shared among the sample's makers and some newcomers, and how long newcomers wait for 300.

Simulated viewers ask for pages and say what they saw through the public API, as fast as it goes for a while. Hours are
hours of the traffic of a platform a hundred thousandth of the source's: 1.5 pages a second, so that the figure does
not depend on how fast this machine answers. The newcomers' promises are entered in the tables as publishing does.
"""

import tempfile
import time
from pathlib import Path
from typing import Any

import httpx
import numpy as np

from bench.running import running
from walras.base.clock import SystemClock
from walras.base.settings import Settings
from walras.insight import gini
from walras.world import Promise, open_world
from walras.world.promises import EXPOSURES, SPAN_MS

COMMAND = "python -m bench fair"
NEWCOMERS, VIEWERS, PLACES, SECONDS = 4, 1_500, 10, 80.0
# What was seen is said of so many pages at once, so that most of the time goes into pages.
PAGES_AT_ONCE = 10
# So many videos must be there before anything is measured.
FULL, WAIT_S = 60, 240.0
PAGES_A_SECOND = 1.5
SEED = 11


def run() -> list[dict[str, Any]]:
    """Rows for the report."""
    with tempfile.TemporaryDirectory(prefix="walras-bench-") as folder:
        home = Path(folder)
        with running(home, "--sample") as up:
            headers = {"X-API-Key": up.key}
            with httpx.Client(base_url=up.url, headers=headers, timeout=30) as client:
                _wait_for_films(client)
                newcomers = _enter(home, client)
                owners, when, pages = _watch(client, newcomers)
    hours = [page / PAGES_A_SECOND / 3_600 for page in when]
    note = f"{pages} pages of {PLACES} by {VIEWERS} viewers; {len(hours)} of {NEWCOMERS} newcomers reached {EXPOSURES}"
    return [
        _row("fair.gini", round(gini(list(owners.values())), 3), "", "", note),
        _row("fair.first300_p50_h", _waited(hours, 0.5), "h", "<= 48", note),
        _row("fair.first300_p90_h", _waited(hours, 0.9), "h", "<= 48", note),
    ]


def _row(id: str, value: float | None, unit: str, target: str, note: str) -> dict[str, Any]:
    row = {"id": id, "value": value, "unit": unit, "target": target}
    return row | {"baseline": None, "ratio": None, "command": COMMAND, "note": note}


def _wait_for_films(client: httpx.Client) -> None:
    """Wait until pages are full before the newcomers come: among four videos every one of them is on every page."""
    until_s = time.perf_counter() + WAIT_S
    while True:
        asked = {"person": f"probe-{time.perf_counter_ns()}", "surface": "video", "count": FULL}
        found = len(client.post("/v1/feed", json=asked).raise_for_status().json()["places"])
        if found == FULL:
            return
        if time.perf_counter() > until_s:
            raise RuntimeError(f"the sample shows {found} videos after {WAIT_S} s, {FULL} are needed for a measure")
        time.sleep(2)


def _enter(home: Path, client: httpx.Client) -> list[str]:
    """Newcomers with one video each, and their promises."""
    now_ms = SystemClock().now_ms()
    videos = [f"newcomer-{n}" for n in range(NEWCOMERS)]
    for n, video in enumerate(videos):
        item = {"id": video, "owner": f"maker-{n}", "kind": "video", "title": f"a first film {n}", "duration_s": 20.0}
        client.post("/v1/items", json={"items": [item]}).raise_for_status()
    world = open_world(home, Settings())
    world.promises.make(
        [
            Promise(
                video=video, maker=f"maker-{n}", promised=EXPOSURES, starts_ms=now_ms, ends_ms=now_ms + SPAN_MS
            )
            for n, video in enumerate(videos)
        ]
    )  # fmt: skip
    world.close()
    time.sleep(3)  # until the serving process has read them
    return videos


def _watch(client: httpx.Client, newcomers: list[str]) -> tuple[dict[str, int], list[int], int]:
    """Exposures by maker, the page at which each newcomer had its 300th, and how many pages there were."""
    draws = np.random.default_rng(SEED)
    owners = {f"maker-{n}": 0 for n in range(NEWCOMERS)}
    got, when, pages, events = dict.fromkeys(newcomers, 0), list[int](), 0, list[dict[str, Any]]()
    until_s = time.perf_counter() + SECONDS
    while time.perf_counter() < until_s and len(when) < NEWCOMERS:
        person = f"viewer-{int(draws.integers(VIEWERS))}"
        asked = {"person": person, "surface": "video", "count": PLACES}
        page = client.post("/v1/feed", json=asked).raise_for_status().json()
        pages += 1
        for place in page["places"]:
            about = {"person": person, "item": place["item"], "page": page["id"], "place": place["place"]}
            events.append({**about, "outcome": "exposure", "surface": "video"})
            events.append({**about, "outcome": "watch", "value": float(draws.gamma(2.0, 5.0)), "surface": "video"})
            owners[place["owner"]] = owners.get(place["owner"], 0) + 1
            if place["item"] in got:
                got[place["item"]] += 1
                if got[place["item"]] == EXPOSURES:
                    when.append(pages)
        if pages % PAGES_AT_ONCE == 0:
            client.post("/v1/events", json={"events": events}).raise_for_status()
            events = []
    return owners, when, pages


def _waited(hours: list[float], share: float) -> float | None:
    rank = int(np.ceil(share * NEWCOMERS)) - 1
    return round(sorted(hours)[rank], 2) if rank < len(hours) else None
