"""Experiments: which there are, what each shows, defining one and moving it, and which design is needed when."""

from typing import Any

from litestar.handlers import HTTPRouteHandler

from walras.base.clock import HOUR_MS
from walras.base.errors import Invalid, NotFound, Unavailable, nearest
from walras.doors.engine import ServingEngine
from walras.doors.moving import move, report_for
from walras.insight.experiments import METRICS, Line, Report
from walras.web import path_id
from walras.web.consoles import Ask, Console, deed, note, screen, table, visitor_here
from walras.web.consoles.saying import instant_of
from walras.world import Arm, Design, Guard, Layer, Step, Trial, TrialStatus, Unit, Value

# Rows of parameters in the form; more is set over the API.
PARAMETERS_MAX = 6
_UNIT_OF: dict[Design, Unit] = {
    "split": "person",
    "budget-split": "person",
    "two-sided": "person",
    "switchback": "window",
}


def trial_routes(engine: ServingEngine, console: Console) -> list[HTTPRouteHandler]:
    """The screens of experiments, and what an operator does with them."""
    trials = engine.world.trials

    def show(request: Ask) -> Any:
        worths = engine.world.prices.versions(1)
        return console.show(
            request, "trials.html", desk="trials", trials=trials.list(), layers=trials.layers(), worths=worths
        )

    def one(request: Ask) -> Any:
        status = trials.get(path_id(request.path_params, "name"))
        report = _report(request, status)
        return console.show(
            request,
            "trial.html",
            desk="trials",
            stand=status,
            report=report,
            brings=brings(report),
            lines=_lines(report),
        )

    def as_file(request: Ask) -> Any:
        return _table(report_for(request, trials.get(path_id(request.path_params, "name"))))

    def form(request: Ask) -> Any:
        known = trials.parameters.by_name
        return console.show(
            request,
            "new_trial.html",
            desk="trials",
            layers=trials.layers(),
            metrics=METRICS,
            designs=tuple(_UNIT_OF),
            zone=engine.settings.time_zone,
            parameters=[known[name] for name in sorted(known)],
            rows=range(PARAMETERS_MAX),
        )

    def enter(request: Ask, fields: dict[str, str]) -> str:
        visitor = visitor_here(request)
        made = trials.create(trial_of(fields, visitor.known_as if visitor else "", engine.settings.time_zone))
        note(request, "trial.create", made.trial.name)
        return f"/console/trials/{made.trial.name}"

    def move_one(request: Ask, fields: dict[str, str]) -> None:
        name, what = path_id(request.path_params, "name"), path_id(request.path_params, "deed")
        before = trials.get(name).state
        moved = move(trials, name, what, arm=fields.get("arm", ""), reason=fields.get("reason", ""))
        note(request, f"trial.{what}", name, before=before, after=moved.state)

    def put_layer(request: Ask, fields: dict[str, str]) -> None:
        holdout = _share(fields.get("holdout", ""), "holdout", 0.0)
        made = trials.put_layer(Layer(name=fields.get("name", ""), holdout=holdout, meaning=fields.get("meaning", "")))
        note(request, "layer.put", made.name)

    def at(path: str, shown: Any, summary: str) -> HTTPRouteHandler:
        return screen(path, shown, console=console, who="operator", scope="status:read", summary=summary)

    return [
        at("/console/trials", show, "Experiments, as a screen."),
        at("/console/new-trial", form, "Define an experiment, as a screen."),
        at("/console/trials/{name:str}", one, "An experiment, as a screen."),
        at("/console/trials/{name:str}/lines.csv", as_file, "An experiment's figures as CSV."),
        deed("/console/trials", enter, who="operator", scope="admin", summary="Define an experiment."),
        deed("/console/layers", put_layer, who="operator", scope="admin", summary="Enter a layer."),
        deed(
            "/console/trials/{name:str}/{deed:str}",
            move_one,
            who="operator",
            scope="admin",
            summary="Move an experiment.",
        ),
    ]


