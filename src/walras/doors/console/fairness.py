"""How exposure is shared among makers, and what it costs that new ones get a chance."""

from typing import Any

import msgspec
from litestar import Response
from litestar.handlers import HTTPRouteHandler

from walras.doors.engine import ServingEngine
from walras.web.consoles import Ask, Console, known_to, screen, table
from walras.web.consoles.frame import json_in, spoken

# Steps of the curve of shares: enough to look smooth, few enough to be read out as a table.
_STEPS = 20
_PEOPLE = ("on", "off", "least")


def fairness_routes(engine: ServingEngine, console: Console) -> list[HTTPRouteHandler]:
    """The screen of fairness, and its makers as a file."""

    def show(request: Ask) -> Any:
        report = _report(request)
        makers = report.get("makers", [])
        accounts = engine.world.accounts.of_people([str(maker.get("maker", "")) for maker in makers])
        curve = lorenz([float(maker.get("exposures", 0)) for maker in makers])
        return console.show(
            request,
            "fairness.html",
            desk="fairness",
            report=report,
            makers=makers,
            accounts=accounts,
            columns=_columns(makers),
            curve=curve,
            json=json_in,
        )

    def as_file(request: Ask) -> Any:
        makers = _report(request).get("makers", [])
        columns = ["maker", *_columns(makers)]
        return table("makers", columns, [[maker.get(name, "") for name in columns] for maker in makers])

    def as_json(request: Ask) -> Any:
        return Response(msgspec.json.encode(_report(request)), media_type="application/json")

    def at(path: str, shown: Any, summary: str) -> HTTPRouteHandler:
        return screen(path, shown, console=console, who="operator", scope="status:read", summary=summary)

    return [
        at("/console/fair", show, "How exposure is shared, as a screen."),
        at("/console/fairness", as_json, "The report of how exposure is shared, as JSON."),
        at("/console/fair.csv", as_file, "Makers and their exposures as CSV."),
    ]


def lorenz(exposures: list[float]) -> list[float]:
    """Share of all exposures that the least shown makers have, by share of makers; empty where nothing was shown.

    Args:
        exposures: one number a maker, in any order.

    Returns:
        At 0, 1/20, … 1 of the makers.
    """
    total = sum(exposures)
    if total <= 0:
        return []
    ranked = sorted(exposures)
    return [sum(ranked[: round(len(ranked) * step / _STEPS)]) / total for step in range(_STEPS + 1)]


def _report(request: Ask) -> dict[str, Any]:
    """The report as plain values; empty where none can be made yet."""
    of = known_to(request).fairness
    found: dict[str, Any] = msgspec.to_builtins(of()) if of is not None else {}
    return {**found, "cost_said": _cost_said(request, found)} if found else {}


def _cost_said(request: Ask, report: dict[str, Any]) -> str:
    """What the programme costs as a sentence, or why that is not known."""
    texts, say = spoken(request)
    cost = report["cost_minutes"]
    if cost is None:
        seen: dict[str, Any] = {name: say.number(report[f"people_{name}"]) for name in _PEOPLE}
        return texts("console.fair.cost-none", **seen)
    figures: dict[str, Any] = {name: say.number(cost[name], 2) for name in ("mean", "low", "high")}
    return texts("console.fair.cost-said", **figures, people=say.number(cost["people"]))


def _columns(makers: list[dict[str, Any]]) -> list[str]:
    return [name for name in (makers[0] if makers else {}) if name not in ("maker", "handle", "name")]
