"""Every error of the tree becomes a problem detail, and the table of them is in the docs."""

from pathlib import Path

import msgspec
from litestar.exceptions import HTTPException

from walras.base.errors import Invalid
from walras.web import error_table, fault_of, from_http, problem_of
from walras.web.problems import encoded


def test_an_error_keeps_its_data() -> None:
    error = Invalid("is no known outcome", field="outcome", value="lik", hint="Did you mean 'like'?")
    found = msgspec.json.decode(encoded(problem_of(error, instance="/v1/events", request_id="r1")))
    assert found == {
        "type": "/docs/errors#invalid",
        "title": "A value is wrong: it names the field, the value and the fix",
        "status": 400,
        "detail": "outcome: is no known outcome",
        "instance": "/v1/events",
        "code": "invalid",
        "request_id": "r1",
        "field": "outcome",
        "value": "lik",
        "hint": "Did you mean 'like'?",
    }
    assert fault_of(error, 3).index == 3


def test_the_frameworks_errors_are_ours() -> None:
    for status, code in ((404, "no-route"), (405, "method-not-allowed"), (413, "too-much"), (400, "malformed")):
        error = from_http(HTTPException(status_code=status, detail="x"))
        assert (error.status, error.code) == (status, code)
    assert from_http(HTTPException(status_code=503, detail="inside")).code == "unexpected"


def test_codes_are_unique_and_documented() -> None:
    codes = [code for code, _, _ in error_table()]
    assert len(codes) == len(set(codes)) and all(meaning for _, _, meaning in error_table())
    page = (Path(__file__).parents[2] / "docs" / "errors.md").read_text("utf-8")
    assert not [code for code in codes if f"`{code}`" not in page], "Run `make docs`."
