"""The OpenAPI document, made from what the routes say of themselves and from the structs that travel."""

import re
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from types import UnionType
from typing import Any, Union, get_args, get_origin

import msgspec
from litestar.routes import BaseRoute, HTTPRoute

import walras
from walras.base.limits import ID_CHARS_MAX
from walras.web import Problem, error_table
from walras.web.told import Told, told_by

_REF = "#/components/schemas/{name}"
_DESCRIPTION = """One market for attention: send what people did, ask for their pages.

Bodies are JSON in UTF-8. Instants are whole milliseconds since 1970-01-01 UTC (`_ms`), spans are seconds (`_s`), value
is in yuan (`_yuan`). Ids are any text of 1 to 256 characters without control characters; in a path they stand
percent-encoded, slashes included (`video/1` is `video%2F1`).

Every error is a problem detail (RFC 9457) and names the request's id, which the answer also carries as
`X-Request-Id`. A key comes as `Authorization: Bearer …` or as `X-API-Key`.
"""
# Any route may meet these, whatever it does.
_ANYWHERE = (400, 401, 403, 404, 405, 409, 413, 415, 429, 500, 503)


def document(routes: Iterable[BaseRoute]) -> dict[str, Any]:
    """The whole document.

    Args:
        routes: of the application; those that say nothing of themselves are left out.
    """
    told = list(_told_routes(routes))
    types = [part for _, _, said, _ in told for kind in (said.reads, said.gives) for part in _parts(kind)]
    _, components = msgspec.json.schema_components([*types, Problem], ref_template=_REF)
    paths: dict[str, dict[str, Any]] = {}
    for path, method, said, meaning in told:
        paths.setdefault(path, {})[method.lower()] = _operation(path, method, said, meaning)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Walras", "version": walras.__version__, "description": _DESCRIPTION},
        "servers": [{"url": "/"}],
        "tags": [{"name": tag} for tag in sorted({said.tag for _, _, said, _ in told})],
        "paths": dict(sorted(paths.items())),
        "components": {
            "schemas": _with_bodies(components, told),
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer"},
                "key": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
            },
            "responses": {"Problem": _problem_response()},
        },
    }


_Route = tuple[str, str, Told, str]  # path, method, what it says, its handler's docstring


def _told_routes(routes: Iterable[BaseRoute]) -> Iterable[_Route]:
    for route in routes:
        if isinstance(route, HTTPRoute):
            path = re.sub(r"\{(\w+):\w+\}", r"{\1}", route.path)
            for handler in route.route_handlers:
                said = told_by(handler.opt)
                if said is not None and handler.include_in_schema is not False:
                    meaning = (handler.fn.__doc__ or "").strip()
                    yield from ((path, str(method), said, meaning) for method in handler.http_methods)


def _operation(path: str, method: str, said: Told, meaning: str) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": _operation_id(path, method),
        "summary": said.summary,
        "description": meaning,
        "tags": [said.tag],
        "parameters": [*_path_parameters(path, said), *_query_parameters(said)],
        "responses": _responses(said),
        "security": _security(said),
    }
    if said.scope:
        operation["x-scope"] = said.scope
    if said.reads is not None:
        operation["requestBody"] = _request_body(method, said)
    return operation


def _operation_id(path: str, method: str) -> str:
    words = re.findall(r"\w+", path.replace("-", "_"))
    return "_".join([method.lower(), *words])


def _path_parameters(path: str, said: Told) -> list[dict[str, Any]]:
    schema = {"type": "string", "minLength": 1, "maxLength": ID_CHARS_MAX}
    return [
        {
            "name": name,
            "in": "path",
            "required": True,
            "schema": schema,
            "description": "Percent-encoded UTF-8, slashes included.",
            **({"example": said.path[name]} if name in said.path else {}),
        }
        for name in re.findall(r"\{(\w+)\}", path)
    ]


def _query_parameters(said: Told) -> list[dict[str, Any]]:
    found = []
    for asked in said.query:
        schema = {"type": "array", "items": dict(asked.schema)} if asked.many else dict(asked.schema)
        found.append({"name": asked.name, "in": "query", "description": asked.meaning, "schema": schema})
    return found


def _request_body(method: str, said: Told) -> dict[str, Any]:
    schema = _schema(said.reads)
    if method == "PUT" and said.path and set(schema) == {"$ref"}:
        # The id stands in the path, so a body need not say it.
        schema = {"$ref": schema["$ref"] + "Body"}
    content: dict[str, Any] = {}
    for media in said.media:
        lines = media.endswith("ndjson")
        content[media] = {"schema": {"type": "string"} if lines else schema}
        if said.asks is not None and not lines:
            content[media]["example"] = msgspec.to_builtins(said.asks)
    return {"required": True, "content": content}


def _responses(said: Told) -> dict[str, Any]:
    good: dict[str, Any] = {"description": HTTPStatus(said.status).phrase, "headers": _headers(said)}
    if said.gives is not None:
        content: dict[str, Any] = {"schema": _schema(said.gives)}
        if said.example is not None:
            content["example"] = msgspec.to_builtins(said.example)
        good["content"] = {said.answer_media: content}
    problems = {str(status): {"$ref": "#/components/responses/Problem"} for status in _ANYWHERE}
    return {str(said.status): good, **problems}


def _headers(said: Told) -> dict[str, Any]:
    text = {"schema": {"type": "string"}}
    found: dict[str, Any] = {"X-Request-Id": {"description": "Finds the request in the log.", **text}}
    if said.scope is not None:
        found["RateLimit"] = {"description": "What is left of the key's rate; absent where no key was needed.", **text}
    return found


def _security(said: Told) -> list[dict[str, list[str]]]:
    if said.scope is None:
        return []
    return [{"bearer": []}, {"key": []}]


def _problem_response() -> dict[str, Any]:
    codes = ", ".join(f"`{code}` ({status})" for code, status, _ in error_table())
    example = {
        "type": "/docs/errors#invalid",
        "title": "A value is wrong: it names the field, the value and the fix",
        "status": 400,
        "detail": "outcome: is no known outcome",
        "instance": "/v1/events",
        "code": "invalid",
        "request_id": "r019b7768c00000123456789abcdef",
        "field": "outcome",
        "value": "lik",
        "hint": "Did you mean 'like'?",
    }
    return {
        "description": f"A problem detail (RFC 9457). Codes: {codes}.",
        "headers": {"Retry-After": {"description": "Seconds, with 429 and 503.", "schema": {"type": "integer"}}},
        "content": {"application/problem+json": {"schema": _schema(Problem), "example": example}},
    }


def _schema(kind: Any) -> dict[str, Any]:
    schemas, _ = msgspec.json.schema_components(_parts(kind), ref_template=_REF)
    return dict(schemas[0]) if len(schemas) == 1 else {"anyOf": list(schemas)}


def _parts(kind: Any) -> list[Any]:
    """The types of a union, which may be structs that only their fields tell apart; a single type as it is."""
    if kind is None:
        return []
    return list(get_args(kind)) if isinstance(kind, UnionType) or get_origin(kind) is Union else [kind]


def _with_bodies(components: Mapping[str, Any], told: Iterable[_Route]) -> dict[str, Any]:
    """The components, with a twin without the id for every struct that is put under an id of the path."""
    found = dict(components)
    for _, method, said, _ in told:
        if method == "PUT" and said.path and isinstance(said.reads, type):
            name = said.reads.__name__
            required = [field for field in found[name].get("required", ()) if field != "id"]
            found[name + "Body"] = {**found[name], "title": name + "Body", "required": required}
    return found
