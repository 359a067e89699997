"""The journal for others: Parquet that grows by files and is never rewritten, CSV, and text that beancount reads."""

import csv
import io
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import polars as pl

from walras.ledger.chart import CHART
from walras.ledger.currencies import digits_of
from walras.ledger.entries import signed
from walras.ledger.ledger import Ledger
from walras.ledger.reading import Written

# One row for each posting, its entry's facts beside it.
COLUMNS = {
    "entry": pl.Int64,
    "n": pl.Int32,
    "key": pl.String,
    "kind": pl.String,
    "event": pl.String,
    "time_ms": pl.Int64,
    "period": pl.String,
    "reverses": pl.String,
    "account": pl.String,
    "amount": pl.Int64,
    "currency": pl.String,
    "home": pl.Int64,
    "line": pl.String,
    "city": pl.String,
    "campaign": pl.String,
    "programme": pl.String,
    "owner": pl.String,
    "item": pl.String,
}
# Entries of one file; fewer wait in the database, and are read from there.
FILE_ENTRIES_MIN = 5_000
_READ = 20_000


@dataclass(frozen=True, slots=True)
class AllPostings:
    """Every posting at one moment: files, and a frame of what is newer; both with `COLUMNS`."""

    files: tuple[Path, ...]
    newest: pl.DataFrame
    position: int


def rows_of(written: Iterable[Written]) -> list[tuple[object, ...]]:
    """Postings as rows in the order of `COLUMNS`."""
    return [
        (
            *(one.seq, n, one.entry.key, one.entry.kind, one.entry.event, one.entry.time_ms, one.period),
            *(one.entry.reverses, posting.account, signed(posting), posting.currency, home),
            *(posting.line, posting.city, posting.campaign, posting.programme, posting.owner, posting.item),
        )
        for one in written
        for n, (posting, home) in enumerate(zip(one.entry.postings, one.homes, strict=True))
    ]


def frame_of(written: Iterable[Written]) -> pl.DataFrame:
    """Postings as a frame with `COLUMNS`."""
    return pl.DataFrame(rows_of(written), schema=COLUMNS, orient="row")


def mirror(ledger: Ledger, folder: Path, entries_min: int = FILE_ENTRIES_MIN) -> int:
    """Write entries that no file has yet as further files, where there are enough of them; how many entries.

    A file is named by its first and last entry and appears whole or not at all; two processes that write the same
    one write the same bytes.

    Args:
        ledger: what to write.
        folder: made where missing.
        entries_min: fewer wait.
    """
    files = _files_of(ledger, folder)
    for path in set(folder.glob("postings-*.parquet")) - set(files):
        # Of a database that was put back from a copy, or of a writer that was slower: nothing reads them.
        path.unlink(missing_ok=True)
    after, written = _end_of(files), 0
    while ledger.position() - after >= max(entries_min, 1):
        stretch = ledger.entries(after, _READ)
        folder.mkdir(parents=True, exist_ok=True)
        last = stretch[-1].seq
        scratch = folder / f".{os.getpid()}-{os.urandom(4).hex()}"
        frame_of(stretch).write_parquet(scratch)
        with scratch.open("rb") as file:
            os.fsync(file.fileno())
        scratch.rename(folder / f"postings-{after + 1:012d}-{last:012d}.parquet")
        written += last - after
        after = last
    return written


def all_postings(ledger: Ledger, folder: Path) -> AllPostings:
    """Every posting, for a query over the whole journal.

    Args:
        ledger: asked for what no file has yet.
        folder: of `mirror`.
    """
    files = _files_of(ledger, folder)
    after, frames = _end_of(files), [pl.DataFrame(schema=COLUMNS)]
    while stretch := ledger.entries(after, _READ):
        frames.append(frame_of(stretch))
        after = stretch[-1].seq
    return AllPostings(tuple(files), pl.concat(frames), after)


def files_of(folder: Path) -> list[Path]:
    """The files of a mirror that follow one another from the first entry on."""
    end, files = 0, []
    for path in sorted(folder.glob("postings-*.parquet")):
        _, first, last = path.stem.split("-")
        # Of two processes that wrote at once one may have seen more: the longer file begins where the shorter does.
        if int(first) == end + 1:
            files.append(path)
            end = int(last)
    return files


def _files_of(ledger: Ledger, folder: Path) -> list[Path]:
    """The same, or none where they are not of this database: it was put back from a copy, or is another one."""
    files = files_of(folder)
    if not files:
        return []
    last = pl.scan_parquet(files[-1]).select("entry", "key").tail(1).collect()
    written = ledger.entries(_end_of(files) - 1, 1)
    return files if written and [last["key"][0]] == [one.entry.key for one in written] else []


def _end_of(files: Sequence[Path]) -> int:
    return int(files[-1].stem.split("-")[2]) if files else 0


# ---------------------------------------------------------------- texts


def csv_of(written: Iterable[Written]) -> Iterator[str]:
    """The journal as CSV, a line at a time; amounts in minor units, debits above 0."""
    yield _line(list(COLUMNS))
    for row in rows_of(written):
        yield _line(row)


def _line(cells: Sequence[object]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerow(cells)
    return out.getvalue()


def beancount_of(written: Iterable[Written], zone: str) -> Iterator[str]:
    """The journal as text for beancount 3, with an assertion of every balance at its end: `bean-check` accepts it.

    Args:
        written: entries in order, from the first.
        zone: of the books; beancount knows days only.
    """
    yield 'option "title" "Walras"\noption "operating_currency" "CNY"\n\n'
    for name in CHART:
        yield f"1970-01-01 open {name}\n"
    sums: dict[tuple[str, str], int] = {}
    # Beancount orders by day, so entries need not come in that order; the assertions stand behind the last of them.
    last = ""
    for one in written:
        yield "\n" + _transaction(one, zone)
        last = max(last, _day(one.entry.time_ms, zone))
        for posting in one.entry.postings:
            place = (posting.account, posting.currency)
            sums[place] = sums.get(place, 0) + signed(posting)
    if last:
        yield "\n"
        day = (datetime.fromisoformat(last).replace(tzinfo=UTC) + timedelta(days=1)).strftime("%Y-%m-%d")
        parents = {name for name, _ in sums if any(other.startswith(f"{name}:") for other, _ in sums)}
        for (account, currency), amount in sorted(sums.items()):
            # An assertion of an account counts those below it, so only accounts without any are asserted.
            if account not in parents:
                yield f"{day} balance {account}  {_decimal(amount, currency)} {currency}\n"


def _transaction(one: Written, zone: str) -> str:
    entry = one.entry
    lines = [f"{_day(entry.time_ms, zone)} * {_quoted(entry.kind)} {_quoted(entry.memo)}"]
    facts = {"key": entry.key, "event": entry.event, "reverses": entry.reverses, "hash": one.hash.hex()}
    lines += [f"  {name}: {_quoted(value)}" for name, value in facts.items() if value]
    for posting in entry.postings:
        lines.append(f"  {posting.account}  {_decimal(signed(posting), posting.currency)} {posting.currency}")
        for name in ("line", "city", "campaign", "programme", "owner", "item"):
            if value := getattr(posting, name):
                lines.append(f"    {name}: {_quoted(value)}")
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ") + '"'


def _decimal(amount: int, currency: str) -> str:
    return str(Decimal(amount).scaleb(-digits_of(currency)))


def _day(time_ms: int, zone: str) -> str:
    return datetime.fromtimestamp(time_ms / 1000, ZoneInfo(zone)).strftime("%Y-%m-%d")
