"""[growth.*] The same platform with 10 k, 100 k and 1 M items: pages a second and memory, with a plot."""

from typing import Any

from matplotlib.figure import Figure

from bench import feed
from bench.report import DOCS

COMMAND = "python -m bench growth"
SIZES = (10_000, 100_000, 1_000_000)
PEOPLE, EACH = 20_000, 50


def run() -> list[dict[str, Any]]:
    """Rows for the report."""
    seen = {size: feed.measure(size, PEOPLE, EACH) for size in SIZES}
    _draw(seen)
    rates = [seen[size]["pages_s_core"] for size in SIZES]
    fall = 100.0 * (1.0 - rates[-1] / rates[0])
    rows: list[dict[str, Any]] = [
        {
            "id": f"growth.pages_s_core_{size // 1000}k", "value": round(seen[size]["pages_s_core"], 1),
            "unit": "pages/s per core", "command": COMMAND, "note": f"memory {seen[size]['memory_bytes'] / 1e9:.2f} GB",
        }
        for size in SIZES
    ]  # fmt: skip
    return [*rows, {"id": "growth.fall", "value": round(fall, 1), "unit": "%", "target": "< 25", "command": COMMAND}]


def _draw(seen: dict[int, dict[str, float]]) -> None:
    figure = Figure(figsize=(6, 3), layout="constrained")
    axes = figure.subplots()
    axes.plot(list(seen), [one["pages_s_core"] for one in seen.values()], marker="o")
    axes.set(xscale="log", xlabel="items", ylabel="pages a second and core", ylim=(0, None))
    axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(DOCS / "growth.svg")
