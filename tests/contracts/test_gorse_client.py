"""Gorse's own Python client works unchanged: every method, synchronous and asynchronous, over a real connection.

Once over the plain engine of the doors' own tests, once over the engine that serves.
"""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from gorse import AsyncGorse, Gorse, GorseException

from tests.doors.live import serving
from tests.doors.stand_in import stand_in
from walras.app.worker import serving_of
from walras.base.settings import Settings
from walras.doors import ServingEngine, build_app

DAY = "2026-01-0{}T08:00:00Z"


class Awaited:
    """The asynchronous client, each call run to its end, so that both clients pass the same tests."""

    def __init__(self, client: AsyncGorse) -> None:
        self._client = client

    def __getattr__(self, name: str) -> Callable[..., Any]:
        return lambda *args, **named: asyncio.run(getattr(self._client, name)(*args, **named))


@contextmanager
def real(home: Path) -> Iterator[ServingEngine]:
    """What a serving process answers with."""
    engine = serving_of(home, Settings(disk_free_mb_min=0))
    yield engine
    engine.log.close()
    engine.world.close()


@pytest.fixture(scope="module", params=[stand_in, real])
def address(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    with request.param(tmp_path_factory.mktemp("gorse")) as engine:
        secret = engine.world.keys.create("gorse", ("admin",), 1e6).secret
        with serving(build_app(engine)) as url:
            yield url, secret


@pytest.fixture(params=["sync", "async"])
def client(request: pytest.FixtureRequest, address: tuple[str, str]) -> Any:
    url, secret = address
    return Gorse(url, secret) if request.param == "sync" else Awaited(AsyncGorse(url, secret))


@pytest.fixture
def name(request: pytest.FixtureRequest) -> Callable[[str], str]:
    """Names that no other test has, since one server answers all of them."""
    place = request.node.name.replace("[", "-").replace("]", "")
    return lambda plain: f"{place}-{plain}"


def item(id: str, day: int = 1, categories: tuple[str, ...] = ("cook",)) -> dict[str, Any]:
    return {
        "ItemId": id, "IsHidden": False, "Categories": list(categories), "Timestamp": DAY.format(day),
        "Labels": {"topics": ["noodles", "汤面"]}, "Comment": f"About {id}",
    }  # fmt: skip


def test_a_user_is_read_back_as_inserted(client: Any, name: Callable[[str], str]) -> None:
    user = {"UserId": name("bob"), "Labels": ["male", "coder"], "Comment": "Bob"}
    assert client.insert_user(user) == {"RowAffected": 1}
    assert client.get_user(name("bob")) == user
    assert client.delete_user(name("bob")) == {"RowAffected": 1}
    with pytest.raises(GorseException) as refused:
        client.get_user(name("bob"))
    assert refused.value.status_code == 404


def test_users_are_listed_page_by_page(client: Any, name: Callable[[str], str]) -> None:
    users = [{"UserId": name(str(n)), "Labels": None, "Comment": ""} for n in range(5)]
    assert client.insert_users(users) == {"RowAffected": 5}
    assert all(user in walk(client.get_users, 2) for user in users)


def test_an_item_is_read_back_as_inserted(client: Any, name: Callable[[str], str]) -> None:
    made = item(name("i"))
    assert client.insert_item(made) == {"RowAffected": 1}
    assert client.get_item(name("i")) == made
    assert made in walk(client.get_items, 3)
    assert client.delete_item(name("i")) == {"RowAffected": 1}
    with pytest.raises(GorseException) as refused:
        client.get_item(name("i"))
    assert refused.value.status_code == 404


def test_an_update_leaves_alone_what_it_does_not_name(client: Any, name: Callable[[str], str]) -> None:
    client.insert_item(item(name("i")))
    assert client.update_item(name("i"), is_hidden=True, comment="hidden") == {"RowAffected": 1}
    assert client.get_item(name("i")) == {**item(name("i")), "IsHidden": True, "Comment": "hidden"}
    client.update_item(name("i"), is_hidden=False, categories=["a", "b"], labels=["x"], timestamp=DAY.format(3))
    changed = client.get_item(name("i"))
    assert (changed["Categories"], changed["Labels"], changed["Timestamp"]) == (["a", "b"], ["x"], DAY.format(3))


def test_items_are_found_by_words(client: Any, name: Callable[[str], str]) -> None:
    client.insert_item({**item(name("i")), "Comment": f"Rarely {name('word')} said"})
    assert [found["ItemId"] for found in client.search_items(name("word"), 5)] == [name("i")]


def test_feedback_keeps_its_type_value_and_time(client: Any, name: Callable[[str], str]) -> None:
    for type in ("like", "star", "read", "played_twice"):
        assert client.insert_feedback(type, name("u"), name("i"), DAY.format(1)) == {"RowAffected": 1}
    for type in ("like", "star", "read", "played_twice"):
        found = client.list_feedbacks(type, name("u"))
        assert [(f["FeedbackType"], f["UserId"], f["ItemId"], f["Timestamp"], f["Value"]) for f in found] == [
            (type, name("u"), name("i"), DAY.format(1), 0.0)
        ]
    # Gorse makes users and items it meets in feedback.
    assert client.get_user(name("u"))["UserId"] == name("u")
    assert client.get_item(name("i"))["ItemId"] == name("i")


def test_all_feedback_is_listed_once_whatever_the_page(client: Any, name: Callable[[str], str]) -> None:
    sent = [
        {"FeedbackType": "like", "UserId": name(f"u{n % 2}"), "ItemId": name(f"i{n}"), "Timestamp": DAY.format(1 + n)}
        for n in range(5)
    ]
    assert client.insert_feedbacks(sent) == {"RowAffected": 5}
    listed = [f["ItemId"] for f in walk(client.get_feedbacks, 2) if f["UserId"].startswith(name("u"))]
    assert listed == [f["ItemId"] for f in sent]


def test_deleted_feedback_is_gone_and_can_be_given_again(client: Any, name: Callable[[str], str]) -> None:
    def give() -> None:
        client.insert_feedback("like", name("u"), name("i"), DAY.format(1))

    give()
    assert client.delete_feedback(name("u"), name("i")) == {"RowAffected": 1}
    assert client.list_feedbacks("like", name("u")) == []
    assert not [f for f in walk(client.get_feedbacks, 50) if f["UserId"] == name("u")]
    give()
    assert len(client.list_feedbacks("like", name("u"))) == 1


def test_a_deleted_user_has_no_feedback(client: Any, name: Callable[[str], str]) -> None:
    client.insert_feedback("like", name("u"), name("i"), DAY.format(1))
    client.delete_user(name("u"))
    client.insert_user({"UserId": name("u"), "Labels": [], "Comment": ""})
    assert client.list_feedbacks("like", name("u")) == []


def test_recommendations_leave_out_what_was_read(client: Any, name: Callable[[str], str]) -> None:
    category = name("c")
    for n in range(4):
        client.insert_item(item(name(f"i{n}"), 1 + n, (category,)))
    client.insert_feedback("read", name("u"), name("i3"), DAY.format(5))
    found = client.get_recommend(name("u"), category, n=10)
    assert {score.id for score in found} == {name("i0"), name("i1"), name("i2")}
    assert [len(client.get_recommend(name("u"), category, n=2, offset=offset)) for offset in (0, 2, 4)] == [2, 1, 0]
    assert all(isinstance(score.score, float) for score in found)


def test_what_is_recommended_can_be_written_back(client: Any, name: Callable[[str], str]) -> None:
    category = name("c")
    client.insert_item(item(name("i"), 1, (category,)))
    given = client.get_recommend(name("u"), category, n=1, write_back_type="read", write_back_delay="0h5m0s")
    assert [score.id for score in given] == [name("i")]
    assert [f["ItemId"] for f in client.list_feedbacks("read", name("u"))] == [name("i")]
    assert client.get_recommend(name("u"), category, n=1) == []


def test_neighbours_and_sessions(client: Any, name: Callable[[str], str]) -> None:
    category = name("c")
    for n in range(3):
        client.insert_item(item(name(f"i{n}"), 1 + n, (category,)))
    near = client.get_neighbors(name("i0"), n=10)
    assert {name("i1"), name("i2")} <= {found["Id"] for found in near}
    session = [{"FeedbackType": "like", "UserId": name("u"), "ItemId": name("i0"), "Timestamp": DAY.format(1)}]
    found = client.session_recommend(session, n=100)
    assert {name("i1"), name("i2")} <= {one["Id"] for one in found} and name("i0") not in {one["Id"] for one in found}


def test_a_wrong_key_and_a_wrong_body_are_refused(address: tuple[str, str]) -> None:
    url, secret = address
    with pytest.raises(GorseException) as unknown:
        Gorse(url, "wrong").get_users(1)
    assert unknown.value.status_code == 401
    with pytest.raises(GorseException) as broken:
        Gorse(url, secret).insert_feedbacks([{"FeedbackType": "like", "UserId": "u"}])
    assert broken.value.status_code == 400 and "ItemId" in broken.value.message


def walk(ask: Callable[..., tuple[list[dict[str, Any]], str]], n: int) -> list[dict[str, Any]]:
    """Everything a list gives, page by page."""
    found, cursor = ask(n)
    while cursor:
        more, cursor = ask(n, cursor)
        found += more
    return found
