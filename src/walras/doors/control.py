"""Keys and models: what an admin makes, ends and chooses."""

import asyncio
from typing import Annotated

import msgspec
from litestar import delete, get, post
from msgspec import Meta

from walras.base.ids import ModelVersion
from walras.base.limits import REQUESTS_PER_S_DEFAULT, TITLE_CHARS_MAX
from walras.doors import examples
from walras.doors.asking import Answer, Ask, answer, body_of, change, engine_of
from walras.schema import ModelChosen, ModelStatus
from walras.web import path_id
from walras.web.told import told
from walras.world import SCOPES, Model


class KeyRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A key to be made."""

    name: Annotated[str, Meta(min_length=1, max_length=TITLE_CHARS_MAX)]
    scopes: Annotated[tuple[str, ...], Meta(min_length=1, max_length=len(SCOPES))]
    requests_per_s: float = REQUESTS_PER_S_DEFAULT


class KeyMade(msgspec.Struct, frozen=True, kw_only=True):
    """A key just made; its secret is shown this once."""

    id: str
    secret: str
    name: str
    scopes: tuple[str, ...]
    requests_per_s: float


class KeyShown(msgspec.Struct, frozen=True, kw_only=True):
    """A key without its secret; `revoked_ms` is 0 while it opens something."""

    id: str
    name: str
    scopes: tuple[str, ...]
    requests_per_s: float
    created_ms: int
    revoked_ms: int


class KeyList(msgspec.Struct, frozen=True):
    """Every key ever made, oldest first."""

    keys: tuple[KeyShown, ...]


class ModelList(msgspec.Struct, frozen=True):
    """Every model, newest first."""

    models: tuple[ModelStatus, ...]


_decoder = msgspec.json.Decoder(KeyRequest)
_ASKED = KeyRequest(name="shop app", scopes=("events:write", "feed:read"))
_SHOWN = KeyShown(
    id="k0190000000001234",
    name="shop app",
    scopes=("events:write", "feed:read"),
    requests_per_s=5_000.0,
    created_ms=examples.NOW_MS,
    revoked_ms=0,
)
_MADE = KeyMade(
    id=_SHOWN.id, secret="wk_…", name=_SHOWN.name, scopes=_SHOWN.scopes, requests_per_s=_SHOWN.requests_per_s
)


@post(
    "/v1/keys",
    status_code=201,
    opt=told(
        summary="Make an API key.",
        tag="keys",
        scope="admin",
        reads=KeyRequest,
        gives=KeyMade,
        asks=_ASKED,
        example=_MADE,
        status=201,
    ),
)
async def make_key(request: Ask) -> Answer:
    """The secret is in this answer and nowhere else; only its hash is kept."""
    asked = await body_of(request, _decoder)
    keys = engine_of(request).world.keys
    made = await asyncio.to_thread(keys.create, asked.name, asked.scopes, asked.requests_per_s)
    shown = KeyMade(
        id=made.id,
        secret=made.secret,
        name=asked.name,
        scopes=tuple(sorted(set(asked.scopes))),
        requests_per_s=asked.requests_per_s,
    )
    return answer(shown, 201)


@get(
    "/v1/keys",
    opt=told(summary="List API keys.", tag="keys", scope="admin", gives=KeyList, example=KeyList((_SHOWN,))),
)
async def list_keys(request: Ask) -> Answer:
    """Without their secrets, which nobody has."""
    grants = await asyncio.to_thread(engine_of(request).world.keys.list)
    shown = (
        KeyShown(
            id=grant.id,
            name=grant.name,
            scopes=tuple(sorted(grant.scopes)),
            requests_per_s=grant.requests_per_s,
            created_ms=grant.created_ms,
            revoked_ms=grant.revoked_ms,
        )
        for grant in grants
    )
    return answer(KeyList(tuple(shown)))


@delete(
    "/v1/keys/{id:str}",
    status_code=204,
    opt=told(summary="End an API key.", tag="keys", scope="admin", status=204, path={"id": _SHOWN.id}),
)
async def end_key(request: Ask) -> None:
    """It opens nothing from now on; other serving processes follow within five seconds."""
    id = path_id(request.path_params, "id")
    await asyncio.to_thread(engine_of(request).world.keys.revoke, id)


@get(
    "/v1/models",
    opt=told(
        summary="List trained models and where each stands.",
        tag="models",
        scope="status:read",
        gives=ModelList,
        example=ModelList((examples.MODEL,)),
    ),
)
async def list_models(request: Ask) -> Answer:
    """One model of a kind is active."""
    models = await asyncio.to_thread(engine_of(request).world.models.list)
    return answer(ModelList(tuple(_shown(model) for model in models)))


@post(
    "/v1/models/{version:str}/activate",
    status_code=200,
    opt=told(
        summary="Let a model serve.",
        tag="models",
        scope="admin",
        gives=ModelStatus,
        example=examples.MODEL,
        path={"version": examples.MODEL.version},
    ),
)
async def activate_model(request: Ask) -> Answer:
    """Every serving process swaps to it without a restart. A broken model is refused, and the present one serves on."""
    engine = engine_of(request)
    version = path_id(request.path_params, "version")
    model = await asyncio.to_thread(engine.world.models.activate, version)
    chosen = ModelChosen(model.manifest.kind, ModelVersion(model.version), engine.clock.now_ms())
    await change(engine, [chosen])
    return answer(_shown(model))


CONTROL_ROUTES = [make_key, list_keys, end_key, list_models, activate_model]


def _shown(model: Model) -> ModelStatus:
    manifest = model.manifest
    return ModelStatus(
        kind=manifest.kind,
        version=manifest.version,
        state=model.state,
        metrics=manifest.metrics,
        created_ms=manifest.created_ms,
    )
