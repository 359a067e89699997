"""The comparison of rankings as a picture, drawn by matplotlib into SVG."""

import io
from collections.abc import Mapping

from walras.base.errors import Unavailable


def comparison(results: Mapping[str, Mapping[str, float]]) -> str:
    """Bars of masked Recall@10 and NDCG@10 by ranking, as the text of an SVG.

    Raises:
        Unavailable: matplotlib is not installed.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise Unavailable("matplotlib is not installed", hint="Install the extra: walras[train].") from error
    names = list(results)
    figure = Figure(figsize=(7.2, 0.6 + 0.45 * len(names)), layout="constrained")
    axes = figure.subplots()
    for offset, column in ((-0.2, "recall@10"), (0.2, "ndcg@10")):
        places = [n + offset for n in range(len(names))]
        bars = axes.barh(places, [results[name][column] for name in names], height=0.38, label=column)
        axes.bar_label(bars, fmt="%.4f", padding=3, fontsize=8)
    axes.set_yticks(range(len(names)), names)
    axes.invert_yaxis()
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, loc="lower right")
    drawn = io.StringIO()
    figure.savefig(drawn, format="svg")
    return drawn.getvalue()
