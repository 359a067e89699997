"""How fast the ledger takes transfers durably, beside a bare loop of SQL inserts on the same disk in the same run.

And how long a quarter's page takes over twenty million postings in the journal's files.
"""

import sqlite3
import tempfile
import threading
from pathlib import Path
from typing import Any

import duckdb

from walras.base.clock import SetClock, SystemClock, elapsed_s
from walras.insight.books import Books
from walras.ledger import Ledger
from walras.ledger.chart import CLEARING, WALLETS
from walras.schema import JournalEntry, Posting
from walras.world import World

COMMAND = "python -m bench books"
TRANSFERS, WRITERS = 20_000, 100
# Nine files of a whole number of entries each, three a month.
POSTINGS, FILES = 20_000_016, 9
QUARTER, QUARTER_MS = "2026-Q3", 1_790_784_000_000  # its end
_BARE = "CREATE TABLE transfers (id INTEGER PRIMARY KEY, debit TEXT, credit TEXT, amount INTEGER, at_ms INTEGER)"


def run() -> list[dict[str, Any]]:
    """Every figure of money."""
    with tempfile.TemporaryDirectory() as folder:
        return [*transfers(Path(folder)), quarter(Path(folder))]


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


def quarter(folder: Path) -> dict[str, Any]:
    """[books.20m_s] every figure of a quarter of 20 M postings, beside those of a quarter and a year before."""
    home = folder / "home"
    (home / "books").mkdir(parents=True)
    for n in range(FILES):
        _write_file(home / "books", n)
    world = World(f"sqlite:///{home / 'world.sqlite'}", models_folder=home / "models")
    world.upgrade()
    _pretend(world)
    ledger = Ledger(world.database, SetClock(QUARTER_MS), "Asia/Shanghai")
    books = Books(home, ledger, SetClock(QUARTER_MS))
    begun = elapsed_s()
    report = books.report(QUARTER)
    spent = elapsed_s() - begun
    figures = {shown.name: shown.value for shown in report.figures}
    assert report.ledger_position == POSTINGS // 2 and figures["revenue"] and figures["net_profit"]
    ledger.close()
    world.close()
    return _row("books.20m_s", spent, "s, page of a quarter of 20 M postings", None, "<= 5")


def _pretend(world: World) -> None:
    """Let the database have the last entry of the files, by which they are known as its own."""
    last = POSTINGS // 2
    posting = "INSERT INTO ledger_postings VALUES (?, ?, 'Assets:Cash', ?, 'CNY', ?, '', '', '', '', '', '')"
    entry = "INSERT INTO ledger_entries VALUES (?, ?, 'bench', '', 1, 1, '2026-09', NULL, '', x'00', x'00')"
    with world.database.write() as connection:
        connection.exec_driver_sql(posting, [(last, 0, 1, 1), (last, 1, -1, -1)])
        connection.exec_driver_sql(entry, (last, f"k{last}"))
        connection.exec_driver_sql("UPDATE ledger_head SET seq = ?", (last,))


def _write_file(folder: Path, n: int) -> None:
    """One file of the journal: entries of two postings each, an expense or an income against cash."""
    per_file = POSTINGS // FILES
    first, last = n * per_file // 2 + 1, (n + 1) * per_file // 2
    path = folder / f"postings-{first:012d}-{last:012d}.parquet"
    month, made_ms = f"2026-{7 + 3 * n // FILES:02d}", QUARTER_MS - 86_400_000
    rows = _ROWS.format(first=first, month=month, made_ms=made_ms, count=per_file)
    duckdb.execute(f"SET enable_progress_bar = false; COPY ({rows}) TO '{path}' (FORMAT parquet)")


_ROWS = """
SELECT {first} + e AS entry, CAST(i % 2 AS INTEGER) AS n, 'k' || ({first} + e) AS key, 'bench' AS kind,
  'e' || ({first} + e) AS event, {made_ms} AS time_ms, '{month}' AS period, '' AS reverses,
  CASE WHEN i % 2 = 1 THEN 'Assets:Cash' ELSE ['Income:Marketing', 'Income:Live', 'Income:Other:Commerce',
    'Expenses:Cost:Bandwidth', 'Expenses:Cost:Shares:Hosts', 'Expenses:Selling:Promotion', 'Expenses:Research:Staff',
    'Expenses:Tax:Income'][1 + h] END AS account,
  (1 - 2 * (i % 2)) * (CASE WHEN h < 3 THEN -3 ELSE 1 END) * (e % 1000 + 1) AS amount, 'CNY' AS currency,
  amount AS home, 'line' || e % 12 AS line, 'city' || e % 90 AS city, 'c' || e % 50000 AS campaign, '' AS programme,
  'o' || e % 200000 AS owner, 'v' || e % 900000 AS item
FROM (SELECT i, i // 2 AS e, CAST(hash(i // 2) % 8 AS BIGINT) AS h FROM range({count}) AS t(i))
"""


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
