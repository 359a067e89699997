"""Why an item stands on a page: an honest sentence with the numbers behind it, in English and Chinese."""

from collections.abc import Mapping

# By source: what named the item, with the numbers it rests on. Every language has every source.
_BY_SOURCE: dict[str, dict[str, str]] = {
    "en": {
        "sequence": "Fits your last {behaviours} actions",
        "cooccurrence": "Often chosen together with what you chose lately",
        "followed": "You follow its maker",
        "popular": "Many people choose it now",
        "fresh": "New here, and given a fair chance",
        "text": "Its words are like those of what you chose",
        "explore": "Picked by chance, so that we learn: 1 in {odds}",
        "found": "Found by chance, and foreseen to please you",
        "": "Chosen for this place",
    },
    "zh": {
        "sequence": "符合你最近 {behaviours} 次行为",
        "cooccurrence": "常与你最近选择的内容一起被选择",
        "followed": "你关注了作者",
        "popular": "现在很多人选择它",
        "fresh": "新内容，获得公平的展示机会",
        "text": "文字与你选择过的内容相近",
        "explore": "随机抽取，用来学习：{odds} 分之一",
        "found": "偶然发现，预计你会喜欢",
        "": "为这个位置选出",
    },
}
# By dial that lifted the item most.
_BY_DIAL = {
    "en": {
        "topics": "You asked for more of its topic",
        "mood": "You asked for this mood",
        "novelty": "Your dial of novelty lifts it",
        "length": "Your dial of length lifts it",
    },
    "zh": {
        "topics": "你想多看这个话题",
        "mood": "你选择了这种心情",
        "novelty": "你的新鲜度设置提高了它",
        "length": "你的时长设置提高了它",
    },
}
_BEFORE = {"en": "{dial}. {source}", "zh": "{dial}。{source}"}
_FORESEEN = {
    "en": "{source}. Foreseen: {seconds:.0f} s watched, {like:.1%} like; worth {value:.4f} yuan.",
    "zh": "{source}。预计观看 {seconds:.0f} 秒，点赞 {like:.1%}，价值 {value:.4f} 元。",
}


def language_of(context: Mapping[str, str], person_language: str) -> str:
    """`zh` or `en`, from the request's context first, then from what the person said."""
    wanted = context.get("language") or person_language or "en"
    return "zh" if wanted.lower().startswith("zh") else "en"


def sentence(
    language: str,
    source: str,
    outcomes: Mapping[str, float],
    *,
    value_yuan: float,
    behaviours: int,
    odds: int,
    dial: str = "",
) -> str:
    """The sentence for one place.

    Args:
        language: `en` or `zh`.
        source: who named the item.
        outcomes: expected outcomes of the exposure by name, each in its unit.
        value_yuan: what the exposure is worth.
        behaviours: how many of the person's actions were read.
        odds: one in how many the item was drawn, where chance played a part.
        dial: the viewer's dial that lifted it; empty: none did.
    """
    words = _BY_SOURCE[language]
    named = words.get(source, words[""]).format(behaviours=behaviours, odds=odds)
    if dial:
        named = _BEFORE[language].format(dial=_BY_DIAL[language][dial], source=named)
    return _FORESEEN[language].format(
        source=named, seconds=outcomes.get("watch", 0.0), like=outcomes.get("like", 0.0), value=value_yuan
    )
