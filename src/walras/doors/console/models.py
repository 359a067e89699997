"""Models: which there are, which serves, and letting another one serve."""

from typing import Any

from litestar.handlers import HTTPRouteHandler

from walras.base.ids import ModelVersion
from walras.doors.engine import ServingEngine
from walras.schema import ModelChosen
from walras.web import path_id
from walras.web.consoles import Ask, Console, deed, note, screen, table
from walras.world import Model


def model_routes(engine: ServingEngine, console: Console) -> list[HTTPRouteHandler]:
    """The screen of models, and what an operator does with them."""

    def show(request: Ask) -> Any:
        models = engine.world.models.list()
        metrics = sorted({name for model in models for name in model.metrics})
        kinds = {model.kind for model in models if model.state == "active"}
        earlier = {model.kind for model in models if model.state == "retired" and model.turn > 0} & kinds
        return console.show(
            request, "models.html", desk="models", models=models, metrics=metrics, earlier=sorted(earlier)
        )

    def as_file(request: Ask) -> Any:
        models = engine.world.models.list()
        metrics = sorted({name for model in models for name in model.metrics})
        head = ["kind", "version", "state", "reason", "created_ms", *metrics]
        rows = [
            [m.kind, m.version, m.state, m.reason, m.manifest.created_ms, *(m.metrics.get(x, "") for x in metrics)]
            for m in models
        ]
        return table("models", head, rows)

    def activate(request: Ask, fields: dict[str, str]) -> None:
        version = path_id(request.path_params, "version")
        kind = engine.world.models.get(version).kind
        before = engine.world.models.active(kind)
        chosen = engine.world.models.activate(version)
        _serve(request, engine, "model.activate", before, chosen)

    def roll_back(request: Ask, fields: dict[str, str]) -> None:
        kind = path_id(request.path_params, "kind")
        before = engine.world.models.active(kind)
        chosen = engine.world.models.roll_back(kind)
        _serve(request, engine, "model.roll-back", before, chosen)

    return [
        screen(
            "/console/models",
            show,
            console=console,
            who="operator",
            scope="status:read",
            summary="Models, as a screen.",
        ),
        screen("/console/models.csv", as_file, console=console, who="operator", scope="status:read", summary="As CSV."),
        deed(
            "/console/models/{version:str}/activate", activate, who="operator", scope="admin", summary="Let it serve."
        ),
        deed(
            "/console/kinds/{kind:str}/roll-back",
            roll_back,
            who="operator",
            scope="admin",
            summary="Go back to the last.",
        ),
    ]


def _serve(request: Ask, engine: ServingEngine, what: str, before: Model | None, chosen: Model) -> None:
    """Tell the log, from which every serving process takes the model, and write down who chose it."""
    said = ModelChosen(chosen.manifest.kind, ModelVersion(chosen.version), engine.clock.now_ms())
    engine.log.append([said])
    engine.world.catch_up(engine.log.read)
    note(request, what, chosen.version, before=before.version if before else "", after=chosen.version)
