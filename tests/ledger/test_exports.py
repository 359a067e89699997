"""The journal for others: `bean-check` accepts the text, files grow without a gap, and CSV and Parquet say the same."""

import csv
import io
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest

from walras.base.clock import DAY_MS, SetClock
from walras.ledger import Ledger, recognition
from walras.ledger.chart import RESEARCH, WALLETS
from walras.ledger.exports import COLUMNS, all_postings, beancount_of, csv_of, files_of, frame_of, mirror
from walras.ledger.recognition import Terms, Where
from walras.schema import JournalEntry, Posting
from walras.world import World


@pytest.fixture
def ledger(home: Path, clock: SetClock) -> Iterator[Ledger]:
    world = World(f"sqlite:///{home / 'world.sqlite'}", models_folder=home / "models", clock=clock)
    world.upgrade()
    ledger = Ledger(world.database, clock, "Asia/Shanghai")
    yield ledger
    ledger.close()
    world.close()


def business(ledger: Ledger, now: int) -> None:
    """A little of everything, in three currencies, with words that are hard to quote."""
    where = Where(line="ads", city='杭"州\\', campaign="c\u00e9", item="v;1")
    ledger.set_rate("USD", "7.1234", 1, "bank")
    ledger.set_rate("JPY", "0.0487", 1, "bank")
    ledger.post(
        recognition.top_up("top", now - 40 * DAY_MS, "ad 1", 100_000),
        recognition.charge("charge", now, "ad 1", 33_333, Terms(), where, 'e"1'),
        recognition.gift("gift", now - DAY_MS, 8_801, "host", "guild", Terms(), where),
        recognition.order_paid("order", now, "shop", 10_001, where),
        recognition.order_final("order/final", now, "shop", "ana", 10_001, Terms(promoter_bp=1_000), where),
        recognition.shares_granted("shares", now, RESEARCH, 77),
        *(exchange(currency, now) for currency in ("USD", "JPY")),
    )
    ledger.reverse("charge", "charge/back", now, 'a "mistake"\nof ours')


def exchange(currency: str, now: int) -> JournalEntry:
    sides = (("Assets:Cash", "debit"), (WALLETS, "credit"))
    postings = tuple(Posting(account=a, side=s, amount=12_345, currency=currency, owner="ad 2") for a, s in sides)
    return JournalEntry(key=f"in/{currency}", kind="top-up", time_ms=now, postings=postings)


def check(text: str, folder: Path) -> subprocess.CompletedProcess[str]:
    path = folder / "books.beancount"
    path.write_text(text, "utf-8")
    found = shutil.which("bean-check") or str(Path(sys.executable).with_name("bean-check"))
    return subprocess.run([found, str(path)], capture_output=True, text=True, check=False)


def test_bean_check_accepts_the_books_and_refuses_them_with_one_fen_more(
    ledger: Ledger, clock: SetClock, tmp_path: Path
) -> None:
    business(ledger, clock.instant_ms)
    text = "".join(beancount_of(ledger.all_entries(), ledger.zone))
    accepted = check(text, tmp_path)
    assert accepted.returncode == 0, accepted.stdout + accepted.stderr
    assert "123.45 USD" in text and "12345 JPY" in text
    for true, false in (("-333.33 CNY", "-333.34 CNY"), ("balance Assets:Clearing  ", "balance Assets:Clearing  1")):
        assert true in text
        assert check(text.replace(true, false, 1), tmp_path).returncode != 0


def test_files_grow_without_a_gap_and_say_what_the_journal_says(
    ledger: Ledger, clock: SetClock, tmp_path: Path
) -> None:
    business(ledger, clock.instant_ms)
    folder = tmp_path / "books"
    assert mirror(ledger, folder) == 0 and files_of(folder) == [], "a few entries wait"
    assert mirror(ledger, folder, entries_min=4) == 9
    ledger.reverse("gift", "gift/back", clock.instant_ms)
    everything = all_postings(ledger, folder)
    assert len(everything.files) == 1 and everything.newest["key"].unique().to_list() == ["gift/back"]
    assert mirror(ledger, folder, entries_min=1) == 1 and mirror(ledger, folder, entries_min=1) == 0
    # Another process that wrote at the same moment had seen less: its file is the shorter, and still nothing is twice.
    frame_of(ledger.entries(0, 3)).write_parquet(folder / "postings-000000000001-000000000003.parquet")
    whole = frame_of(ledger.all_entries())
    for _ in range(2):
        found = all_postings(ledger, folder)
        files = [pl.read_parquet(path) for path in found.files]
        assert pl.concat([*files, found.newest]).equals(whole)
        mirror(ledger, folder, entries_min=1)


def test_files_of_another_database_are_not_read(ledger: Ledger, clock: SetClock, tmp_path: Path) -> None:
    business(ledger, clock.instant_ms)
    folder = tmp_path / "books"
    mirror(ledger, folder, entries_min=1)
    path = files_of(folder)[0]
    stolen = pl.read_parquet(path).with_columns(key=pl.lit("of another"), home=pl.lit(7, pl.Int64))
    stolen.write_parquet(path)
    assert all_postings(ledger, folder).files == ()
    assert all_postings(ledger, folder).newest.equals(frame_of(ledger.all_entries()))
    assert mirror(ledger, folder, entries_min=1) == 9 and len(all_postings(ledger, folder).files) == 1
    # A database that was put back from a copy has less than its files.
    longer = folder / "postings-000000000010-000000000099.parquet"
    stolen.write_parquet(longer)
    assert mirror(ledger, folder, entries_min=1) == 9 and not longer.exists()


def test_csv_and_parquet_say_the_same(ledger: Ledger, clock: SetClock, tmp_path: Path) -> None:
    business(ledger, clock.instant_ms)
    frame = frame_of(ledger.all_entries())
    frame.write_parquet(tmp_path / "books.parquet")
    read = pl.read_parquet(tmp_path / "books.parquet")
    assert read.equals(frame) and read["home"].sum() == 0
    rows = list(csv.DictReader(io.StringIO("".join(csv_of(ledger.all_entries())))))
    assert list(rows[0]) == list(COLUMNS)
    assert [int(row["amount"]) for row in rows] == frame["amount"].to_list()
    assert [row["city"] for row in rows] == frame["city"].to_list()
