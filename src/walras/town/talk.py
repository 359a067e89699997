"""What people of the sample say under videos."""

import numpy as np

_CHINESE = (
    *("太好看了，已经循环了三遍", "第一次看到这个视角", "收藏了，周末试试", "求更多这样的内容", "这节奏太舒服了"),
    *("配乐绝了，求歌名", "笑到邻居来敲门 😂", "看完心情都变好了", "原来是这样，学到了", "老家的味道，想家了"),
    *("催更催更！", "细节拉满", "我也在这附近，哪天去看看", "颜色真好看", "这才是生活", "坐等下一集", "新手能学会吗？"),
    *("朋友推荐来的，没失望", "第十秒那里太妙了", "给认真做内容的人点赞 👍"),
)
_ENGLISH = (
    *(
        "Watched it three times already",
        "Never seen it from this side",
        "Saved it for the weekend",
        "More of this, please",
    ),
    *(
        "What is this tune called?",
        "The colours are lovely",
        "My cat watched it with me 😂",
        "So that is how it works!",
    ),
    *(
        "This made my day",
        "When does the next part come?",
        "Can a beginner do it?",
        "The bit at ten seconds is brilliant",
    ),
    *("Calm and honest, thank you 👍", "A friend sent me here, no regrets", "I live nearby and never knew"),
)


def sayings(language: str, rng: np.random.Generator) -> list[str]:
    """Some comments in a language, none twice; often none at all."""
    pool = _CHINESE if language.startswith("zh") else _ENGLISH
    count = min(len(pool), int(rng.geometric(0.45)) - 1)
    return [pool[n] for n in rng.permutation(len(pool))[:count]]
