"""When a training is due, and that one which died or failed is known as such and leaves the platform as it was."""

import sys

import pytest

from walras.loops import TrainingLoop, read_status, write_status
from walras.loops.training import FILE_NAME, is_due
from walras.schema import TrainingStatus


def test_the_first_is_due_when_there_is_something_to_learn():
    assert not is_due(TrainingStatus(), 10, 50_000)
    assert is_due(TrainingStatus(), 1_000, 50_000)


def test_the_next_is_due_after_enough_new_rows_and_never_beside_a_running_one():
    done = TrainingStatus(state="done", position=5_000)
    assert not is_due(done, 54_999, 50_000) and is_due(done, 55_000, 50_000)
    assert not is_due(TrainingStatus(state="running", position=1), 10**9, 1)


def test_a_status_is_replaced_whole_and_nonsense_reads_as_idle(home):
    write_status(home, TrainingStatus(state="running", stage="x", done=0.5))
    assert read_status(home).done == 0.5
    (home / FILE_NAME).write_bytes(b'{"state":')
    assert read_status(home).state == "idle"


def test_a_training_whose_starter_died_is_begun_again(home):
    write_status(home, TrainingStatus(state="running", position=70_000))
    TrainingLoop(home, 50_000)
    status = read_status(home)
    assert status.state == "failed" and is_due(status, 70_000, 50_000)


@pytest.mark.timeout(300)
def test_a_training_that_fails_says_why_in_one_line(home, monkeypatch):
    loop = TrainingLoop(home, 50_000)
    assert loop.tick(2_000, 1) is True
    loop._reader.join(280)
    status = read_status(home)
    assert status.state == "failed" and "too little" in status.message, status
    assert sys.executable and status.position == 2_000
