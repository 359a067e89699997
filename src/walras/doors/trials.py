"""Experiments over HTTP: layers, definitions, states, reports, parameters, and the table of worth."""

import asyncio
from typing import Annotated

import msgspec
from litestar import get, post, put
from msgspec import Meta

from walras.base.limits import TITLE_CHARS_MAX
from walras.doors import examples
from walras.doors.asking import Answer, Ask, answer, body_of, engine_of
from walras.doors.moving import move, report_for
from walras.insight.experiments import Estimate, Line, Report
from walras.web import path_id, visit_of
from walras.web.told import told
from walras.world import Arm, Guard, Layer, Parameter, Step, Trial, TrialStatus, Worth


class TrialShown(msgspec.Struct, frozen=True, kw_only=True):
    """An experiment and where it stands."""

    trial: Trial
    state: str
    share: float  # of all units, those taken now
    started_ms: int = 0
    ended_ms: int = 0
    step: int = 0
    reason: str = ""
    winner: str = ""


class TrialList(msgspec.Struct, frozen=True):
    """Every experiment by name."""

    trials: tuple[TrialShown, ...]


class LayerList(msgspec.Struct, frozen=True):
    """Every layer by name."""

    layers: tuple[Layer, ...]


class ParameterList(msgspec.Struct, frozen=True):
    """What experiments may set."""

    parameters: tuple[Parameter, ...]


class WorthList(msgspec.Struct, frozen=True):
    """Versions of the table of worth, the newest first."""

    worths: tuple[Worth, ...]


class WorthAsked(msgspec.Struct, frozen=True, kw_only=True):
    """Outcomes whose worth changes from now on."""

    yuan: dict[str, float]
    reason: Annotated[str, Meta(min_length=1, max_length=TITLE_CHARS_MAX)]
    interval_yuan: dict[str, tuple[float, ...]] = {}


class Moved(msgspec.Struct, frozen=True, kw_only=True):
    """What is to become of an experiment: `arm` where it is launched, and why."""

    reason: Annotated[str, Meta(max_length=TITLE_CHARS_MAX)] = ""
    arm: str = ""


_TRIAL = Trial(
    name="more-newcomers",
    arms=(Arm("as before"), Arm("more", 1.0, {"feed.fresh_share": 0.2})),
    share=0.2,
    meaning="Do more places for new owners cost minutes?",
    owner="ana",
    guards=(Guard("watch_minutes", "less", 0.01), Guard("returned")),
    steps=(Step(0.01, 24.0), Step(0.05, 48.0)),
)
_SHOWN = TrialShown(trial=_TRIAL, state="running", share=0.01, started_ms=examples.NOW_MS)
_LAYER = Layer(name="page", holdout=0.02, owner="ana", meaning="Configurations of the page.")
_ESTIMATE = Estimate(effect=0.31, se=0.11, low=0.09, high=0.53, p=0.005, mean=41.2, units=12_010)
_REPORT = Report(
    trial=_TRIAL.name,
    state="running",
    read_ms=examples.NOW_MS,
    units={"as before": 6_002, "more": 6_008},
    sample_ratio=1.0,
    is_sound=True,
    mixed=0,
    reached=0.8,
    lines=(
        Line(
            metric="watch_minutes", unit="min a day", arm="more", good="more", once=_ESTIMATE, always=_ESTIMATE,
            adjusted_p=0.04, everybody=18_600.0,
        ),
    ),
)  # fmt: skip
_PARAMETER = Parameter(name="feed.fresh_share", default=-1.0, least=-1.0, most=0.5, meaning="Share of places kept.")
_WORTH = Worth(3, examples.NOW_MS, {"like": 0.012}, "21 experiments", {"like": (0.006, 0.018)})
_decode_trial = msgspec.json.Decoder(Trial)
_decode_layer = msgspec.json.Decoder(Layer)
_decode_moved = msgspec.json.Decoder(Moved)
_decode_worth = msgspec.json.Decoder(WorthAsked)


def shown(status: TrialStatus) -> TrialShown:
    """An experiment as it travels."""
    return TrialShown(
        trial=status.trial,
        state=status.state,
        share=status.share,
        started_ms=status.started_ms,
        ended_ms=status.ended_ms,
        step=status.step,
        reason=status.reason,
        winner=status.winner,
    )


def note_of(request: Ask, what: str, whom: str, before: str = "", after: str = "") -> None:
    """Write down who did what with which key."""
    visit = visit_of(request.scope)
    who = f"key {visit.key_id}"
    engine_of(request).world.audit.note(who, what, whom, before=before, after=after, request_id=visit.id)


@get(
    "/v1/parameters",
    opt=told(
        summary="List what experiments may set.",
        tag="trials",
        scope="status:read",
        gives=ParameterList,
        example=ParameterList((_PARAMETER,)),
    ),
)
async def list_parameters(request: Ask) -> Answer:
    """Each with its default, its limits and what it means."""
    known = engine_of(request).world.trials.parameters.by_name
    return answer(ParameterList(tuple(known[name] for name in sorted(known))))


@get(
    "/v1/layers",
    opt=told(summary="List layers.", tag="trials", scope="status:read", gives=LayerList, example=LayerList((_LAYER,))),
)
async def list_layers(request: Ask) -> Answer:
    """Trials of an exclusive layer have nobody in common."""
    return answer(LayerList(tuple(await asyncio.to_thread(engine_of(request).world.trials.layers))))


