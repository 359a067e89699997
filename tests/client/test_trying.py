"""What is tried again, how long is waited, and what is never sent twice; over a transport that answers as told."""

import inspect

import httpx
import msgspec
import pytest

from tests.client.both import client_of
from walras.client import (
    AsyncVisit,
    AsyncWalras,
    Event,
    Invalid,
    NotFound,
    Retry,
    TooOften,
    Unable,
    Unreachable,
    Unreadable,
    Visit,
    Walras,
)
from walras.client.trying import Ask, Call, Wait, retry_after_s, trying

FAST = Retry(tries=4, first_s=0.001, most_s=0.002)
TAKEN = httpx.Response(200, json={"accepted": 1, "duplicates": 0})


class Script(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """Gives the answers it was told, in order; an exception is raised."""

    def __init__(self, *answers):
        self.answers, self.requests = list(answers), []

    def handle_request(self, request):
        request.read()
        self.requests.append(request)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        # A response can be read once only.
        return httpx.Response(answer.status_code, headers=answer.headers, content=answer.content)

    async def handle_async_request(self, request):
        await request.aread()
        self.requests.append(request)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return httpx.Response(answer.status_code, headers=answer.headers, content=answer.content)


@pytest.fixture
def ask(form, loop):
    def made(*answers, retry=FAST):
        script = Script(*answers)
        client = client_of(form, loop, "http://walras.test", "k", retry=retry, transport=script, now_ms=lambda: 77)
        return script, client

    return made


def problem(status, code, headers=None, **more):
    return httpx.Response(status, json={"code": code, "detail": "said", **more}, headers=headers)


def test_a_lost_answer_is_asked_for_again_with_the_same_id_and_time(ask):
    script, client = ask(httpx.ReadTimeout("late"), httpx.ConnectError("down"), problem(503, "unable"), TAKEN)
    assert client.send(Event(person="ann", outcome="like", item="v")).accepted == 1
    bodies = [msgspec.json.decode(request.content) for request in script.requests]
    assert len(bodies) == 4 and bodies[0]["id"] and bodies[0]["time_ms"] == 77
    assert all(body == bodies[0] for body in bodies)


def test_patience_ends(ask):
    script, client = ask(*[httpx.ConnectError("down")] * 4)
    with pytest.raises(Unreachable, match="tried 4 times"):
        client.status()
    assert len(script.requests) == 4


def test_an_answer_that_says_no_is_not_asked_for_again(ask):
    script, client = ask(problem(400, "invalid", field="outcome", value="lik", hint="Did you mean 'like'?"))
    with pytest.raises(Invalid) as caught:
        client.send(Event(person="ann", outcome="lik", item="v"))
    error = caught.value
    assert (error.code, error.field, error.value, error.status) == ("invalid", "outcome", "lik", 400)
    assert "Did you mean" in str(error) and len(script.requests) == 1


def test_too_often_waits_as_long_as_the_server_says(ask):
    _, client = ask(problem(429, "too-often", {"retry-after": "0"}), TAKEN)
    assert client.send(Event(person="ann", outcome="like", item="v")).accepted == 1
    _, short = ask(problem(429, "too-often", {"retry-after": "9"}), retry=Retry(tries=3, patience_s=5.0))
    with pytest.raises(TooOften) as caught:
        short.status()
    assert caught.value.retry_after_s == 9.0


def test_what_must_not_be_done_twice_is_not_sent_again_after_it_may_have_been_heard(ask):
    script, client = ask(httpx.ReadTimeout("late"))
    with pytest.raises(Unreachable):
        client.visit().publish("v1")
    assert len(script.requests) == 1
    script, client = ask(httpx.ConnectError("down"), httpx.Response(200, json={"id": "v1", "state": "processing"}))
    assert client.visit().publish("v1").state == "processing"


def test_a_deletion_whose_answer_was_lost_is_done_when_nothing_is_there(ask):
    _, client = ask(httpx.ReadError("lost"), problem(404, "not-found"))
    assert client.delete_item("a") is None
    _, client = ask(problem(404, "not-found"))
    with pytest.raises(NotFound):
        client.delete_item("a")


def test_an_answer_without_sense_is_said_to_be_one(ask):
    _, client = ask(httpx.Response(200, json={"id": 3}))
    with pytest.raises(Unreadable, match="/v1/feed"):
        client.feed("ann")
    _, client = ask(httpx.Response(500, text="oh"))
    with pytest.raises(Unable) as caught:
        client.feed("ann")
    assert caught.value.code == "http-500"


def test_many_go_in_parts_and_faults_keep_their_places(ask):
    fault = {"index": 1, "field": "outcome", "reason": "is no known outcome", "value": "x"}
    script, client = ask(
        httpx.Response(200, json={"accepted": 10_000, "duplicates": 0}),
        httpx.Response(200, json={"accepted": 1, "duplicates": 1, "rejected": [fault]}),
    )
    taken = client.send_many([Event(person="p", outcome="like", item=f"i{n}") for n in range(10_003)])
    assert [len(msgspec.json.decode(request.content)) for request in script.requests] == [10_000, 3]
    assert (taken.accepted, taken.duplicates, len(taken.ids)) == (10_001, 1, 10_002)
    assert taken.rejected[0].index == 10_001


def test_a_batch_of_which_nothing_is_good_is_no_error(ask):
    fault = {"index": 0, "field": "person", "reason": "is empty"}
    _, client = ask(problem(400, "invalid-members", errors=[fault]))
    taken = client.send_many([Event(person="", outcome="like", item="i")])
    assert (taken.accepted, taken.rejected[0].field, taken.ids) == (0, "person", ())


def test_an_upload_goes_on_where_the_line_broke(ask):
    film = b"x" * 5_000_000
    made = httpx.Response(201, headers={"walras-asset": "a1", "upload-offset": "0"})
    script, client = ask(
        made,
        httpx.ReadError("broken"),
        httpx.Response(200, headers={"upload-offset": "1000000"}),
        httpx.Response(204, headers={"upload-offset": "5000000"}),
    )
    assert client.visit().upload(film) == "a1"
    assert [request.method for request in script.requests] == ["POST", "PATCH", "HEAD", "PATCH"]
    assert script.requests[3].headers["upload-offset"] == "1000000"


def test_waits_grow_are_drawn_and_never_shorter_than_asked():
    steps = trying(Call("GET", "/", dict), Retry(tries=5, first_s=1.0, most_s=3.0), draw=lambda: 0.5)
    assert isinstance(next(steps), Ask)
    waits = []
    for _ in range(4):
        wait = steps.send(httpx.ConnectError("down"))
        assert isinstance(wait, Wait)
        waits.append(wait.seconds)
        assert isinstance(steps.send(None), Ask)
    assert waits == [0.5, 1.0, 1.5, 1.5]


def test_an_instant_to_come_back_at_is_understood():
    headers = httpx.Headers({"date": "Mon, 05 Jan 2026 08:00:00 GMT", "retry-after": "Mon, 05 Jan 2026 08:00:07 GMT"})
    assert retry_after_s(headers) == 7.0
    assert retry_after_s(httpx.Headers({"retry-after": "soon"})) == 0.0


@pytest.mark.parametrize("pair", [(Walras, AsyncWalras), (Visit, AsyncVisit)])
def test_both_forms_have_the_same_methods(pair):
    def shape(kind):
        names = [name for name in dir(kind) if not name.startswith("_") and callable(getattr(kind, name))]
        return {name: [*inspect.signature(getattr(kind, name)).parameters.values()] for name in names}

    assert shape(pair[0]) == shape(pair[1])
