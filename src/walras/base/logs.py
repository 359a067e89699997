"""Log lines: one JSON object a line on standard error, or plain text on a terminal."""

import logging
import sys

import msgspec


class _JsonLines(logging.Formatter):
    """A record as one line of JSON, with whatever was given as `extra={"fields": {...}}`."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "time": self.formatTime(record, "%Y-%m-%dT%H:%M:%S%z"),
            "level": record.levelname.lower(),
            "room": record.name,
            "message": record.getMessage(),
        }
        line.update(getattr(record, "fields", {}))
        if record.exc_info:
            line["trace"] = self.formatException(record.exc_info)
        return msgspec.json.encode(line).decode()


def set_up(level: str = "info", json_lines: bool = False) -> None:
    """Send the log to standard error. Called once, by the command line."""
    out = logging.StreamHandler(sys.stderr)
    plain = logging.Formatter("%(asctime)s %(levelname)-7s %(name)s: %(message)s", "%H:%M:%S")
    out.setFormatter(_JsonLines() if json_lines else plain)
    root = logging.getLogger("walras")
    root.handlers[:] = [out]
    root.setLevel(level.upper())
    root.propagate = False


def room_log(room: str) -> logging.Logger:
    """The logger of one room."""
    return logging.getLogger(f"walras.{room}")
