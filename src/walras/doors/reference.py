"""What a caller reads: the OpenAPI document, the same as a page, the table of errors; and the files of all screens.

Nothing is fetched from elsewhere, so the pages work on a machine without a network.
"""

from functools import cache
from pathlib import Path
from typing import Any

import msgspec
from litestar import Litestar, Response, get

from walras.doors.asking import Answer, Ask
from walras.doors.openapi import document
from walras.web import Statics, error_table, templates_in
from walras.web.statics import FOLDER
from walras.web.told import told

_TEMPLATES = Path(__file__).parent / "reference"
# The files of the core's screens; the kit's and the lines' are beside them.
_DOORS = Path(__file__).parent
STATIC_FOLDERS = (
    _TEMPLATES / "static",
    _DOORS / "pages" / "static",
    _DOORS / "accounts" / "static",
    _DOORS / "console" / "static",
)
# An address with the file's hash never changes its content; without it the file may change with the next version.
_FOR_EVER, _FOR_A_MINUTE = "public, max-age=31536000, immutable", "public, max-age=60"


@cache
def statics() -> Statics:
    """Every file of the core's own screens, read at the first request for one."""
    return Statics(FOLDER, *STATIC_FOLDERS)


@get(
    "/openapi.json",
    opt=told(summary="This document.", tag="reference", scope=None, gives=dict[str, Any]),
)
async def openapi_document(request: Ask) -> Answer:
    """OpenAPI 3.1."""
    return Response(_document_bytes(request.app), media_type="application/json")


@get(
    "/docs",
    opt=told(summary="The routes as a page.", tag="reference", scope=None, gives=str, answer_media="text/html"),
)
async def docs_page(request: Ask) -> Answer:
    """Made from the OpenAPI document."""
    found = document(request.app.routes)
    return _html("routes.html", document=found, groups=_groups(found))


@get(
    "/docs/errors",
    opt=told(summary="The errors as a page.", tag="reference", scope=None, gives=str, answer_media="text/html"),
)
async def errors_page(request: Ask) -> Answer:
    """The `type` of a problem detail points here."""
    return _html("errors.html", errors=error_table())


@get(
    "/static/{path:path}",
    opt=told(
        summary="A file of the screens.",
        tag="reference",
        scope=None,
        gives=bytes,
        answer_media="application/octet-stream",
        path={"path": "tokens.css"},
    ),
    include_in_schema=False,
)
async def static_file(request: Ask) -> Answer:
    """With the file's hash in its address it may be kept for ever."""
    files: Statics = request.app.state.statics
    file, exact = files.at(str(request.path_params["path"]).lstrip("/"))
    caching = _FOR_EVER if exact else _FOR_A_MINUTE
    return Response(file.body, media_type=file.media_type, headers={"cache-control": caching})


REFERENCE_ROUTES = [openapi_document, docs_page, errors_page, static_file]


def _document_bytes(app: Litestar) -> bytes:
    return msgspec.json.encode(document(app.routes))


def _html(template: str, **values: Any) -> Answer:
    page = templates_in(_TEMPLATES, statics=statics()).get_template(template).render(**values)
    return Response(page.encode(), media_type="text/html; charset=utf-8")


def _groups(found: dict[str, Any]) -> list[tuple[str, list[dict[str, Any]]]]:
    """Operations by tag, each with what the page shows of it."""
    groups: dict[str, list[dict[str, Any]]] = {}
    for path, methods in found["paths"].items():
        for method, operation in methods.items():
            shown = {**operation, "path": path, "method": method.upper(), **_shown_examples(operation)}
            groups.setdefault(operation["tags"][0], []).append(shown)
    return sorted(groups.items())


def _shown_examples(operation: dict[str, Any]) -> dict[str, str]:
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
    good = next(found for status, found in operation["responses"].items() if status.startswith("2"))
    said: dict[str, Any] = next(iter(good.get("content", {}).values()), {})
    return {"asks": _pretty(body.get("example")), "gives": _pretty(said.get("example"))}


def _pretty(example: Any) -> str:
    return "" if example is None else msgspec.json.format(msgspec.json.encode(example), indent=2).decode()
