"""The door of the room: what others may import from it."""

from walras import events
from walras.base.clock import SetClock


def test_the_door_is_pinned():
    assert events.__all__ == [
        "CORE",
        "AllRows",
        "Imported",
        "Log",
        "MemoryLog",
        "Ready",
        "Registry",
        "Rejected",
        "SqliteLog",
        "TextColumn",
        "admit",
        "all_rows",
        "context_fault",
        "frame",
        "happenings",
        "scan",
    ]
    assert all(hasattr(events, name) for name in events.__all__)


def test_both_logs_are_logs(tmp_path):
    logs: list[events.Log] = [events.MemoryLog(), events.SqliteLog(tmp_path, events.Registry(), SetClock(1))]
    for log in logs:
        promised = {name for name in vars(events.Log) if not name.startswith("_")}
        assert promised <= set(dir(log))
        log.close()
