"""kill -9 with a hundred writers at once: nothing acknowledged is lost, nothing stands twice, the sum is zero.

Four processes of twenty-five threads each top up, spend, hold and capture on one SQLite database, and send some of it
twice; again and again all four are killed at a random moment and started anew on the same books.
"""

import multiprocessing
import os
import signal
import threading
import time
from pathlib import Path

import pytest

from walras.base.clock import SystemClock
from walras.base.database import Database
from walras.base.errors import Conflict
from walras.base.streams import stream
from walras.ledger import Hold, Ledger
from walras.ledger.chart import CLEARING, MARKETING, WALLETS
from walras.schema import JournalEntry, Posting
from walras.world import World

DEATHS, PROCESSES, THREADS = 6, 4, 25
NOW_MS = 1_760_000_000_000


def _two(key: str, debit: str, credit: str, amount: int, owner: str) -> JournalEntry:
    sides = ((debit, "debit"), (credit, "credit"))
    postings = tuple(Posting(account=a, side=s, amount=amount, owner=owner) for a, s in sides)
    return JournalEntry(key=key, kind="test", time_ms=NOW_MS, postings=postings)


def _write_on(ledger: Ledger, name: str, told: int) -> None:
    """What one writer does until it is killed; a key is told once its answer has come."""
    number = 0
    owner = f"o{name[-1]}"
    while True:
        number += 1
        key = f"{name}-{number}"
        answers = [
            ledger.submit(_two(f"{key}t", CLEARING, WALLETS, 100, owner)),
            ledger.submit(_two(f"{key}t", CLEARING, WALLETS, 100, owner)),
        ]
        for answer in answers:
            answer.result()
        os.write(told, f"{key}t\n".encode())
        try:
            ledger.post(_two(f"{key}s", WALLETS, MARKETING, 60, owner))
            os.write(told, f"{key}s\n".encode())
            hold = Hold(key=f"{key}h", account=WALLETS, owner=owner, currency="CNY", amount=40)
            ledger.hold(hold, NOW_MS)
            os.write(told, f"{key}h\n".encode())
            to = [Posting(account=MARKETING, side="credit", amount=15)]
            ledger.capture(hold.key, f"{key}c", to, kind="test", time_ms=NOW_MS)
            os.write(told, f"{key}c\n".encode())
        except Conflict:
            pass


def serve(url: str, life: str, told: Path) -> None:
    """One process of the platform: many writers over one ledger."""
    ledger = Ledger(Database(url), SystemClock())
    fd = os.open(told, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    for n in range(THREADS):
        threading.Thread(target=_write_on, args=(ledger, f"{life}-{n}", fd), daemon=True).start()
    threading.Event().wait()


@pytest.mark.timeout(180)
def test_deaths_under_a_hundred_writers_lose_nothing_acknowledged(tmp_path: Path) -> None:
    url, told = f"sqlite:///{tmp_path / 'world.sqlite'}", tmp_path / "told"
    world = World(url, models_folder=tmp_path / "models")
    world.upgrade()
    told.touch()
    processes = multiprocessing.get_context("forkserver")
    processes.set_forkserver_preload(["walras.ledger"])
    moments = stream(1, "tests/ledger-kill").uniform(0.1, 0.5, DEATHS)
    for life, moment in enumerate(moments):
        size = told.stat().st_size
        lives = [
            processes.Process(target=serve, args=(url, f"{life}-{n}", told), daemon=True) for n in range(PROCESSES)
        ]
        for process in lives:
            process.start()
        while told.stat().st_size == size:
            assert all(process.is_alive() for process in lives)
            time.sleep(0.005)
        time.sleep(float(moment))
        for process in lives:
            assert process.pid is not None
            os.kill(process.pid, signal.SIGKILL)
        for process in lives:
            process.join()
    ledger = Ledger(world.database, SystemClock())
    written = [one.entry.key for one in ledger.all_entries()]
    acknowledged = set(told.read_text().split())
    assert len(acknowledged) > DEATHS * 20
    assert acknowledged <= set(written), "an acknowledged entry is lost"
    assert len(set(written)) == len(written), "a key stands twice"
    kept = ledger.conservation(whole=True)
    assert kept.is_kept, "the sum is not zero"
    assert ledger.verify().entries == len(written)
    world.close()
