"""The writer's thread: one refusal fails nobody else, trouble of the database is told to all, queues have an end."""

import threading
from typing import Any

import pytest

from walras.base import limits
from walras.base.errors import Conflict, Exhausted, Invalid, Unavailable
from walras.ledger.commit import GroupCommit, Work


class Books:
    """Stands for the database: writes groups while `gate` is open, and fails as it is told."""

    def __init__(self) -> None:
        self.groups: list[list[int]] = []
        self.gate = threading.Event()
        self.gate.set()
        self.fails: dict[int, Exception] = {}

    def write(self, works: Any) -> list[Any]:
        self.gate.wait(10)
        numbers = [work.do(None) for work in works]
        self.groups.append(numbers)
        for number in numbers:
            if number in self.fails:
                raise self.fails[number]
        return [Conflict("no") if number < 0 else number for number in numbers]


def work(number: int, size: int = 1) -> Work:
    return Work(lambda turn: number, size=size)


def test_a_refusal_is_its_own_callers_alone() -> None:
    books = Books()
    commits = GroupCommit(books.write)
    answers = [commits.submit(work(n)) for n in (1, -1, 2)]
    assert (answers[0].result(5), answers[2].result(5)) == (1, 2)
    with pytest.raises(Conflict):
        answers[1].result(5)
    commits.close()
    with pytest.raises(Unavailable, match="closed"):
        commits.submit(work(3))


def test_what_the_database_refuses_is_tried_alone(caplog: pytest.LogCaptureFixture) -> None:
    books = Books()
    books.fails[2] = ValueError("a trigger said no")
    commits = GroupCommit(books.write)
    books.gate.clear()
    answers = [commits.submit(work(n)) for n in (0, 1, 2, 3)]
    books.gate.set()
    assert [answers[n].result(5) for n in (0, 1, 3)] == [0, 1, 3]
    with pytest.raises(Conflict, match="a trigger said no"):
        answers[2].result(5)
    commits.close()
    assert "refused what the ledger had admitted" in caplog.text


def test_trouble_of_the_database_is_told_to_everybody() -> None:
    books = Books()
    books.fails[1] = Unavailable("the disk is away")
    commits = GroupCommit(books.write)
    books.gate.clear()
    answers = [commits.submit(work(n)) for n in (1, 1)]
    books.gate.set()
    for answer in answers:
        with pytest.raises(Unavailable, match="away"):
            answer.result(5)
    assert commits.submit(work(7)).result(5) == 7
    commits.close()


def test_groups_and_the_queue_have_an_end() -> None:
    books = Books()
    commits = GroupCommit(books.write)
    books.gate.clear()
    half = limits.LEDGER_GROUP_MAX // 2 + 1
    answers = [commits.submit(work(n, half)) for n in range(4)]
    with pytest.raises(Exhausted, match="wait for the ledger"):
        commits.submit(work(9, limits.LEDGER_QUEUE_MAX))
    books.gate.set()
    assert [answer.result(5) for answer in answers] == [0, 1, 2, 3]
    commits.close()
    assert all(len(group) == 1 for group in books.groups)


def test_what_is_no_amount_is_refused() -> None:
    from walras.ledger import rate_of, share_out

    for amount, weights in ((-1, [1]), (1, [-1]), (1, [0, 0])):
        with pytest.raises(Invalid):
            share_out(amount, weights)
    assert share_out(0, [0, 0]) == [0, 0]
    for rate in ("0", "-1", "x", "Infinity"):
        with pytest.raises(Invalid):
            rate_of(rate)
