"""Several serving processes are one platform: what one acknowledged, every other shows in its next page.

The server is the real one, started as a user starts it, with two processes on one port.
"""

import os
import signal
import subprocess
import sys
import time

import httpx
import pytest

pytestmark = pytest.mark.timeout(180)


@pytest.fixture
def up(home, free_port):
    environ = {**os.environ, "WALRAS_HOME": str(home)}
    command = [sys.executable, "-m", "walras.cli", "up", "--port", str(free_port), "--workers", "2", "--no-train"]
    process = subprocess.Popen([*command, "--no-sample"], env=environ, stdout=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{free_port}"
    try:
        _wait(process, url)
        yield url, (home / "development-key").read_text().strip()
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)


def _wait(process, url):
    until = time.monotonic() + 120
    while time.monotonic() < until:
        assert process.poll() is None
        try:
            if httpx.get(f"{url}/readyz").status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    pytest.fail("the platform did not become ready")


def test_what_one_process_acknowledged_every_process_knows(up):
    url, key = up
    headers = {"X-API-Key": key}
    items = [{"id": f"i{n}", "owner": f"o{n}", "title": f"film {n}"} for n in range(40)]
    assert httpx.post(f"{url}/v1/items", json={"items": items}, headers=headers).status_code == 200
    seen = set()
    for _ in range(12):
        # A connection of its own each time, so that both processes answer some of them.
        page = httpx.post(f"{url}/v1/feed", json={"person": "ann", "count": 3}, headers=headers).json()
        shown = {place["item"] for place in page["places"]}
        assert shown and not shown & seen
        events = [{"person": "ann", "item": item, "outcome": "exposure", "page": page["id"]} for item in shown]
        answer = httpx.post(f"{url}/v1/events", json={"events": events}, headers=headers)
        assert answer.json()["accepted"] == len(shown)
        record = httpx.get(f"{url}/v1/pages/{page['id']}", headers=headers)
        assert {place["item"] for place in record.json()["places"]} == shown
        seen |= shown


def test_a_new_item_is_shown_by_every_process_at_once(up):
    url, key = up
    headers = {"X-API-Key": key}
    for n in range(8):
        assert httpx.put(f"{url}/v1/items/new{n}", json={"title": f"new {n}"}, headers=headers).status_code in (
            200,
            201,
        )
        page = httpx.post(f"{url}/v1/feed", json={"person": f"p{n}", "count": 20}, headers=headers).json()
        assert f"new{n}" in {place["item"] for place in page["places"]}
