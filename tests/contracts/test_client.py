"""The public client against a real server, in both forms; and every route it uses stands in the OpenAPI document.

The server is the one that `walras up` starts, in a process of its own.
"""

import asyncio
import os
import re
import signal
import subprocess
import sys
import time
from types import GeneratorType

import httpx
import msgspec
import pytest

from tests.client.both import client_of
from walras.client import Event, Invalid, Item, NotFound, Person, Retry, Unauthorised, Unreachable, plans
from walras.client.trying import Call

pytestmark = pytest.mark.timeout(180)


@pytest.fixture(scope="module")
def up(tmp_path_factory):
    home = tmp_path_factory.mktemp("client")
    command = [sys.executable, "-m", "walras.cli", "up", "--port", "0", "--no-train", "--no-sample"]
    environ = {**os.environ, "WALRAS_HOME": str(home), "COLUMNS": "200"}
    process = subprocess.Popen(command, env=environ, stderr=subprocess.PIPE, text=True)
    try:
        for line in process.stderr:
            if found := re.search(r"http://\S+:\d+", line):
                break
        else:
            pytest.fail("the platform did not start")
        yield found[0], (home / "development-key").read_text().strip()
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)


@pytest.fixture
def loop():
    made = asyncio.new_event_loop()
    yield made
    made.close()


@pytest.fixture(params=["sync", "async"])
def client(request, up, loop):
    url, key = up
    made = client_of(request.param, loop, url, key)
    yield made
    made.close()


@pytest.fixture
def name(request):
    place = re.sub(r"\W", "-", request.node.name)
    return lambda plain: f"{place}/{plain}"


def test_items_are_read_back_as_put(client, name):
    one = Item(id=name("视频"), owner=name("o"), title="Noodles", topics=("food",), duration_s=41.0, created_ms=5)
    assert client.put_item(one) == one == client.item(one.id)
    many = client.put_items([Item(id=name("b")), Item(id=name("c"), duration_s=-1.0)])
    assert (many.accepted, many.rejected[0].index, many.rejected[0].field) == (1, 1, "duration_s")
    assert name("b") in {item.id for item in client.items(n=1_000).items}
    client.delete_item(name("b"))
    with pytest.raises(NotFound) as caught:
        client.item(name("b"))
    assert caught.value.code == "not-found" and caught.value.request_id


def test_people_are_read_back_as_put(client, name):
    one = Person(id=name("ann"), language="zh", age=30, interests=("food",))
    assert client.put_user(one) == one == client.user(one.id)
    assert client.put_users([Person(id=name("bob"))]).accepted == 1
    assert name("bob") in {person.id for person in client.users(n=1_000).users}
    client.delete_user(name("bob"))
    with pytest.raises(NotFound):
        client.user(name("bob"))


def test_what_is_sent_stands_in_the_history_and_once(client, name):
    client.put_items([Item(id=name(f"i{n}"), owner=name("maker"), title=f"film {n}") for n in range(5)])
    event = Event(person=name("p"), outcome="like", item=name("i1"), id=name("e1"), time_ms=1_767_600_000_000)
    assert client.send(event).accepted == 1
    assert client.send(event).duplicates == 1
    said = [Event(person=name("p"), outcome="watch", item=name("i2"), value=7.5), Event(person="", outcome="like")]
    taken = client.send_many(said)
    assert taken.accepted == 1 and [fault.index for fault in taken.rejected] == [1] and len(taken.ids) == 1
    history = client.history(name("p"))
    assert {found.id for found in history} == {name("e1"), *taken.ids} and len(history) == 2
    assert {found.value for found in history} == {1.0, 7.5}


def test_a_page_and_its_record(client, name):
    client.put_items([Item(id=name(f"v{n}"), owner=name(f"o{n}"), title=f"film {n}") for n in range(6)])
    page = client.feed(name("p"), count=4, seed=7, context={"language": "en"}, exclude=[name("v0")])
    assert len(page.places) == 4 and name("v0") not in {place.item for place in page.places}
    record = client.page(page.id)
    assert (record.seed, [place.item for place in record.places]) == (7, [place.item for place in page.places])
    assert isinstance(client.similar(name("v1"), n=3), tuple)


def test_errors_say_field_value_and_what_to_do(client, name):
    with pytest.raises(Invalid) as caught:
        client.send(Event(person=name("p"), outcome="lik", item="v"))
    assert (caught.value.field, caught.value.value) == ("outcome", "lik") and "like" in caught.value.hint


def test_how_it_is(client):
    assert client.ready().ready
    assert client.status().now_ms > 1_700_000_000_000
    assert {"watch", "like", "follow"} <= {outcome.name for outcome in client.outcomes()}