@put(
    "/v1/layers",
    status_code=200,
    opt=told(
        summary="Enter or change a layer.",
        tag="trials",
        scope="admin",
        reads=Layer,
        gives=Layer,
        asks=_LAYER,
        example=_LAYER,
    ),
)
async def put_layer(request: Ask) -> Answer:
    """Its unit, exclusiveness and holdout stay while trials of it are not over."""
    asked = await body_of(request, _decode_layer)
    made = await asyncio.to_thread(engine_of(request).world.trials.put_layer, asked)
    note_of(request, "layer.put", made.name)
    return answer(made)


@get(
    "/v1/trials",
    opt=told(
        summary="List experiments.", tag="trials", scope="status:read", gives=TrialList, example=TrialList((_SHOWN,))
    ),
)
async def list_trials(request: Ask) -> Answer:
    """Drafts, running and past ones."""
    found = await asyncio.to_thread(engine_of(request).world.trials.list)
    return answer(TrialList(tuple(map(shown, found))))


@post(
    "/v1/trials",
    status_code=201,
    opt=told(
        summary="Define an experiment.",
        tag="trials",
        scope="admin",
        reads=Trial,
        gives=TrialShown,
        asks=_TRIAL,
        example=_SHOWN,
        status=201,
    ),
)
async def make_trial(request: Ask) -> Answer:
    """It is a draft until it is started. Without a guard-rail, or with an unknown parameter, it is refused."""
    asked = await body_of(request, _decode_trial)
    made = await asyncio.to_thread(engine_of(request).world.trials.create, asked)
    note_of(request, "trial.create", asked.name)
    return answer(shown(made), 201)


@put(
    "/v1/trials",
    status_code=200,
    opt=told(
        summary="Change a draft.",
        tag="trials",
        scope="admin",
        reads=Trial,
        gives=TrialShown,
        asks=_TRIAL,
        example=_SHOWN,
    ),
)
async def change_trial(request: Ask) -> Answer:
    """An experiment that is running is never changed: what it measures would no longer be one thing."""
    asked = await body_of(request, _decode_trial)
    made = await asyncio.to_thread(engine_of(request).world.trials.change, asked)
    note_of(request, "trial.change", asked.name)
    return answer(shown(made))


@get(
    "/v1/trials/{name:str}",
    opt=told(
        summary="Look at an experiment.",
        tag="trials",
        scope="status:read",
        gives=TrialShown,
        example=_SHOWN,
        path={"name": _TRIAL.name},
    ),
)
async def get_trial(request: Ask) -> Answer:
    """Its definition and where it stands."""
    name = path_id(request.path_params, "name")
    return answer(shown(await asyncio.to_thread(engine_of(request).world.trials.get, name)))


@post(
    "/v1/trials/{name:str}/{deed:str}",
    status_code=200,
    opt=told(
        summary="Move an experiment: start, inner, launch, roll-back or end.",
        tag="trials",
        scope="admin",
        reads=Moved,
        gives=TrialShown,
        asks=Moved(reason="two weeks are over"),
        example=_SHOWN,
        path={"name": _TRIAL.name, "deed": "start"},
    ),
)
async def move_trial(request: Ask) -> Answer:
    """A move that its state does not allow is refused with those that it does."""
    asked = await body_of(request, _decode_moved)
    name, deed = path_id(request.path_params, "name"), path_id(request.path_params, "deed")
    trials = engine_of(request).world.trials
    moved = await asyncio.to_thread(move, trials, name, deed, arm=asked.arm, reason=asked.reason)
    note_of(request, f"trial.{deed}", name, after=moved.state)
    return answer(shown(moved))


@get(
    "/v1/trials/{name:str}/report",
    opt=told(
        summary="What an experiment shows.",
        tag="trials",
        scope="status:read",
        gives=Report,
        example=_REPORT,
        path={"name": _TRIAL.name},
    ),
)
async def report_trial(request: Ask) -> Answer:
    """Read from the log now. `always` holds however often one looks, `once` for one look at the planned end."""
    name = path_id(request.path_params, "name")
    status = await asyncio.to_thread(engine_of(request).world.trials.get, name)
    return answer(await asyncio.to_thread(report_for, request, status))


@get(
    "/v1/worths",
    opt=told(
        summary="What outcomes are worth, by version.",
        tag="trials",
        scope="status:read",
        gives=WorthList,
        example=WorthList((_WORTH,)),
    ),
)
async def list_worths(request: Ask) -> Answer:
    """Those that experiments measured stand with their 95 % interval."""
    return answer(WorthList(tuple(await asyncio.to_thread(engine_of(request).world.prices.versions))))


@post(
    "/v1/worths",
    status_code=201,
    opt=told(
        summary="Set what outcomes are worth.",
        tag="trials",
        scope="admin",
        reads=WorthAsked,
        gives=Worth,
        asks=WorthAsked(yuan={"like": 0.012}, reason="21 experiments", interval_yuan={"like": (0.006, 0.018)}),
        example=_WORTH,
        status=201,
    ),
)
async def set_worth(request: Ask) -> Answer:
    """A new version of the table, in force at once; pages take it within seconds, and their records name it."""
    asked, engine = await body_of(request, _decode_worth), engine_of(request)
    for name in asked.yuan:
        engine.registry.named(name)
    now_ms = engine.clock.now_ms()
    made = await asyncio.to_thread(engine.world.prices.set, asked.yuan, now_ms, asked.reason, asked.interval_yuan)
    note_of(request, "worth.set", str(made.version), after=asked.reason)
    return answer(made, 201)


TRIAL_ROUTES = [
    list_parameters,
    list_layers,
    put_layer,
    list_trials,
    make_trial,
    change_trial,
    get_trial,
    move_trial,
    report_trial,
    list_worths,
    set_worth,
]
