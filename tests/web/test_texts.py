"""Words of the screens: every language has every message with the same values.

Templates and scripts hold no words of their own, and every name that can come from the platform has one.
"""

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

import walras
from walras.doors.pages import STATIC_FOLDER
from walras.doors.pages.pages import WORDS
from walras.events.outcomes import CORE
from walras.feed.surfaces import FEED
from walras.retrieval.exclusions import Reason
from walras.web import LANGUAGES, choose_language, texts_in
from walras.web.statics import FOLDER

ROOT = Path(walras.__file__).parent
TEMPLATES = sorted(path for path in ROOT.rglob("*.html") if path.parent.name == "templates")
SCRIPTS = sorted(path for path in ROOT.rglob("*.js") if "vendor" not in path.parts)
STYLES = sorted(path for path in ROOT.rglob("*.css") if "vendor" not in path.parts)
_KEY = re.compile(r"""\b(?:t|other)\(\s*["']([a-z_.0-9-]+[a-z0-9])["']""")
# Names that are the same in every language.
_NAMES = {"Walras", "/", "j", "k", "l", "w", "f", "s", "x", "n", "?", "·", "@", "#", "–", "×", "=", "“”", "LUFS"}


def test_every_language_has_every_message_with_the_same_values() -> None:
    english = texts_in("en").messages
    for language in LANGUAGES:
        found = texts_in(language).messages
        assert set(found) == set(english), set(found) ^ set(english)
        for key, forms in found.items():
            assert all(form.strip() for form in forms), key
            values = set(re.findall(r"\{(\w+)\}", english[key][-1]))
            assert set(re.findall(r"\{(\w+)\}", forms[-1])) == values, key


def test_chinese_is_chinese() -> None:
    same = {
        "page.language.short",
        "feed.title",
        "feed.of.title",
        "status.short.p50",
        "status.short.p99",
        "status.unknown",
        "app.other-language",
        "reel.progress.of",
        "make.sending.of",
    }
    english, chinese = texts_in("en").messages, texts_in("zh-CN").messages
    untranslated = {key for key in english if english[key][-1] == chinese[key][-1]}
    assert untranslated <= same
    assert all(re.search(r"[\u4e00-\u9fff]", chinese[key][0]) for key in set(chinese) - same)


def test_plural_forms_follow_the_language() -> None:
    english, chinese = texts_in("en"), texts_in("zh-CN")
    assert english("feed.person.deeds", count=1) == "1 action"
    assert english("feed.person.deeds", count=0) == "0 actions"
    assert chinese("feed.person.deeds", count=1) == chinese("feed.person.deeds", count=9).replace("9", "1")


@pytest.mark.parametrize(
    ("wished", "accept", "answered"),
    [
        ((), "", "en"),
        ((), "zh-TW,zh;q=0.9,en;q=0.8", "zh-CN"),
        ((), "fr, en;q=0.3, zh-Hans-CN;q=0.5", "zh-CN"),
        ((), "de-DE,de", "en"),
        (("zh-CN", "en"), "en", "zh-CN"),
        (("", "en"), "zh", "en"),
        (("<script>",), "zh;q=nonsense", "en"),
        ((), "en-GB;q=0.9,zh;q=0", "en"),
        ((), ",;q=,=;,,", "en"),
    ],
)
def test_language_is_chosen(wished: tuple[str, ...], accept: str, answered: str) -> None:
    assert choose_language(*wished, accept=accept) == answered


def test_every_name_from_the_platform_has_a_word() -> None:
    messages = texts_in("en").messages
    for outcome in CORE:
        assert {f"outcome.{outcome.name}", f"did.{outcome.name}"} <= set(messages)
    for reason in Reason:
        assert f"dropped.{reason.name.lower()}" in messages
    for source in FEED.sources:
        assert f"source.{source.source}" in messages
    for path in (ROOT / "train").glob("*.py"):
        for stage in re.findall(r'\b(?:progress|say)\(\s*"([a-z ]+)"', path.read_text("utf-8")):
            assert f"stage.{stage}" in messages, (path.name, stage)


def test_templates_hold_no_words_of_their_own() -> None:
    for path in TEMPLATES:
        reader = _Words()
        reader.feed(re.sub(r"\{%.*?%\}|\{\{.*?\}\}", "", path.read_text("utf-8"), flags=re.S))
        assert not reader.found - _NAMES, (path.name, reader.found - _NAMES)


