"""The comparison of rankings as a picture, drawn by matplotlib into SVG."""

import io
from collections.abc import Mapping
from typing import Any

from walras.base.errors import Unavailable

Results = Mapping[str, Mapping[str, float]]


def comparison(results: Results, beside_former: Results | None = None) -> str:
    """Bars of masked Recall@10 and NDCG@10 by ranking, as the text of an SVG.

    Args:
        results: of everybody.
        beside_former: of the people to whom the former system showed something, in a second picture below.

    Raises:
        Unavailable: matplotlib is not installed.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise Unavailable("matplotlib is not installed", hint="Install the extra: walras[train].") from error
    parts = [results] if beside_former is None else [results, beside_former]
    heights = [0.6 + 0.45 * len(part) for part in parts]
    figure = Figure(figsize=(7.2, sum(heights)), layout="constrained")
    every = figure.subplots(len(parts), squeeze=False, height_ratios=heights)[:, 0]
    for axes, part in zip(every, parts, strict=True):
        _bars(axes, part)
    if beside_former is not None:
        every[0].set_title("everybody", fontsize=10)
        every[1].set_title("people with rows of the former system", fontsize=10)
    drawn = io.StringIO()
    figure.savefig(drawn, format="svg")
    return drawn.getvalue()


def _bars(axes: Any, results: Results) -> None:
    names = list(results)
    for offset, column in ((-0.2, "recall@10"), (0.2, "ndcg@10")):
        places = [n + offset for n in range(len(names))]
        bars = axes.barh(places, [results[name][column] for name in names], height=0.38, label=column)
        axes.bar_label(bars, fmt="%.4f", padding=3, fontsize=8)
    axes.set_yticks(range(len(names)), names)
    axes.invert_yaxis()
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, loc="lower right")
