"""kill -9 at any moment loses nothing acknowledged and doubles nothing: fifty deaths under load, on one growing log."""

import multiprocessing
import os
import signal
import time

import pytest

from walras.base.streams import stream
from walras.events import Registry, SqliteLog
from walras.schema import Event, PageRecord, PlaceRecord

DEATHS = 50
NOW_MS = 1_760_000_000_000


def _page(name):
    place = PlaceRecord(f"i-{name}", 1.0, (0.5,) * 9, "popular")
    return PageRecord(
        id=name, person="p", surface="feed", time_ms=NOW_MS, position=0, seed=1, count=1, places=(place,) * 10
    )


def serve(folder, life, told):
    """What a serving process does, as fast as it can: answer a page, take the events about it; tell it."""
    log = SqliteLog(folder, Registry())
    log.append([])
    fd = os.open(told, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(fd, b"ready\n")
    number = 0
    while True:
        number += 1
        name = f"{life}-{number}"
        log.keep_page(_page(f"g{name}"))
        # An answered page is known to a person from here on, acted on or not.
        os.write(fd, f"page g{name}\n".encode())
        events = [
            Event(person="p", item=f"i{n}", outcome="click", id=f"e{name}-{n}", page=f"g{name}", place=n)
            for n in range(1 + number % 40)
        ]
        answers = [log.submit(events[::2]), log.submit(events[1::2])]
        for answer in answers:
            receipts = answer.result()
            os.write(fd, "".join(f"event {r.id}\n" for r in receipts).encode())


def read(log):
    """Ids of all events and pages of the log; a double would stand twice."""
    events, pages, position = [], [], 0
    while (batch := log.read(position)) is not None:
        events += zip(batch.events.item, batch.events.page, strict=True)
        pages += [page.id for page in batch.pages]
        position = batch.position
    return events, pages


@pytest.mark.timeout(180)
def test_fifty_deaths_lose_nothing_acknowledged(tmp_path):
    processes = multiprocessing.get_context("forkserver")
    processes.set_forkserver_preload(["walras.events"])
    moments = stream(1, "tests/kill").uniform(0.0, 0.15, DEATHS)
    folder, told = tmp_path / "log", tmp_path / "told"
    for life, moment in enumerate(moments):
        size = told.stat().st_size if told.exists() else 0
        process = processes.Process(target=serve, args=(folder, life, told), daemon=True)
        process.start()
        while not told.exists() or told.stat().st_size == size:
            assert process.is_alive()
            time.sleep(0.002)
        time.sleep(float(moment))
        os.kill(process.pid, signal.SIGKILL)
        process.join()
    log = SqliteLog(folder, Registry())
    events, pages = read(log)
    acknowledged = [line.split() for line in told.read_text().splitlines() if line != "ready"]
    answered_pages = {name for kind, name in acknowledged if kind == "page"}
    answered_events = {name for kind, name in acknowledged if kind == "event"}
    written = {f"e{page[1:]}-{item[1:]}" for item, page in events}
    assert len(answered_events) > DEATHS and len(answered_pages) > DEATHS
    assert answered_events <= written, "an acknowledged event is lost"
    assert answered_pages <= set(pages), "an answered page is lost"
    assert len(written) == len(events) and len(set(pages)) == len(pages), "something stands twice"
    assert {page for _, page in events} <= set(pages), "an event stands without its page"
    log.close()
