"""[web.*] The app in Chromium over the embedded sample: until it answers, a swipe, memory, weight, and axe."""

import gzip
import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, CDPSession, Page, sync_playwright

COMMAND = "python -m bench web"
PHONE = {"width": 390, "height": 844}
SLOWER, VISITS, SWIPES, MANY, BEFORE = 4, 5, 60, 500, 50
FILMS, START_S = 64, 400.0
TARGETS = {
    "web.interactive_s": "<= 1.5",
    "web.swipe_p95_ms": "<= 150",
    "web.js_kb": "<= 60",
    "web.mem_500_swipes_ratio": "about 1",
    "web.axe_serious": "0",
}
SCREENS = ("/", "/following", "/topics", "/t/dance", "/settings", "/signin", "/signup", "/recover", "/make", "/inbox")
# A folder whose films are drawn already saves the minutes of drawing; without it a new one is made.
HOME_VARIABLE = "BENCH_WEB_HOME"
_READY = """new MutationObserver((_, all) => {
  if (!document.querySelector(".slot:not([inert]) .action.heart")) return;
  window.readyMs = performance.now();
  all.disconnect();
}).observe(document, { childList: true, subtree: true });"""
_FRAMES = """window.frames = [];
document.addEventListener("keydown", (event) => {
  const here = document.querySelector(".slot:not([inert])");
  const next = event.key === "ArrowDown" ? here?.nextElementSibling : here?.previousElementSibling;
  const video = next?.querySelector("video");
  if (!video) return;
  const since = performance.now();
  video.requestVideoFrameCallback((now) => window.frames.push(now - since));
}, true);"""


def run() -> list[dict[str, Any]]:
    """Rows for the report."""
    with _served() as address, sync_playwright() as playwright:
        flags = ["--no-sandbox", "--autoplay-policy=no-user-gesture-required"]
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium") or "", args=flags)
        ready = [_ready_s(browser, address) for _ in range(VISITS)]
        kilobytes = _scripts_kb(browser, address)
        frames, ratio = _swiped(browser, address)
        serious = _serious(browser, address)
        browser.close()
    p95 = sorted(frames)[int(len(frames) * 0.95)]
    slower = f"the first card and its buttons, processor {SLOWER} times slower, empty cache, median of {VISITS}"
    return [
        _row("web.interactive_s", statistics.median(ready), "s", slower),
        _row(
            "web.swipe_p95_ms", p95, "ms", f"from the key to the next film's first frame, {len(frames)} preloaded cards"
        ),
        _row("web.js_kb", kilobytes, "kB", "scripts of the feed, gzip, without hls.js"),
        _row(
            "web.mem_500_swipes_ratio", ratio, "ratio", f"heap after {MANY} swipes over heap after {BEFORE}, collected"
        ),
        _row("web.axe_serious", serious, "count", f"serious and critical findings of axe on {len(SCREENS)} screens"),
    ]


def _row(id: str, value: float, unit: str, note: str) -> dict[str, Any]:
    shown = {"value": round(value, 3), "unit": unit, "target": TARGETS[id], "note": note}
    return {"id": id, "command": COMMAND, **shown}


def _page(browser: Browser, **more: Any) -> tuple[Page, CDPSession]:
    context = browser.new_context(viewport=PHONE, reduced_motion="reduce", **more)
    page = context.new_page()
    page.set_default_timeout(60_000)
    return page, context.new_cdp_session(page)


def _ready_s(browser: Browser, address: str) -> float:
    page, session = _page(browser)
    session.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    page.add_init_script(_READY)
    page.goto(address)
    page.wait_for_selector(".action.heart", state="attached")
    ms = float(page.evaluate("window.readyMs"))
    page.context.close()
    return ms / 1000


def _scripts_kb(browser: Browser, address: str) -> float:
    page, _ = _page(browser, service_workers="block")
    asked: set[str] = set()
    page.on("request", lambda request: asked.add(request.url))
    page.goto(address)
    page.wait_for_selector("video.playing", state="attached")
    page.context.close()
    scripts = [url for url in asked if url.endswith(".js") and "hls" not in url and not url.endswith("/sw.js")]
    return sum(len(gzip.compress(_read(url), 6)) for url in scripts) / 1000


def _swiped(browser: Browser, address: str) -> tuple[list[float], float]:
    """Milliseconds from key to frame over the first swipes, and how the heap grew over all of them."""
    page, session = _page(browser)
    page.add_init_script(_FRAMES)
    page.goto(address)
    page.wait_for_selector("video.playing", state="attached")
    heap_before, frames = 0.0, list[float]()
    for n in range(MANY):
        # Down and up again over the sample, since it has fewer films than there are swipes.
        page.keyboard.press("ArrowDown" if n % 100 < 50 else "ArrowUp")
        page.wait_for_timeout(500 if n < SWIPES else 60)
        if n == SWIPES:
            frames = page.evaluate("window.frames.slice()")
        if n == BEFORE:
            heap_before = _heap(session)
    page.wait_for_timeout(1_000)
    ratio = _heap(session) / heap_before
    page.context.close()
    return frames, ratio


def _heap(session: CDPSession) -> float:
    session.send("HeapProfiler.collectGarbage")
    return float(session.send("Runtime.getHeapUsage")["usedSize"])


def _serious(browser: Browser, address: str) -> int:
    page, _ = _page(browser)
    count = 0
    for path in SCREENS:
        page.goto(address + path)
        page.wait_for_selector("main :is(h1, .card)", state="attached")
        found = Axe().run(page).response["violations"]
        count += sum(len(one["nodes"]) for one in found if one["impact"] in ("serious", "critical"))
    page.context.close()
    return count


@contextmanager
def _served() -> Iterator[str]:
    """The product over its sample, once enough films are drawn."""
    with tempfile.TemporaryDirectory(prefix="walras-web-") as made, socket.socket() as free:
        home = os.environ.get(HOME_VARIABLE, str(Path(made) / "home"))
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        free.close()
        settings = {"WALRAS_HOME": home, "WALRAS_PORT": str(port), "WALRAS_TRAIN": "false"}
        command = [sys.executable, "-m", "walras.cli", "up"]
        process = subprocess.Popen(command, env={**os.environ, **settings}, stdout=subprocess.DEVNULL)
        try:
            _wait(process, f"http://127.0.0.1:{port}")
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(60)


def _wait(process: "subprocess.Popen[bytes]", address: str) -> None:
    end_s = time.monotonic() + START_S
    while time.monotonic() < end_s:
        assert process.poll() is None, "the server ended by itself"
        try:
            topics = json.loads(_read(f"{address}/app/topics"))["topics"]
            # Each film of the sample stands under two topics.
            if sum(topic["videos"] for topic in topics) >= 2 * FILMS:
                return
        except OSError:
            pass
        time.sleep(1.0)
    raise AssertionError("the sample's films were not drawn in time")


def _read(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=30) as answer:
        return bytes(answer.read())
