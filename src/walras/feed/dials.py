"""A viewer's dials as programmes: what each adds to a candidate, in yuan, at a price that is shown.

The price of one unit is the spread between the candidates of the page: a dial turned to its end moves a candidate by
as much as divides a good one from a poor one, so that it is felt in the very next page on any scale of worth.
"""

from dataclasses import dataclass, field

import numpy as np

from walras.features import State
from walras.retrieval import Asked
from walras.schema import Bools, Dials, Floats, Ints

NEUTRAL = Dials()
# Kinds of item that sell something.
COMMERCIAL = ("product", "ad", "deal")
# Topics of each mood. An item is of a mood when any of its topics is.
MOODS: dict[str, tuple[str, ...]] = {
    "calm": ("fishing", "crafts", "travel", "farming", "nature", "钓鱼", "手工", "旅行", "农业", "自然"),
    "lively": ("dance", "football", "village-basketball", "music", "cars", "舞蹈", "足球", "村BA", "音乐", "汽车"),
    "funny": ("comedy", "cats", "pets", "搞笑", "喜剧", "猫", "宠物"),
    "learning": ("study", "tech", "crafts", "science", "学习", "科技", "手工", "科学"),
    "homely": ("cooking", "food", "farming", "family", "home", "做饭", "美食", "三农", "家庭", "家居"),
}
# Moods that content can be heard and seen to have: 1 is loud with many cuts, -1 is quiet with few.
LIVELINESS = {"calm": -1.0, "lively": 1.0}
# What measures say beside topics, where an item was measured.
_MEASURED_SHARE = 0.3
# Loudness in LUFS, and cuts a second: what counts as fully calm and fully lively. Talk on television stands at -23 LUFS
# (EBU R128), music on demand near -14; a cut every two seconds is that of a clip.
_LOUDNESS_LUFS, _CUTS_PER_S = (-32.0, -14.0), (0.0, 0.5)
# A topic asked for outweighs what is merely near; more and less are said in words, the others are leanings.
STRENGTH = {"topics": 2.0, "mood": 1.5, "novelty": 1.5, "length": 1.5}
# Four times her usual length counts as fully longer, a quarter as fully shorter.
_LENGTH_SPAN = float(np.log(4.0))
_USUAL_S = 30.0
_LEAST_YUAN = 1e-6


@dataclass(frozen=True, slots=True)
class Turn:
    """What the dials do to N candidates."""

    added_yuan: Floats  # [N]
    price_yuan: dict[str, float] = field(default_factory=dict)  # by dial that is turned
    parts: dict[str, Floats] = field(default_factory=dict)  # [N] in -1..1 by dial

    def named(self, n: int) -> str:
        """The dial that lifted the n-th candidate most; empty where none did."""
        lifts = {name: float(part[n]) * self.price_yuan[name] for name, part in self.parts.items()}
        best = max(lifts, key=lambda name: lifts[name], default="")
        return best if best and lifts[best] > 0 else ""


def turn(dials: Dials | None, asked: Asked, state: State, rows: Ints, value_yuan: Floats) -> Turn | None:
    """What dials add to each candidate.

    Args:
        dials: as she set them; None and the defaults change nothing.
        asked: whose page it is.
        state: what is known.
        rows: [N] rows of the candidates' items.
        value_yuan: [N] what they are worth without dials.

    Returns:
        Yuan to add; None where nothing is set.
    """
    if dials is None or dials == NEUTRAL or len(rows) == 0:
        return None
    parts = dict(_parts(dials, asked, state, rows))
    spread_yuan = max(float(np.ptp(np.quantile(value_yuan, (0.05, 0.95)))), _LEAST_YUAN)
    prices = {name: STRENGTH[name] * spread_yuan * abs(amount) for name, (amount, _) in parts.items()}
    towards = {name: np.sign(amount) * part for name, (amount, part) in parts.items()}
    added = np.zeros(len(rows))
    for name, part in towards.items():
        added += prices[name] * part
    return Turn(added, prices, towards)


