"""What is popular, found anew at fixed points of the log, so that the same log always finds the same."""

import numpy as np

from walras.features.arena import Array
from walras.features.catalogue import LIVE, Catalogue
from walras.features.columns import AHEAD
from walras.features.compiled import compiled_in_place
from walras.features.counting import Counters
from walras.features.fetching import fetch
from walras.schema import Floats32, Ints

# Kept for filters: of the most popular, most are already seen or belong to other markets for somebody.
POPULAR_MAX = 4_096
# It is found anew after a 32nd more events, so at each event at first and at every 8,192nd in a full log.
REFRESH_SHARE = 32
REFRESH_EVENTS_MAX = 8_192
# Choices per exposure are read with twenty exposures at half the overall rate added.
PRIOR_EXPOSURES = 20.0


class Popular:
    """Rows of the most popular items with their scores, best first."""

    def __init__(self) -> None:
        """Start with none."""
        self.row: Ints = np.zeros(0, np.int32)
        self.score: Floats32 = np.zeros(0, np.float32)
        self.due = 1
        self._met: list[Ints] = []

    def until_due(self, events: int) -> int:
        """How many events are still to come before it is found anew."""
        return self.due - events

    def meet(self, rows: Ints) -> None:
        """Take the items of events, which are looked at when it is found anew."""
        self._met.append(rows)

    def refresh(self, events: int, counters: Counters, catalogue: Catalogue) -> None:
        """Find the most popular of live items: decayed choices, times how well exposures turn into them.

        Of all items only those that were popular and those that were met since are looked at: the score of any other
        has not grown. So its cost does not grow with the catalogue.
        """
        self.due = _after(events)
        rows = _each_once(np.concatenate([self.row, *self._met]))
        rows, self._met = rows[catalogue.columns["state"][rows] == LIVE], []
        now_ms = int(counters.landmark_ms[2])
        total = counters.total[0] * counters.scale(now_ms)
        overall = total[counters.choices].max() / max(float(total[[counters.exposure, *counters.choices]].max()), 1e-9)
        score = np.empty(len(rows), np.float32)
        scale, prior = np.float32(counters.scale(now_ms)), PRIOR_EXPOSURES * float(overall) / 2
        _score(counters.item, rows, counters.choices, counters.exposure, scale, prior, score)
        best = _largest(score, POPULAR_MAX)
        self.row, self.score = rows[best], score[best]

    def used(self) -> dict[str, Array]:
        """Arrays to keep."""
        met = np.concatenate([np.zeros(0, np.int32), *self._met])
        return {"row": self.row, "score": self.score, "due": np.array([self.due], np.int64), "met": met}

    def restore(self, arrays: dict[str, Array]) -> None:
        """Become what `used` gave."""
        self.row, self.score, self.due = arrays["row"], arrays["score"], int(arrays["due"][0])
        self._met = [arrays["met"]]


@compiled_in_place
def _score(
    item: Floats32, rows: Ints, choices: Ints, exposure: int, scale: np.float32, prior: float, score: Floats32
) -> None:
    """Score items by their counts.

    Args:
        item: [I, C] counts.
        rows: [N] of items.
        choices: columns of choices.
        exposure: the column of exposures.
        scale: what a count is worth now.
        prior: choices that are added to each item's.
        score: [N] to be written.
    """
    for n in range(len(rows)):
        if n + AHEAD < len(rows):
            fetch(item, rows[n + AHEAD] * item.shape[1])
            fetch(item, rows[n + AHEAD] * item.shape[1] + exposure)
        chosen, most = np.float32(0.0), np.float32(0.0)
        for column in choices:
            count = item[rows[n], column] * scale
            chosen, most = chosen + count, max(most, count)
        exposures = max(item[rows[n], exposure] * scale, most)
        score[n] = np.float32(chosen * (most + prior) / (exposures + np.float32(PRIOR_EXPOSURES)))


def _each_once(rows: Ints) -> Ints:
    """Rows in order, each once: a tenth of `np.unique`, which hashes what is sorted anyway."""
    rows.sort()
    return rows[np.append(True, rows[1:] != rows[:-1])] if len(rows) else rows


def _after(events: int) -> int:
    return events + min(max(events // REFRESH_SHARE, 1), REFRESH_EVENTS_MAX)


def _largest(score: Floats32, count: int) -> Array:
    """Places of the largest positive scores, best first; equals by row."""
    found = np.flatnonzero(score > 0)
    if len(found) > count:
        bar = np.partition(score[found], len(found) - count)[len(found) - count]
        above, at = found[score[found] > bar], found[score[found] == bar]
        found = np.sort(np.concatenate([above, at[: count - len(above)]]))
    return found[np.argsort(-score[found], kind="stable")]
