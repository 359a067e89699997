"""The true effect of a change: the same people with the same luck, once without it and once with it."""

import json
import subprocess
import sys

import numpy as np
import pytest

from walras.town.comparing import changes, compare, effect_of, outcomes_of
from walras.town.plans import BadPlan, plan_of

WAYS = {"friends": 4.0, "stock": 2000}


def plan(**page):
    return plan_of({"tick_s": 900.0, "ways": WAYS, "page": page}, scale=100_000_000, seed=2, days=1)


def days(folder, *said):
    folder.mkdir()
    for n, (seconds, acted, here) in enumerate(said):
        np.savez(folder / f"day-{n:04d}.npz", seconds=np.array(seconds), acted=np.array(acted), here=np.array(here))
    return folder


def test_outcomes_are_summed_over_days_and_returns_over_days_that_could_be_followed(tmp_path):
    folder = days(
        tmp_path / "a",
        ([60.0, 0.0], [2, 0], [True, False]),
        ([120.0, 30.0], [1, 1], [True, True]),
        ([0.0, 60.0], [0, 3], [False, True]),
    )
    found = outcomes_of(folder, 3)
    assert found["minutes"].tolist() == [3.0, 1.5] and found["interactions"].tolist() == [3.0, 4.0]
    assert found["days"].tolist() == [2.0, 2.0] and found["returns"].tolist() == [0.5, 1.0]
    alone = outcomes_of(folder, 1)
    assert np.isnan(alone["returns"]).all()


def test_an_effect_is_the_mean_difference_of_those_known_in_both():
    effect = effect_of("minutes", np.array([10.0, 20.0, np.nan]), np.array([11.0, 23.0, 5.0]))
    assert (effect.before, effect.after, effect.effect, effect.total) == (15.0, 17.0, 2.0, 4.0)
    assert effect.spread == pytest.approx(1.0) and effect.share == pytest.approx(2 / 15)


def test_plans_must_have_the_same_people_and_differ():
    with pytest.raises(BadPlan, match="seed must be the same"):
        compare(plan_of(seed=1), plan_of(seed=2), None)
    with pytest.raises(BadPlan, match="say the same"):
        compare(plan_of(), plan_of(), None)
    assert changes(plan(places=20), plan(places=5)) == {"page.places": (20, 5)}


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_two_towns_by_the_command(tmp_path):
    for name, surface in (("a", "feed"), ("b", "popular")):
        text = f'tick_s = 900.0\nscale = 100_000_000\nseed = 2\ndays = 2\n[page]\nsurface = "{surface}"\n'
        (tmp_path / f"{name}.toml").write_text(text + "[ways]\nfriends = 4.0\nstock = 2000\n", "utf-8")
    command = [sys.executable, "-m", "walras.cli", "town", "compare", "a.toml", "b.toml", "--folder", "both", "--json"]
    said = json.loads(subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, text=True).stdout)
    assert said["changed"] == {"page.surface": ["feed", "popular"]}
    minutes = said["effects"][0]
    assert minutes["outcome"] == "minutes" and minutes["effect"] == pytest.approx(minutes["after"] - minutes["before"])
    assert said["days"][0][0]["people"] == said["days"][1][0]["people"]
    with np.load(said["file"]) as file:
        assert len(file["before_minutes"]) == said["people"]
