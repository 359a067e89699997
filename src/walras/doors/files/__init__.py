"""Bring files in: `import_files` reads a log of somebody's own, or a public data set, into the platform's log.

It takes CSV, TSV, lines of JSON and Parquet, by a mapping, a format's name or a guess, and gives a report of what
came of each row; `guess` shows what a file seems to be, `check` says what is good and bad about it.
It never writes behaviour that the events' own door would refuse, and never the same event twice.
"""

from walras.doors.files.check import Finding, check
from walras.doors.files.formats import FORMATS
from walras.doors.files.guess import Guess, guess
from walras.doors.files.importing import import_files
from walras.doors.files.mapping import Mapping, Mark, load_mapping, mapping_of, toml_of
from walras.doors.files.reports import FileReport, ImportReport, Progress

__all__ = [
    "FORMATS",
    "FileReport",
    "Finding",
    "Guess",
    "ImportReport",
    "Mapping",
    "Mark",
    "Progress",
    "check",
    "guess",
    "import_files",
    "load_mapping",
    "mapping_of",
    "toml_of",
]