def test_pages_have_neither_inline_scripts_nor_inline_styles() -> None:
    for path in TEMPLATES:
        html = path.read_text("utf-8")
        assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:", html), path.name
        for attributes, content in re.findall(r"<script([^>]*)>(.*?)</script>", html, flags=re.S):
            assert "application/json" in attributes or "importmap" in attributes or not content, path.name


def test_scripts_hold_no_sentences_and_know_no_other_host() -> None:
    for path in SCRIPTS:
        code = re.sub(r"//.*|/\*.*?\*/", "", path.read_text("utf-8").replace("http://www.w3.org/2000/svg", ""))
        sentences = [s for s in re.findall(r'"([^"]*)"', code) if re.search(r"^[A-Z][a-z]+ [a-z]+|[\u4e00-\u9fff]", s)]
        assert not sentences, (path.name, sentences)
        assert "http:" not in code and "https:" not in code, path.name
        assert "innerHTML" not in code and "eval(" not in code, path.name


def test_every_key_that_is_used_is_known_and_every_known_one_is_used() -> None:
    sources = {path: path.read_text("utf-8") for path in [*TEMPLATES, *SCRIPTS]}
    used = {key for text in sources.values() for key in _KEY.findall(text)}
    # Keys made of a name, such as t(`deed.${outcome}.done`) and nameOf("source", …).
    whole = "\n".join(sources.values())
    rooms = set(re.findall(r"""t\([`']([a-z_]+(?:\.[a-z]+)*)\.(?:\$\{|' \+)""", whole))
    rooms |= set(re.findall(r"""(?:nameOf|showCounts)\((?:byId\("\w+"\), [^"]*)?"(\w+)",?""", whole)) | {
        "source",
        "dropped",
        "fault",
        "notice",
        "cause",
        "review",
        "letter",
    }
    # The consoles' own: say.name('state', …), and keys that a template puts together.
    rooms |= set(re.findall(r"""say\.name\('([a-z_]+(?:\.[a-z_]+)*)'""", whole))
    rooms |= set(re.findall(r"""'([a-z_]+(?:\.[a-z_-]+)+)\.' [+~]""", whole))
    # Keys that are chosen between, or that stand as values, such as t(on ? "reel.a" : "reel.b").
    said = set(re.findall(r"""["']([a-z_]+(?:\.[a-z_0-9-]+)+)["']""", whole + declared()))
    labels = said & set(texts_in("en").messages)
    messages = set(texts_in("en").messages)
    assert used <= messages, used - messages
    unused = {key for key in messages - used - labels if not any(key.startswith(f"{room}.") for room in rooms)}
    assert not unused


def declared() -> str:
    """What lines say of their screens, whose tabs are keys, and what the console says in sentences."""
    files = [*sorted((ROOT / "lines").glob("*/__init__.py")), ROOT / "doors" / "console" / "fairness.py"]
    return "\n".join(path.read_text("utf-8") for path in files)


def test_each_page_is_given_the_words_its_scripts_use() -> None:
    entries = {"feed": "feed.js", "status": "status.js"}
    for room, entry in entries.items():
        given = texts_in("en").for_scripts(WORDS[room])
        for path in _imported(STATIC_FOLDER / "pages" / entry):
            missing = {key for key in _KEY.findall(path.read_text("utf-8")) if key not in given}
            assert not missing, (room, path.name, missing)


def test_styles_take_colours_from_the_tokens() -> None:
    for path in STYLES:
        if path.name != "tokens.css":
            text = re.sub(r"/\*.*?\*/", "", path.read_text("utf-8"), flags=re.S)
            assert not re.search(r"#[0-9a-f]{3,8}\b(?![^{]*\{)", text), path.name
        assert "http" not in path.read_text("utf-8"), path.name


def _imported(entry: Path) -> set[Path]:
    """A script and all that it imports."""
    found, waiting = set(), [entry]
    while waiting:
        path = waiting.pop()
        if path in found:
            continue
        found.add(path)
        for name in re.findall(r'from "/static/([^"]+)"', path.read_text("utf-8")):
            waiting.append(next(folder / name for folder in (FOLDER, STATIC_FOLDER) if (folder / name).exists()))
    return found


class _Words(HTMLParser):
    """Words that stand between tags, or in attributes that people read."""

    def __init__(self) -> None:
        super().__init__()
        self.found: set[str] = set()

    def handle_data(self, data: str) -> None:
        self.found |= set(data.split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name in ("aria-label", "title", "placeholder", "alt", "content") and value and tag != "meta":
                self.found |= set(value.split())
