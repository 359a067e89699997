"""[town.day_s_1e5] A simulated day at 1 : 100,000 with serving: 3,760 people. It takes some twenty minutes."""

from typing import Any

from bench.town import day_rows

COMMAND = "python -m bench town_large"


def run() -> list[dict[str, Any]]:
    """Rows for the report."""
    return [day_rows(100_000, "town.day_s_1e5", "<= 1,200", COMMAND)[0]]
