"""A town's day on a platform of its own: the same seed is the same day, and one that was killed goes on as it was.

The smallest town there is, with ticks of ten minutes; the platform is the real one, in processes of its own.
"""

import asyncio
import json
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from walras.town.day import DaySums, read_sums
from walras.town.paces import SandboxPace
from walras.town.plans import plan_of
from walras.town.reports import max_error, report_of, rows_of
from walras.town.running import run_town, sandbox_of, town_of

PLAN = {"tick_s": 600.0, "ways": {"friends": 4.0, "stock": 2000}}
SMALL = {"scale": 100_000_000, "seed": 5, "days": 1}


@pytest.fixture(scope="module")
def lived(tmp_path_factory):
    """A day that nobody disturbed."""
    folder = tmp_path_factory.mktemp("town")
    plan = plan_of(PLAN, **SMALL)
    heard = []
    days = run_town(plan, folder, moved=heard.append)
    return plan, folder, days, heard


@pytest.mark.timeout(200)
def test_a_day_is_lived_through_the_api(lived):
    _, folder, days, heard = lived
    (day,) = days
    assert day.people >= 2 and day.pages > 5 and day.exposures > 50 and day.interactions > 0
    assert day.events > 2 * day.exposures and day.refused == 0
    assert heard[-1].share == 1.0 and len(heard) == 144
    with np.load(folder / "day-0000.npz") as file:
        assert file["seconds"].sum() / 60 / day.people == pytest.approx(day.minutes)
    assert read_sums(folder) == days


@pytest.fixture
def command(tmp_path):
    plan_file = tmp_path / "plan.toml"
    plan_file.write_text("tick_s = 600.0\n[ways]\nfriends = 4.0\nstock = 2000\n", "utf-8")
    words = ["--plan", str(plan_file), "--folder", str(tmp_path / "town")]
    words += [word for name, value in SMALL.items() for word in (f"--{name}", str(value))]
    return [sys.executable, "-m", "walras.cli", "town", "run", *words]


@pytest.mark.timeout(200)
def test_a_town_that_paused_goes_on_as_the_same_day(lived, tmp_path):
    """The platform goes on meanwhile; one that is started anew may order a page otherwise."""
    plan, _, (day,), _ = lived

    async def in_three_parts(sandbox):
        for until in (50, 100, -1):
            async with town_of(plan, tmp_path, sandbox, SandboxPace(sandbox.clock)) as town:
                found = await town.run(1, stop=lambda town=town, until=until: town.tick == until)
                assert bool(found) == (until < 0)
        return found[0]

    with sandbox_of(plan, tmp_path) as sandbox:
        assert asyncio.run(in_three_parts(sandbox)) == day


@pytest.mark.slow
@pytest.mark.timeout(200)
def test_the_command_pauses_on_a_signal_and_goes_on(lived, command, tmp_path):
    folder = tmp_path / "town"
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _after_some_pages(process, folder, wait_s=100)
        process.send_signal(signal.SIGINT)
        process.wait(60)
    finally:
        process.kill()
    assert (folder / "town.npz").exists() and not read_sums(folder)
    done = subprocess.run([*command, "--json"], check=True, capture_output=True, text=True)
    (day,) = json.loads(done.stdout)["days"]
    assert day["people"] == lived[2][0].people and day["refused"] == 0
    refused = subprocess.run([*command, "--seed", "6"], capture_output=True, text=True)
    assert refused.returncode == 2 and "another plan" in refused.stderr


@pytest.mark.slow
@pytest.mark.timeout(200)
def test_one_that_was_killed_goes_on(lived, command, tmp_path):
    """The page that was on its way at the death is another one; everything before it is as it was."""
    folder = tmp_path / "town"
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _after_some_pages(process, folder, wait_s=100)
    finally:
        process.kill()
        process.wait(10)
    assert not read_sums(folder), "it was killed too late to show anything"
    done = subprocess.run([*command, "--json"], check=True, capture_output=True, text=True)
    (day,) = json.loads(done.stdout)["days"]
    assert day["people"] == lived[2][0].people and day["refused"] == 0 and len(read_sums(folder)) == 1


def _after_some_pages(process, folder, wait_s):
    """Wait until a state was kept within the day and pages were answered behind it."""
    until = time.monotonic() + wait_s
    while time.monotonic() < until:
        assert process.poll() is None
        journal, kept = folder / "pages.jsonl", folder / "town.npz"
        if kept.exists() and journal.exists() and journal.stat().st_size > 0:
            with np.load(kept) as file:
                if json.loads(file["kept"].tobytes())["tick"] > 0:
                    return
        time.sleep(0.2)
    pytest.fail("no hour passed")


def test_the_report_says_target_and_measured_and_what_waits(lived):
    plan, folder, _, _ = lived
    days, rows = report_of(plan, folder)
    by_name = {row.name: row for row in rows}
    assert by_name["minutes a day"].target == 117.2 and by_name["minutes a day"].measured == days[0].minutes
    assert by_name["daily people"].target == pytest.approx(3.76)
    assert by_name["quarter's revenue"].measured is None and by_name["quarter's revenue"].note
    assert max_error(rows) == max(row.error for row in rows if row.measured is not None)


def test_a_whole_month_is_counted_and_less_is_expected():
    plan = plan_of(scale=1_000_000)
    one = {"people": 376, "minutes": 117.2, "interactions": 21.3, "pairs": 31_100, "exposures": 1, "pages": 1}
    rest = {"short_pages": 0, "events": 1, "refused": 0, "uploads": 0, "enjoyment": 0.5, "digest": ""}
    month = [DaySums(day=n, month=600 + n, **one, **rest) for n in range(30)]
    rows = {row.name: row for row in rows_of(plan, month)}
    assert rows["monthly people"].measured == 629.0 and "counted" in rows["monthly people"].note
    assert "expected" in {row.name: row for row in rows_of(plan, month[:3])}["monthly people"].note
