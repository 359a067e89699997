"""Experiments over HTTP: defined, refused with the reason, moved by whoever may, and each move in the record."""

import httpx
from litestar import Litestar

from tests.doors.stand_in import StandIn
from walras.insight.experiments import read_report, worth_now
from walras.web.consoles import Known

TRIAL = {
    "name": "more newcomers",
    "arms": [{"name": "as before"}, {"name": "more", "sets": {"feed.fresh_share": 0.2}}],
    "guards": [{"metric": "watch_minutes"}],
}


async def test_a_trial_from_draft_to_report(app: Litestar, engine: StandIn, client: httpx.AsyncClient) -> None:
    made = await client.post("/v1/trials", json=TRIAL)
    assert (made.status_code, made.json()["state"]) == (201, "draft")
    at = "/v1/trials/more%20newcomers"
    assert (await client.get(f"{at}/report")).status_code == 404
    changed = await client.put("/v1/trials", json={**TRIAL, "share": 0.5})
    assert changed.json()["trial"]["share"] == 0.5
    assert (await client.post(f"{at}/start", json={})).json()["state"] == "running"
    refused = await client.put("/v1/trials", json=TRIAL)
    assert (refused.status_code, refused.json()["detail"].split(" Found")[0]) == (
        409,
        "name: a trial that is running cannot be changed",
    )

    def report(status: object) -> object:
        folder, now_ms = engine.log.folder, engine.clock.now_ms()
        return read_report(folder, status, now_ms, worth_now(engine.registry, engine.world, now_ms))

    app.state.consoles = Known(trial_report=report)
    found = (await client.get(f"{at}/report")).json()
    assert (found["units"], found["is_sound"]) == ({"as before": 0, "more": 0}, True)
    assert (await client.post(f"{at}/launch", json={"arm": "most"})).status_code == 400
    launched = (await client.post(f"{at}/launch", json={"arm": "more", "reason": "minutes rose"})).json()
    assert (launched["state"], launched["winner"], launched["reason"]) == ("launched", "more", "minutes rose")
    assert (await client.post(f"{at}/begin", json={})).status_code == 404
    deeds = [deed.what for deed in engine.world.audit.read(whom="more newcomers").deeds]
    assert set(deeds) == {"trial.create", "trial.change", "trial.start", "trial.launch"}


async def test_what_is_refused_says_why(client: httpx.AsyncClient) -> None:
    async def detail(**more: object) -> str:
        answer = await client.post("/v1/trials", json={**TRIAL, **more})
        assert answer.status_code in (400, 409)
        return str(answer.json()["detail"])

    assert "has no guard-rail" in await detail(guards=[])
    unknown = [{"name": "a"}, {"name": "b", "sets": {"feed.fresh_sharing": 1}}]
    assert "is no known parameter" in await detail(arms=unknown)
    assert "is no known layer" in await detail(layer="nowhere")
    await client.put("/v1/layers", json={"name": "page"})
    assert (await client.post("/v1/trials", json={**TRIAL, "layer": "page", "share": 0.8})).status_code == 201
    assert "overlaps 'more newcomers'" in await detail(name="other", layer="page", share=0.3, begin=0.5)
    assert [layer["name"] for layer in (await client.get("/v1/layers")).json()["layers"]] == ["page"]


async def test_only_an_admin_defines_and_whoever_reads_status_may_look(
    engine: StandIn, client: httpx.AsyncClient
) -> None:
    reader = engine.world.keys.create("reader", ("status:read",)).secret
    headers = {"authorization": f"Bearer {reader}"}
    assert (await client.post("/v1/trials", json=TRIAL, headers=headers)).status_code == 403
    assert (await client.get("/v1/trials", headers=headers)).json() == {"trials": []}
    parameters = (await client.get("/v1/parameters", headers=headers)).json()["parameters"]
    assert "feed.fresh_share" in {parameter["name"] for parameter in parameters}


async def test_worth_is_set_by_version_with_its_interval(engine: StandIn, client: httpx.AsyncClient) -> None:
    asked = {"yuan": {"like": 0.02}, "reason": "five experiments", "interval_yuan": {"like": [0.01, 0.03]}}
    assert (await client.post("/v1/worths", json=asked)).json()["version"] == 1
    assert (await client.post("/v1/worths", json={**asked, "yuan": {"lick": 1.0}})).status_code == 400
    (worth,) = (await client.get("/v1/worths")).json()["worths"]
    assert worth["interval_yuan"] == {"like": [0.01, 0.03]}
    assert engine.world.prices.at(engine.clock.now_ms()).yuan == {"like": 0.02}
