"""How fast the ledger takes transfers durably, beside a bare loop of SQL inserts on the same disk in the same run."""

import sqlite3
import tempfile
import threading
from pathlib import Path
from typing import Any

from walras.base.clock import SystemClock, elapsed_s
from walras.ledger import Ledger
from walras.ledger.chart import CLEARING, WALLETS
from walras.schema import JournalEntry, Posting
from walras.world import World

COMMAND = "python -m bench books"
TRANSFERS, WRITERS = 20_000, 100
_BARE = "CREATE TABLE transfers (id INTEGER PRIMARY KEY, debit TEXT, credit TEXT, amount INTEGER, at_ms INTEGER)"


def run() -> list[dict[str, Any]]:
    """Every figure of money."""
    with tempfile.TemporaryDirectory() as folder:
        return transfers(Path(folder))


def transfers(folder: Path) -> list[dict[str, Any]]:
    """[ledger.transfers_s] transfers a second from a hundred writers, each waiting for its own answer."""
    # The bare loop stands on both sides of the measurement, since the machine's speed drifts.
    before = _bare(folder / "before.sqlite")
    world = World(f"sqlite:///{folder / 'world.sqlite'}", models_folder=folder / "models")
    world.upgrade()
    ledger = Ledger(world.database, SystemClock())
    begun = elapsed_s()
    _write(ledger)
    rate = TRANSFERS / (elapsed_s() - begun)
    assert ledger.position() == TRANSFERS and ledger.conservation(whole=True).is_kept
    ledger.close()
    world.close()
    bare = (before + _bare(folder / "after.sqlite")) / 2
    return [
        _row("ledger.transfers_s", rate, "transfers/s, 100 writers, SQLite", bare, ">= 2,000"),
        _row("ledger.ratio_bare_sql", rate / bare, "of a bare SQL insert loop", None, None),
    ]


def _write(ledger: Ledger) -> None:
    now_ms = SystemClock().now_ms()

    def work(writer: int) -> None:
        for n in range(TRANSFERS // WRITERS):
            ledger.post(_transfer(f"t{writer}-{n}", f"owner-{writer}", 100 + n, now_ms))

    threads = [threading.Thread(target=work, args=(writer,)) for writer in range(WRITERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _transfer(key: str, owner: str, amount: int, now_ms: int) -> JournalEntry:
    postings = (
        Posting(account=CLEARING, side="debit", amount=amount, owner=owner),
        Posting(account=WALLETS, side="credit", amount=amount, owner=owner),
    )
    return JournalEntry(key=key, kind="wallet.top-up", time_ms=now_ms, postings=postings)


def _bare(path: Path) -> float:
    """Transfers a second that plain inserts reach: one row, no index, no check, one flush for a hundred of them."""
    db = sqlite3.connect(path, isolation_level=None)
    db.execute("PRAGMA journal_mode=WAL")
    db.execute("PRAGMA synchronous=FULL")
    db.execute(_BARE)
    begun = elapsed_s()
    for at in range(0, TRANSFERS, WRITERS):
        db.execute("BEGIN IMMEDIATE")
        for n in range(at, at + WRITERS):
            values = (CLEARING, WALLETS, 100 + n, at)
            db.execute("INSERT INTO transfers (debit, credit, amount, at_ms) VALUES (?, ?, ?, ?)", values)
        db.execute("COMMIT")
    rate = TRANSFERS / (elapsed_s() - begun)
    db.close()
    return rate


def _row(name: str, value: float, unit: str, baseline: float | None, target: Any) -> dict[str, Any]:
    ratio = value / baseline if baseline else None
    return {
        "id": name,
        "value": value,
        "unit": unit,
        "baseline": baseline,
        "ratio": ratio,
        "target": target,
        "command": COMMAND,
    }
