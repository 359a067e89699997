"""The pages of docs/ that are made from the code are what the code says now."""

from pathlib import Path

import pytest

from tools.docs import pages

DOCS = Path(__file__).resolve().parents[2] / "docs"
MADE = pages()


@pytest.mark.parametrize("name", sorted(MADE))
def test_the_page_is_up_to_date(name: str) -> None:
    assert (DOCS / name).read_text("utf-8") == MADE[name], "run `make docs` and commit what it wrote"
