"""Who asks: families of browsers, origins of requests, cookies that cannot be made by hand."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from walras.base.clock import SetClock
from walras.base.errors import Forbidden, Unauthorised
from walras.base.ids import PersonId
from walras.base.settings import Settings
from walras.web.agents import agent_of, place_of
from walras.web.people import GUEST_COOKIE, People, Visitor, brought_by, demand_role, refuse_foreign, set_cookie
from walras.world import World, open_world


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = open_world(tmp_path, Settings(), clock=SetClock(1))
    yield world
    world.close()


def scope(method: str = "GET", **headers: str) -> dict[str, object]:
    said = {"host": "walras.test", **{name.replace("_", "-"): value for name, value in headers.items()}}
    return {"method": method, "scheme": "http", "headers": [(n.encode(), v.encode()) for n, v in said.items()]}


@pytest.mark.parametrize(
    ("agent", "family"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox on Linux"),
        ("Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Chrome/140.0 Mobile Safari/537.36", "Chrome on Android"),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0", "Edge on Windows"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 19_0) Version/19.0 Mobile/15E148 Safari/604.1", "Safari on iPhone"),
        ("", "Another browser"),
    ],
)
def test_a_browser_is_known_by_its_family(agent: str, family: str) -> None:
    assert agent_of(agent) == family


def test_an_address_is_kept_without_the_machine() -> None:
    assert place_of("203.0.113.9") == "203.0.*.*"
    assert place_of("2001:db8:1:2::9") == "2001:db8:1::"
    assert place_of("") == place_of("testclient") == ""


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "http://evil.test"},
        {"origin": "http://walras.test.evil.test"},
        {"origin": "http://walras.test:81"},
        {"origin": "null"},
        {"sec_fetch_site": "cross-site"},
        {"sec_fetch_site": "same-site"},
        {"sec_fetch_site": "none"},
        {"origin": "http://walras.test", "sec_fetch_site": "cross-site"},
        {"cookie": "walras_session=x"},
    ],
)
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_what_another_site_sends_is_refused(method: str, headers: dict[str, str]) -> None:
    with pytest.raises(Forbidden):
        refuse_foreign(scope(method, **headers))
    refuse_foreign(scope("GET", **headers))


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "http://walras.test"},
        {"sec_fetch_site": "same-origin"},
        {"origin": "http://walras.test", "sec_fetch_site": "same-origin", "cookie": "a=b"},
        {},
    ],
)
def test_what_an_own_page_or_a_program_without_cookies_sends_is_taken(headers: dict[str, str]) -> None:
    refuse_foreign(scope("POST", **headers))


@given(value=st.text(alphabet=st.characters(min_codepoint=33, max_codepoint=126, exclude_characters=';,"\\')))
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_guest_can_be_made_by_hand(world: World, value: str) -> None:
    people = People(world, SetClock(1))
    assert people.find(scope(cookie=f"{GUEST_COOKIE}={value}")) is None
    assert people.find(scope(cookie=f"{GUEST_COOKIE}=ann.{value}")) is None


def test_a_guest_is_known_again_and_no_other_by_her_mark(world: World) -> None:
    people = People(world, SetClock(1))
    visitor, cookie = people.welcome(scope())
    value = cookie.decode().split("=", 1)[1].split(";")[0]
    found = people.find(scope(cookie=f"{GUEST_COOKIE}={value}"))
    assert found is not None and found.person == visitor.person and not found.signed_in
    mark = value.rpartition(".")[2]
    assert people.find(scope(cookie=f"{GUEST_COOKIE}=somebody.{mark}")) is None


def test_two_processes_know_each_others_guests(tmp_path: Path) -> None:
    one, two = (open_world(tmp_path, Settings(), clock=SetClock(1)) for _ in range(2))
    _, cookie = People(one, SetClock(1)).welcome(scope())
    value = cookie.decode().split(";")[0]
    assert People(two, SetClock(1)).find(scope(cookie=value)) is not None
    one.close()
    two.close()


def test_roles() -> None:
    guest, maker = Visitor(PersonId("g")), Visitor(PersonId("a"), signed_in=True, roles=frozenset({"maker"}))
    operator = Visitor(PersonId("o"), signed_in=True, roles=frozenset({"maker", "operator"}))
    demand_role(guest, "guest")
    for who in ("account", "reviewer", "operator"):
        with pytest.raises(Unauthorised):
            demand_role(guest, who)
        demand_role(operator, who)
    demand_role(maker, "account")
    for who in ("reviewer", "operator"):
        with pytest.raises(Forbidden):
            demand_role(maker, who)


def test_a_cookie_over_tls_never_travels_without() -> None:
    assert b"; Secure" in set_cookie("a", "b", 1, secure=True)
    assert b"; Secure" not in set_cookie("a", "b", 1, secure=False)


@pytest.mark.parametrize("cookie", ["", "=;;;", "walras_session", "\xff\xfe=1; walras_session=x", "a=" + "b" * 9_000])
def test_any_cookie_line_can_be_read(cookie: str) -> None:
    assert isinstance(brought_by(scope(cookie=cookie)).cookies, dict)
