"""A town beside a running platform: its people come at the speed that is asked for, in the platform's own time."""

import os
import signal
import time

import pytest

from bench.running import running
from walras.client import Walras
from walras.town.paces import LivePace
from walras.town.people import person_id
from walras.town.plans import plan_of
from walras.town.running import Address, live_town

PLAN = plan_of(
    {"tick_s": 60.0, "ways": {"friends": 3.0, "stock": 600, "presence_a": 50.0, "presence_b": 1.0}},
    scale=100_000_000,
    seed=3,
)


@pytest.mark.timeout(200)
def test_its_people_come_while_the_platforms_clock_goes_on(home, tmp_path):
    began_ms = time.time_ns() // 1_000_000
    with running(home, "--no-sample") as up:
        heard = []

        def moved(now):
            heard.append(now)
            if now.pages >= 3 or len(heard) > 120:
                os.kill(os.getpid(), signal.SIGINT)

        ended = live_town(PLAN, tmp_path, Address(up.url, up.key), speed=3_600.0, hour=20.0, moved=moved)
        assert ended == [] and heard[-1].pages >= 3
        with Walras(up.url, up.key) as walras:
            now_ms = walras.status().now_ms
            histories = [walras.history(person_id(row), n=1_000) for row in range(8)]
    times = [event.time_ms for history in histories for event in history if event.outcome == "exposure"]
    assert times and began_ms <= min(times) and max(times) <= now_ms


async def test_a_moment_that_has_not_come_is_waited_for_and_none_lies_ahead():
    pace = LivePace(1_000_000, 100.0)
    begun_s, now_ms = time.monotonic(), time.time_ns() // 1_000_000
    await pace.reach(1_000_000 + 20_000)
    assert time.monotonic() - begun_s >= 0.19
    assert pace.outside_ms(1_000_000 + 10_000_000) <= time.time_ns() // 1_000_000
    assert abs(pace.outside_ms(1_000_000) - now_ms) < 1_000
