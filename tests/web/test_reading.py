"""What a request brings is read strictly, and what is wrong is named by its field."""

import math
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from walras.base.errors import Invalid, WalrasError
from walras.schema import Event
from walras.web import Query, decoded, media_type, path_id
from walras.web.problems import Malformed, WrongMedia
from walras.web.reading import not_finite_at

DECODER = msgspec.json.Decoder(list[Event])
VALUES = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=10,
)


@given(st.binary(max_size=200))
def test_no_body_raises_anything_but_our_errors(body: bytes) -> None:
    try:
        decoded(body, DECODER)
    except WalrasError as error:
        assert error.status == 400 and error.message


@given(VALUES)
def test_the_first_number_that_is_not_finite_is_found(value: Any) -> None:
    import json

    found = not_finite_at(json.dumps({"x": value}).encode())
    assert (found is not None) == any(not math.isfinite(number) for number in numbers(value))


def numbers(value: Any) -> list[float]:
    if isinstance(value, float):
        return [value]
    members = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [number for member in members for number in numbers(member)]


def test_a_wrong_shape_is_named_by_its_path() -> None:
    with pytest.raises(Invalid) as refused:
        decoded(b'[{"person":"a","outcome":"like"},{"person":7}]', DECODER)
    assert refused.value.field == "[1].person"


@pytest.mark.parametrize(
    "said", ["application/json", "Application/JSON; charset=UTF-8", "", 'application/json;charset="utf-8"']
)
def test_json_is_taken_however_it_is_said(said: str) -> None:
    assert media_type({"content-type": said} if said else {}) == "application/json"


def test_other_media_and_encodings_are_refused() -> None:
    with pytest.raises(WrongMedia):
        media_type({"content-type": "text/csv"})
    with pytest.raises(Malformed):
        media_type({"content-type": "application/json; charset=gbk"})


@given(st.text(min_size=1, max_size=20).filter(lambda t: t.isprintable()))
def test_any_printable_id_comes_back_from_a_path(id: str) -> None:
    from urllib.parse import quote

    assert path_id({"id": quote(id, safe="")}, "id") == id


def test_a_query_is_read_once_and_strictly() -> None:
    query = Query(b"n=5&cursor=%E8%A7%86%2F1&flag=true&c=a&c=b&c=", ("n", "cursor", "flag"), many=("c",))
    assert (query.number("n", 1, most=9), query.text("cursor"), query.flag("flag")) == (5, "视/1", True)
    assert query.all("c") == ["a", "b"]
    for bad in (b"n=1&n=2", b"m=1", b"n=%FF"):
        with pytest.raises(Invalid):
            Query(bad, ("n",))
    assert Query(b"m=1", ("n",), strict=False).text("n") == ""
