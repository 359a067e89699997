"""Files are served under a hash of their content, and vendored ones are what the manifest says."""

import hashlib
from pathlib import Path

import pytest

from walras.base.errors import NotFound
from walras.web import Statics, templates_in, vendored
from walras.web.statics import FOLDER, ROOT


def test_an_address_changes_with_the_content(tmp_path: Path) -> None:
    (tmp_path / "a.css").write_text("a{}")
    first = Statics(tmp_path).address("a.css")
    (tmp_path / "a.css").write_text("b{}")
    assert Statics(tmp_path).address("a.css") != first
    file, exact = Statics(tmp_path).at(first.removeprefix(ROOT).partition("/")[2])
    assert (file.body, file.media_type, exact) == (b"b{}", "text/css", False)


@pytest.mark.parametrize("path", ["../pyproject.toml", "none", "", "/etc/passwd", "a/../../x"])
def test_nothing_outside_the_folders_is_given(tmp_path: Path, path: str) -> None:
    with pytest.raises(NotFound):
        Statics(tmp_path).at(path)


def test_joined_files_are_one_with_an_address_of_its_content(tmp_path: Path) -> None:
    for name, body in (("a.css", "a{}"), ("b.css", "b{}")):
        (tmp_path / name).write_text(body)
    statics, other = Statics(tmp_path), Statics(tmp_path)
    file, _ = statics.at(statics.join("both.css", ["b.css", "a.css"]))
    assert (file.body, file.media_type) == (b"b{}\na{}", "text/css")
    other.join("both.css", ["a.css", "b.css"])
    assert statics.address("both.css") != other.address("both.css")
    with pytest.raises(NotFound):
        statics.join("none.css", ["a.css", "c.css"])


def test_vendored_files_are_what_the_manifest_says() -> None:
    named = vendored()
    for one in named:
        assert hashlib.sha256((FOLDER / one.file).read_bytes()).hexdigest() == one.sha256, one.file
        assert (FOLDER / one.licence_file).exists()
    lying = {path.relative_to(FOLDER).as_posix() for path in (FOLDER / "vendor").iterdir() if path.is_file()}
    assert lying == {one.file for one in named}


def test_templates_escape_and_name_files(tmp_path: Path) -> None:
    (tmp_path / "t.html").write_text("{{ x }} {{ static('t.html') }}")
    statics = Statics(tmp_path)
    text = templates_in(tmp_path, statics=statics).get_template("t.html").render(x="<b>")
    assert text == f"&lt;b&gt; {statics.address('t.html')}"
