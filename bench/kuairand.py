"""KuaiRand's rows as a log of this platform: one exposure with its outcomes for each row."""

import csv
import gzip
import os
from pathlib import Path

import numpy as np

from walras.schema import Batch, EventColumns, Item, ItemPut

COLUMNS = {"is_click": "click", "long_view": "long_view", "is_comment": "comment", "is_forward": "share",
           "is_follow": "follow"}  # fmt: skip


def data_folder() -> Path:
    """Where the data sets lie: WALRAS_DATA, or `shared/data` beside the checkout."""
    return Path(os.environ.get("WALRAS_DATA") or Path(__file__).resolve().parents[2] / "shared" / "data")


def log() -> tuple[list[Batch], dict[int, str]]:
    """The log as one batch, in order of time, and the local day of each instant."""
    path = data_folder() / "kuairand_kcore15" / "processed_standard_kcore_15.tsv.gz"
    with gzip.open(path, "rt", encoding="utf-8") as file:
        rows = sorted(csv.DictReader(file, delimiter="\t"), key=lambda row: int(row["time_ms"]))
    events: list[tuple[int, str, str, str, float]] = []
    items: dict[str, ItemPut] = {}
    for row in rows:
        time_ms, who, video = int(row["time_ms"]), row["user_id"], row["video_id"]
        length_s = int(row["duration_ms"]) / 1000.0
        if video not in items:
            put = Item(id=video, created_ms=time_ms, duration_s=length_s)  # type: ignore[arg-type]
            items[video] = ItemPut(put, time_ms)
        events.append((time_ms, who, video, "exposure", 1.0))
        events.append((time_ms, who, video, "watch", int(row["play_time_ms"]) / 1000.0))
        events += [(time_ms, who, video, name, 1.0) for column, name in COLUMNS.items() if row[column] == "1"]
        events.append((time_ms, who, video, "like" if row["label"] == "1" else "dislike", 1.0))
    count = len(events)
    blank = [""] * count
    columns = EventColumns(
        np.arange(1, count + 1), np.array([e[0] for e in events], np.int64), [e[1] for e in events],
        [e[2] for e in events], blank, [e[3] for e in events], np.array([e[4] for e in events]), blank, blank,
        np.full(count, -1, np.int32),
    )  # fmt: skip
    days = {int(row["time_ms"]): row["date"] for row in rows}
    return [Batch(count, tuple(items.values()), columns, ())], days
