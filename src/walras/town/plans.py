"""What a town is to be: its size and seed, the ways of its people, and how the platform it uses is set.

The ways are fitted by `walras town calibrate` and shipped in calibrated.toml; a plan in TOML changes any of them:

    scale = 1_000_000            # one inhabitant for so many people of the source
    [ways]
    boredom = 0.5
    [platform]                   # settings of the platform that the town starts
    promised_exposures = 0
    [page]                       # how pages are asked for
    places = 20
"""

import difflib
import tomllib
from pathlib import Path
from typing import Annotated, Any

import msgspec
from msgspec import Meta

# Days of the town begin here where nobody says otherwise: 2026-01-05, a Monday, at midnight UTC.
FIRST_DAY_MS = 1_767_571_200_000
DAY_MS, HOUR_MS = 86_400_000, 3_600_000
CALIBRATED = Path(__file__).with_name("calibrated.toml")
Share = Annotated[float, Meta(ge=0.0, le=1.0)]
Positive = Annotated[float, Meta(gt=0.0)]


class BadPlan(ValueError):
    """A plan says something that cannot be; the message names field, value and fix."""


class Ways(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How people and makers are: hidden from the platform, the same for every line.

    Those marked "fitted" come from `walras town calibrate`.
    """

    # Who comes. A person's chance of a day is drawn from a beta law.
    reach: Positive = 1.1  # registered people for each monthly one
    presence_a: Positive = 0.75  # fitted to daily and monthly people
    presence_b: Positive = 0.73  # fitted
    return_pull: float = 0.35  # how much a better day than usual raises the log-odds of coming back
    sessions_a_day: Positive = 4.0
    # How long they stay.
    stay_s: Positive = 1_500.0  # fitted to minutes a day: seconds of a usual session
    stay_spread: Positive = 0.8  # of the logarithm, between people
    patience: float = 0.35  # how much dull videos shorten a session and good ones lengthen it
    enjoyment_usual: float = 0.6  # fitted: what a usual video pleases
    # What pleases.
    taste_weight: Positive = 1.6
    style_weight: Positive = 0.5
    quality_weight: Positive = 0.7
    taste_drift: Share = 0.02  # share of her taste that a person changes in a day
    boredom: float = 0.35  # what the same topic loses by each video of it seen lately
    boredom_fades: Share = 0.85  # what of it is left after another video
    repeats: float = 1.5  # what a video loses that was seen before
    advertising: float = 0.8  # what a video loses that sells something, for somebody of usual sensitivity
    # What people do.
    skip: float = -0.4  # log-odds of swiping a video of no interest away at once
    skip_pull: Positive = 1.1
    acting: float = 0.0  # fitted to interactions a day: log-odds added to each of them
    likes: float = -3.6
    comments: float = -5.6
    shares: float = -5.4
    saves: float = -5.3
    follows: float = -5.2
    dislikes: float = -6.0
    acting_pull: Positive = 0.9
    follow_back: Share = 0.25
    friends: Positive = 92.0  # fitted to mutual pairs: friends of a person when the town begins
    # Who makes videos.
    makers: Share = 0.06
    makers_min: int = 60
    stock: Annotated[int, Meta(ge=1)] = 9_000  # videos there are when the town begins, in a town of 1 : 1,000,000
    length: Positive = 0.6  # fitted to exposures a day: how long videos are, 1 is as the subjects say
    uploads_a_day: Positive = 350.0  # of all makers together, in a town of 1 : 1,000,000
    learning: Share = 0.08  # how fast skill follows encouragement
    discouragement: Share = 0.03  # what of the will to make is lost in a day without an echo


class Asking(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How pages are asked for."""

    places: Annotated[int, Meta(ge=1, le=100)] = 20
    surface: str = "feed"
    dials: dict[str, Any] = {}


class TownPlan(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A town."""

    scale: Annotated[int, Meta(ge=100_000, le=100_000_000)] = 1_000_000
    seed: Annotated[int, Meta(ge=0)] = 1
    days: Annotated[int, Meta(ge=1, le=10_000)] = 1
    first_day_ms: int = FIRST_DAY_MS
    tick_s: Annotated[float, Meta(gt=0, le=3_600)] = 60.0
    # Pages asked for at once. Those of one minute are for different people, so none changes another.
    concurrency: Annotated[int, Meta(ge=1, le=64)] = 4
    workers: Annotated[int, Meta(ge=1, le=64)] = 1  # serving processes
    ways: Ways = Ways()
    page: Asking = Asking()
    platform: dict[str, Any] = {}
    lines: tuple[str, ...] = ("video",)


def calibrated() -> Ways:
    """The ways that ship with the package."""
    return read_plan(CALIBRATED).ways if CALIBRATED.exists() else Ways()


def read_plan(path: Path, **over: Any) -> TownPlan:
    """A plan from a TOML file; what it leaves out is calibrated.

    Args:
        path: of the file.
        over: fields that win over the file's.

    Raises:
        BadPlan: it cannot be read, or something in it cannot be.
    """
    try:
        said = tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BadPlan(f"{path}: {error}. Mend the line named.") from error
    return plan_of(said, where=path.name, **over)


def plan_of(said: dict[str, Any] | None = None, where: str = "plan", **over: Any) -> TownPlan:
    """A plan from plain values, laid over what is calibrated.

    Raises:
        BadPlan: something in it cannot be.
    """
    said = {**(said or {}), **{name: value for name, value in over.items() if value is not None}}
    base = msgspec.to_builtins(Ways()) if where == CALIBRATED.name else msgspec.to_builtins(calibrated())
    _known(said, TownPlan, where)
    _known(said.get("ways", {}), Ways, f"{where}: ways")
    try:
        return msgspec.convert({**said, "ways": {**base, **said.get("ways", {})}}, TownPlan)
    except msgspec.ValidationError as error:
        raise BadPlan(f"{where}: {error}") from error


def _known(said: dict[str, Any], kind: type[msgspec.Struct], where: str) -> None:
    for name in said:
        if name not in kind.__struct_fields__:
            near = difflib.get_close_matches(name, kind.__struct_fields__, n=1)
            hint = f"Did you mean {near[0]!r}?" if near else f"Known: {', '.join(kind.__struct_fields__)}."
            raise BadPlan(f"{where}: {name!r} is no part of a plan. {hint}")


def write_ways(path: Path, ways: Ways, remark: str) -> None:
    """Write ways as a TOML that `read_plan` reads."""
    lines = [f"# {line}" for line in remark.splitlines()]
    values = (f"{name} = {getattr(ways, name)!r}" for name in Ways.__struct_fields__)
    path.write_text("\n".join([*lines, "", "[ways]", *values]) + "\n", "utf-8")
