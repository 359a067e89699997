"""What an import tells while it runs and when it is done."""

from dataclasses import dataclass
from pathlib import Path

from walras.doors.files.formats import Part
from walras.doors.files.journal import Journal


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an import is."""

    file: Path
    done_bytes: int  # of the file on disk
    total_bytes: int
    rows: int
    rejected: int


@dataclass(frozen=True, slots=True)
class FileReport:
    """What came of one file."""

    path: Path
    format: str
    kind: str
    rows: int
    events: int  # made of its rows
    fresh: int  # of them, not in the log before
    items: int  # put into the log, since they were new or told of otherwise
    people: int
    passed_over: int  # rows that stand for nothing, such as flags all 0
    rejected: int
    rejects: Path | None
    first_ms: int  # earliest and latest event, 0 where there is none
    last_ms: int
    resumed: bool = False  # went on where an earlier import broke off
    already: bool = False  # had been imported whole before: nothing was done
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What came of all files."""

    files: tuple[FileReport, ...]
    seconds: float

    @property
    def fresh(self) -> int:
        """Events that were not in the log before."""
        return sum(file.fresh for file in self.files)

    @property
    def rejected(self) -> int:
        """Rows that were refused."""
        return sum(file.rejected for file in self.files)


def report_of(part: Part, journal: Journal, *, resumed: bool = False, already: bool = False) -> FileReport:
    """The report of one file from its journal."""
    entry = journal.entry
    return FileReport(
        path=part.path,
        format=part.format,
        kind=part.kind,
        rows=entry.rows,
        events=entry.events,
        fresh=0 if already else entry.fresh,
        items=0 if already else entry.items,
        people=0 if already else entry.people,
        passed_over=entry.passed_over,
        rejected=entry.rejected,
        rejects=journal.rejects if entry.rejected and journal.rejects.exists() else None,
        first_ms=entry.first_ms,
        last_ms=entry.last_ms,
        resumed=resumed,
        already=already,
        notes=(part.reason,),
    )