def trial_of(fields: dict[str, str], owner: str, time_zone: str) -> Trial:
    """The experiment that a form describes: one arm as before, one with what is set.

    Raises:
        Invalid: a number or a date cannot be read.
    """
    design = _design(fields.get("design", "split"))
    return Trial(
        name=fields.get("name", ""),
        arms=(Arm("as before"), Arm(fields.get("arm", "") or "tried", 1.0, _sets(fields))),
        share=_share(fields.get("share", ""), "share", 1.0),
        unit=_UNIT_OF[design],
        meaning=fields.get("meaning", ""),
        owner=owner,
        layer=fields.get("layer", ""),
        design=design,
        side="item" if design == "two-sided" else "",
        guards=_guards(fields),
        steps=_steps(fields.get("steps", "")),
        allowed={name: fields.get("arm", "") or "tried" for name in fields.get("allowed", "").split()},
        window_ms=HOUR_MS if design == "switchback" else 24 * HOUR_MS,
        planned_end_ms=instant_of(fields.get("ends", ""), time_zone, "ends"),
    )


def _design(text: str) -> Design:
    for known in _UNIT_OF:
        if known == text:
            return known
    raise Invalid("is no design", field="design", value=text, hint=nearest(text, _UNIT_OF))


def _sets(fields: dict[str, str]) -> dict[str, Value]:
    found: dict[str, Value] = {}
    for n in range(PARAMETERS_MAX):
        name, value = fields.get(f"parameter-{n}", ""), fields.get(f"value-{n}", "")
        if name:
            found[name] = _number(value, name) if _is_number(value) else value
    return found


def _guards(fields: dict[str, str]) -> tuple[Guard, ...]:
    metric = fields.get("guard", "")
    good = next((each.good for each in METRICS if each.name == metric), "more")
    margin = _share(fields.get("margin", ""), "margin", 0.0)
    return (Guard(metric, "less" if good == "more" else "more", margin),) if metric else ()


def _steps(text: str) -> tuple[Step, ...]:
    """Steps as they are written, such as `1% 24, 5% 48`: share and hours."""
    steps = []
    for part in filter(None, (each.strip() for each in text.replace("\n", ",").split(","))):
        share, _, hours = part.partition(" ")
        steps.append(Step(_share(share, "steps", 0.0), _number(hours.strip(" h"), "steps")))
    return tuple(steps)


def _share(text: str, field: str, default: float) -> float:
    """A share as people write it: 20 % is a fifth."""
    return _number(text.strip(" %"), field) / 100 if text.strip(" %") else default


def _number(text: str, field: str) -> float:
    try:
        return float(text)
    except ValueError as error:
        raise Invalid("is no number", field=field, value=text, hint="Write it as 0.2.") from error


def _is_number(text: str) -> bool:
    return text.replace(".", "", 1).replace("-", "", 1).isdigit()


def _report(request: Ask, status: TrialStatus) -> Report | None:
    """The report; None where it has not begun, or where it cannot be read here."""
    try:
        return report_for(request, status)
    except (NotFound, Unavailable):
        return None


def brings(report: Report | None) -> list[tuple[str, Line, Line | None, Line | None, Line | None]]:
    """What each arm would bring were everybody in it: minutes, people who return, yuan in the ledger, worth."""
    if report is None:
        return []
    by = {(line.arm, line.metric): line for line in report.lines}
    arms = dict.fromkeys(line.arm for line in report.lines)
    return [
        (arm, minutes, by.get((arm, "returned")), by.get((arm, "ledger_yuan")), by.get((arm, "worth_yuan")))
        for arm in arms
        if (minutes := by.get((arm, "watch_minutes"))) is not None
    ]


def _lines(report: Report | None) -> list[tuple[Line, str]]:
    """Each line with how it stands: better, worse, or not known yet."""
    return [(line, standing(line)) for line in (report.lines if report else ())]


def standing(line: Line) -> str:
    """Whether the always valid interval says better, worse or nothing yet."""
    if line.always.low <= 0 <= line.always.high:
        return "open"
    return "better" if (line.always.effect > 0) == (line.good == "more") else "worse"


def _table(report: Report) -> Any:
    head = ["metric", "unit", "arm", "mean", "effect", "low_once", "high_once", "p_once", "low_always", "high_always"]
    rows = [(line.metric, line.unit, line.arm, *_figures(line)) for line in report.lines]
    return table("trial", [*head, "p_always", "p_adjusted", "everybody_a_day"], rows)


def _figures(line: Line) -> tuple[float, ...]:
    once, always = line.once, line.always
    fixed = (once.mean, once.effect, once.low, once.high, once.p)
    return (*fixed, always.low, always.high, always.p, line.adjusted_p, line.everybody)