def test_without_a_key_it_is_refused_and_without_a_server_nobody_answers(up, loop, free_port):
    with client_of("sync", loop, up[0], "wrong") as client, pytest.raises(Unauthorised):
        client.users()
    nowhere = client_of("sync", loop, f"http://127.0.0.1:{free_port}", retry=Retry(tries=2, first_s=0.01))
    with nowhere, pytest.raises(Unreachable):
        nowhere.ready()


def account(client, url, handle):
    """A visit that signed up; the sandbox shows its letters to whoever asks on the same machine."""
    visit = client.visit()
    assert not visit.me().signed_in
    visit.sign_up(
        name="Ann", handle=handle, password="a long pass-phrase", birth_year=1990, email=f"{handle}@example.org"
    )
    letters = httpx.get(f"{url}/outbox").text
    code = re.findall(r"\b\d{6}\b", letters[letters.index(f"{handle}@example.org") :])[0]
    assert visit.confirm(code).handle == handle
    return visit


def test_the_app_as_one_person(client, up, request):
    handle = "ann_" + re.sub(r"\W", "", request.node.callspec.id)
    visit, other = account(client, up[0], handle), account(client, up[0], handle + "_b")
    mine = visit.profile(handle)
    assert mine.id == visit.me().person
    assert other.follow(mine.id).accepted == 1
    assert other.profile(handle).followed and visit.profile(handle).followers == 1
    asset = visit.upload(b"no film at all", "a.mp4")
    video = visit.draft(asset, "Nothing to see", ["quiet"])
    assert (video.asset, video.title, video.state) == (asset, "Nothing to see", "draft")
    assert visit.publish(video.id).state in ("processing", "failed")
    until = time.monotonic() + 60
    while (found := visit.my_video(video.id)).state == "processing" and time.monotonic() < until:
        time.sleep(0.2)
    assert found.state == "failed" and found.cause
    with pytest.raises(NotFound):
        other.comment(video.id, "cannot be seen")
    visit.sign_out()
    assert not visit.me().signed_in
    assert visit.sign_in(handle, "a long pass-phrase").handle == handle
    visit.close()
    other.close()


# ---------------------------------------------------------------- the document


CORE = [
    plans.send_event(Event(person="p", outcome="like", item="i"), lambda: 1),
    plans.send_events([Event(person="p", outcome="like", item="i")], lambda: 1),
    plans.outcomes(),
    plans.put_item(Item(id="i")),
    plans.put_user(Person(id="p")),
    plans.put_many("items", [Item(id="i")]),
    plans.put_many("users", [Person(id="p")]),
    plans.item("i"),
    plans.user("p"),
    plans.delete("items", "i"),
    plans.delete("users", "p"),
    plans.items("", 1),
    plans.users("", 1),
    plans.similar("i", 1),
    plans.history("p", 1),
    plans.feed("p", {"count": 1, "surface": "feed", "context": {}, "exclude": [], "seed": 1, "dials": {}}),
    plans.page_record("g"),
    plans.status(),
    plans.ready(),
]


@pytest.mark.parametrize("plan", CORE, ids=lambda plan: getattr(plan, "path", "many"))
def test_every_route_stands_in_the_document_with_these_fields(plan, up):
    document = httpx.get(f"{up[0]}/openapi.json").json()
    call: Call = next(plan) if isinstance(plan, GeneratorType) else plan
    pattern, said = route_of(document, call)
    operation = said[call.method.lower()]
    names = {parameter["name"] for parameter in operation.get("parameters", ()) if parameter["in"] == "query"}
    assert {name for name, _ in call.query} <= names, pattern
    if call.reads is not plans.Nothing:
        answer = operation["responses"]["200"]["content"]["application/json"]["schema"]
        ours = set(call.reads.__struct_fields__)
        assert ours <= properties(document, answer), (pattern, ours - properties(document, answer))
    if call.body:
        body = msgspec.json.decode(call.body)
        member = body[0] if isinstance(body, list) else body
        schema = operation["requestBody"]["content"]["application/json"]["schema"]
        assert set(member) <= properties(document, schema), pattern


@pytest.mark.parametrize("kind", [Event, Item, Person])
def test_no_field_of_what_is_sent_is_unknown_to_the_server(kind, up):
    schemas = httpx.get(f"{up[0]}/openapi.json").json()["components"]["schemas"]
    assert set(kind.__struct_fields__) == set(schemas[kind.__name__]["properties"])


def route_of(document, call):
    for path, said in document["paths"].items():
        pattern = re.sub(r"\{[^}]+\}", "[^/]+", path)
        if re.fullmatch(pattern, call.path) and call.method.lower() in said:
            return path, said
    raise AssertionError(f"{call.method} {call.path} is not in the document")


def properties(document, schema):
    """Names of fields that a schema allows, through references and choices."""
    if "$ref" in schema:
        return properties(document, document["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]])
    found = set(schema.get("properties", ()))
    for one in (*schema.get("anyOf", ()), *schema.get("oneOf", ())):
        found |= properties(document, one)
    if "items" in schema:
        found |= properties(document, schema["items"])
    return found
