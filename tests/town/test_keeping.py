"""What a town writes down survives a death in the middle of a line."""

import msgspec

from walras.client import Page, Place
from walras.town.keeping import JOURNAL, Journal, cut_torn_line, whole_lines


def test_a_line_that_was_cut_off_is_not_read_and_spoils_none_behind_it(tmp_path) -> None:
    path = tmp_path / "days.jsonl"
    path.write_bytes(b'{"day":1}\n{"da')
    assert whole_lines(path) == [b'{"day":1}']
    cut_torn_line(path)
    with path.open("ab") as file:
        file.write(b'{"day":2}\n')
    assert [msgspec.json.decode(line)["day"] for line in whole_lines(path)] == [1, 2]
    assert whole_lines(tmp_path / "none") == []


def test_a_journal_goes_on_behind_a_cut_off_line(tmp_path) -> None:
    def page(id: str) -> Page:
        place = Place(item="v1", place=0, value_yuan=0.0, source="", reason="", kind="video", topics=())
        return Page(id=id, person="", surface="", time_ms=0, places=(place,))

    first = Journal(tmp_path)
    first.add(1, 1, page("p1"))
    first.close()
    with (tmp_path / JOURNAL).open("ab") as file:
        file.write(b'{"row":1,"num')
    second = Journal(tmp_path)
    second.add(1, 2, page("p2"))
    second.close()
    third = Journal(tmp_path)
    found = [third.known(1, number) for number in (1, 2, 3)]
    third.close()
    assert [one and one.id for one in found] == ["p1", "p2", None]