def _parts(dials: Dials, asked: Asked, state: State, rows: Ints) -> "list[tuple[str, tuple[float, Floats]]]":
    parts: list[tuple[str, tuple[float, Floats]]] = []
    if dials.more or dials.less:
        wanted = _has(state, rows, dials.more).astype(np.float64) - _has(state, rows, dials.less)
        parts.append(("topics", (1.0, wanted)))
    if dials.mood != "any":
        parts.append(("mood", (1.0, _mood(dials.mood, state, rows))))
    if dials.novelty:
        parts.append(("novelty", (dials.novelty, _novelty(asked, state, rows))))
    if dials.length:
        parts.append(("length", (dials.length, _length(asked, state, rows))))
    return parts


def _has(state: State, rows: Ints, topics: tuple[str, ...]) -> Bools:
    """[N] whether an item has any of these topics."""
    codes = [code for topic in topics if (code := state.topic_row.get(topic, 0))]
    return np.asarray(np.isin(state.items["topics"][rows], codes).any(axis=1) if codes else np.zeros(len(rows), bool))


def _mood(mood: str, state: State, rows: Ints) -> Floats:
    """[N] 1 where an item is of this mood; its topics say so, and for some moods also how it sounds and is cut."""
    topical = _has(state, rows, MOODS[mood]).astype(np.float64)
    if mood not in LIVELINESS:
        return topical
    lively, is_measured = _liveliness(state, rows)
    mixed = (1.0 - _MEASURED_SHARE) * topical + _MEASURED_SHARE * LIVELINESS[mood] * lively
    return np.asarray(np.where(is_measured, mixed, topical))


def _liveliness(state: State, rows: Ints) -> tuple[Floats, Bools]:
    """[N] in -1..1 the mean of loudness and cuts, of those that were measured; [N] whether any was."""
    loudness_lufs, shots = state.items["loudness_lufs"][rows], state.items["shots"][rows]
    duration_s = state.items["duration_s"][rows]
    heard, seen = loudness_lufs < 0, (shots > 0) & (duration_s > 0)
    cuts_per_s = (np.maximum(shots, 1) - 1.0) / np.maximum(duration_s, 1.0)
    told = heard * _between(loudness_lufs, *_LOUDNESS_LUFS) + seen * _between(cuts_per_s, *_CUTS_PER_S)
    return np.asarray(told / np.maximum(heard.astype(np.float64) + seen, 1.0)), np.asarray(heard | seen)


def _between(values: Floats, least: float, most: float) -> Floats:
    """-1 at the least and below, 1 at the most and above."""
    return np.asarray(np.clip((2.0 * values - least - most) / (most - least), -1.0, 1.0))


def _novelty(asked: Asked, state: State, rows: Ints) -> Floats:
    """[N] 1 where she met neither owner nor topics, -1 where both, 0 where one of the two."""
    met = np.union1d(asked.person.seen, asked.person.items)
    met = met[met < len(state.items["owner"])]
    owners = np.union1d(state.items["owner"][met], asked.person.followed)
    topics = np.setdiff1d(state.items["topics"][met], [0])
    knows_owner = np.isin(state.items["owner"][rows], owners[owners > 0])
    knows_topic = np.isin(state.items["topics"][rows], topics).any(axis=1)
    return np.asarray(1.0 - knows_owner.astype(np.float64) - knows_topic)


def _length(asked: Asked, state: State, rows: Ints) -> Floats:
    """[N] how much longer than her usual, in -1..1; 0 where an item has no duration."""
    own = asked.person.items[asked.person.items < len(state.items["duration_s"])]
    met = state.items["duration_s"][own]
    usual = float(np.median(met[met > 0])) if (met > 0).any() else _USUAL_S
    duration = state.items["duration_s"][rows].astype(np.float64)
    longer = np.log(np.maximum(duration, 0.1) / usual) / _LENGTH_SPAN
    return np.asarray(np.where(duration > 0, np.clip(longer, -1.0, 1.0), 0.0))


def allowed(dials: Dials | None, count: int, state: State, rows: Ints, value_yuan: Floats) -> Bools:
    """[N] who may stand on the page: of those that sell something only as many as she lets, the best of them."""
    stays = np.ones(len(rows), bool)
    if dials is None or dials.commercial >= 1.0 or len(rows) == 0:
        return stays
    codes = [code for kind in COMMERCIAL if (code := state.catalogue.kinds.get(kind, 0))]
    selling = np.flatnonzero(np.isin(state.items["kind"][rows], codes))
    most = int(dials.commercial * count + 1e-9)
    ranked = selling[np.argsort(-value_yuan[selling], kind="stable")]
    stays[ranked[most:]] = False
    return stays
