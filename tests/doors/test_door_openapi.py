"""The OpenAPI document: every route is in it with examples, and the application does what it says (schemathesis)."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from litestar import Litestar
from litestar.routes import HTTPRoute
from schemathesis.checks import CHECKS
from schemathesis.config import SchemathesisConfig

from tests.doors.stand_in import stand_in
from walras.doors import build_app, document
from walras.web.told import told_by

# Some sixty routes; more would take the time of the other tests.
EXAMPLES_PER_ROUTE = 10


def operations(app: Litestar) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in document(app.routes)["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


def test_every_route_is_described_with_examples(app: Litestar) -> None:
    handlers = [h for route in app.routes if isinstance(route, HTTPRoute) for h in route.route_handlers]
    said = {id(handler) for handler in handlers if told_by(handler.opt) is not None}
    silent = [handler for handler in handlers if id(handler) not in said and "OPTIONS" not in handler.http_methods]
    assert not silent
    for path, method, operation in operations(app):
        where = f"{method} {path}"
        assert operation["summary"] and operation["description"], where
        body = operation.get("requestBody", {}).get("content", {}).get("application/json")
        assert body is None or "example" in body, where
        good = next(found for status, found in operation["responses"].items() if status.startswith("2"))
        answer = good.get("content", {}).get("application/json")
        assert answer is None or "example" in answer or path == "/openapi.json", where
        assert "429" in operation["responses"], where


def test_operation_ids_are_unique(app: Litestar) -> None:
    ids = [operation["operationId"] for _, _, operation in operations(app)]
    assert len(ids) == len(set(ids))


async def test_the_document_says_zone_and_encoding_and_is_json(client: httpx.AsyncClient) -> None:
    found = (await client.get("/openapi.json")).json()
    assert "UTC" in found["info"]["description"] and "UTF-8" in found["info"]["description"]


async def test_the_reference_pages_ask_nothing_of_others(client: httpx.AsyncClient) -> None:
    for path in ("/docs", "/docs/errors"):
        page = (await client.get(path)).text
        assert "//" not in page.replace("</", "").replace("https://", "//").split("<main>")[0].replace("<!doctype", "")
        assert "<script" not in page
    assert 'id="too-often"' in (await client.get("/docs/errors")).text


# ---------------------------------------------------------------- does it do what it says


@pytest.fixture(scope="module")
def described(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Any, dict[str, str]]]:
    home: Path = tmp_path_factory.mktemp("described")
    with stand_in(home) as engine:
        app = build_app(engine)
        secret = engine.world.keys.create("schemathesis", ("admin",), 1e9).secret
        schema = json.loads(msgspec.json.encode(document(app.routes)))
        for methods in schema["paths"].values():
            for operation in methods.values():
                operation["security"] = []
        # A key ended by chance would end the run.
        del schema["paths"]["/v1/keys/{id}"]
        loaded = schemathesis.openapi.from_dict(schema, config=SchemathesisConfig())
        loaded.app = app
        yield loaded, {"X-API-Key": secret}


WANTED = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
    "response_headers_conformance",
)


def test_the_application_does_what_it_says(described: tuple[Any, dict[str, str]]) -> None:
    schema, headers = described
    checks = CHECKS.get_by_names(WANTED)
    found: list[str] = []
    for result in schema.get_all_operations():
        operation = result.ok()
        try:
            _hold(operation.as_strategy(), checks, headers)
        except Exception as error:
            found.append(f"{operation.label}: {error}")
    assert not found, "\n\n".join(found)


def _hold(cases: Any, checks: Any, headers: dict[str, str]) -> None:
    """Send some requests that the document allows, and hold each answer against it."""

    @given(case=cases)
    @settings(
        max_examples=EXAMPLES_PER_ROUTE,
        deadline=None,
        database=None,
        derandomize=True,
        phases=(Phase.explicit, Phase.generate),
        suppress_health_check=list(HealthCheck),
    )
    def hold(case: Any) -> None:
        case.call_and_validate(headers=headers, checks=checks)

    hold()
