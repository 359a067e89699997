"""[growth.*] The same platform with 10 k, 100 k and 1 M items: pages a second, memory and recall, with a plot."""

from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from bench import feed
from bench.report import DOCS
from walras.app import open_engine
from walras.base.settings import Settings
from walras.retrieval import SequenceSource

COMMAND = "python -m bench growth"
SIZES = (10_000, 100_000, 1_000_000)
PEOPLE, EACH = 20_000, 50
ASKED, NEAREST = 200, 100
Row = dict[str, Any]


def run() -> list[Row]:
    """Rows for the report."""
    seen = {size: _measured(size) for size in SIZES}
    _draw(seen)
    rows = [row for size, one in seen.items() for row in _rows(size, one)]
    fall = 100.0 * (1.0 - seen[SIZES[-1]]["pages_s_core"] / seen[SIZES[0]]["pages_s_core"])
    return [*rows, {"id": "growth.fall", "value": round(fall, 1), "unit": "%", "target": "< 25", "command": COMMAND}]


def _measured(items: int) -> dict[str, float]:
    with feed.filled(items, PEOPLE, EACH) as home:
        return {**feed.measure(PEOPLE, home), "recall": _recall(home)}


def _recall(home: Path) -> float:
    """Share of the items truly nearest to what people lean to that the index names among as many."""
    with open_engine(home, Settings()) as engine:
        source = engine.models.sources["sequence"]
        assert isinstance(source, SequenceSource)
        source.index.settle()
        rows = np.flatnonzero(source.rows.of_model[: len(source.trunk.bundle.items)] > 0)
        vectors = source.trunk.bundle.items[rows]
        row_of = source.rows.of_model[rows]
        shares = []
        for person in np.random.Generator(np.random.PCG64(4)).integers(PEOPLE, size=ASKED):
            leaning = source.trunk.leaning(engine.state.person_view(f"p{person}", engine.clock.now_ms()))
            if leaning is not None:
                truly = row_of[np.argpartition(-(vectors @ leaning.vector), NEAREST)[:NEAREST]]
                shares.append(np.isin(truly, source.index.search(leaning.vector, NEAREST)[0]).mean())
    return float(np.mean(shares))


def _rows(size: int, one: dict[str, float]) -> list[Row]:
    def row(name: str, value: float, unit: str) -> Row:
        return {"id": f"growth.{name}_{size // 1000}k", "value": value, "unit": unit, "command": COMMAND}

    return [
        row("pages_s_core", round(one["pages_s_core"], 1), "pages/s per core"),
        row("memory_gb", round(one["memory_bytes"] / 1e9, 2), "GB"),
        row("recall", round(one["recall"], 4), f"of the {NEAREST} nearest"),
    ]


def _draw(seen: dict[int, dict[str, float]]) -> None:
    figure = Figure(figsize=(8, 2.6), layout="constrained")
    shown = (("pages_s_core", 1.0, "pages a second and core"), ("recall", 1.0, "recall"), ("memory_bytes", 1e-9, "GB"))
    for axes, (name, unit, label) in zip(figure.subplots(1, len(shown)), shown, strict=True):
        axes.plot(list(seen), [one[name] * unit for one in seen.values()], marker="o")
        axes.set(xscale="log", xlabel="items", ylabel=label, ylim=(0, None))
        axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(DOCS / "growth.svg")
