"""The consoles through the real guard: who may open what, whose figures are shown, and that each deed is recorded."""

import csv
import io
from dataclasses import replace

import httpx
import msgspec
import pytest

from tests.lines.video.hall import Hall, hall_of
from tests.lines.video.parlour import Parlour
from walras.base.ids import PersonId
from walras.doors.console.fairness import lorenz
from walras.doors.console.pulse import Pulse
from walras.insight import Cost, FairnessReader
from walras.lines.video.comments import Saying as Said
from walras.lines.video.pages.creating import still_watching
from walras.schema import PageRecord, PageRequest, PlaceRecord
from walras.web.consoles import Saying, table
from walras.web.consoles.saying import instant_of
from walras.web.texts import texts_in
from walras.world import Manifest, hashes, write_manifest

OPERATOR = (
    *("/console", "/console/look", "/console/models", "/console/fair", "/console/deeds", "/console/topics"),
    *("/console/quarter", "/console/quarter/2026-Q1/net_profit"),
)
MAKER = ("/creator", "/creator/videos", "/creator/comments", "/creator/pay")


@pytest.fixture
def hall(parlour: Parlour) -> Hall:
    return hall_of(parlour)


@pytest.fixture
def ana(hall: Hall) -> PersonId:
    return hall.parlour.person("ana", roles=("maker", "operator"))


@pytest.fixture
def bo(hall: Hall) -> PersonId:
    return hall.parlour.person("bo")


async def get(hall: Hall, person: str, path: str) -> httpx.Response:
    async with hall.browser(person) as browser:
        return await browser.get(path)


async def post(hall: Hall, person: str, path: str, **fields: str) -> httpx.Response:
    # Deeds stand in the order of their instants.
    hall.parlour.clock.instant_ms += 1
    async with hall.browser(person) as browser:
        return await browser.post(path, data=fields, headers={"x-requested-with": "deed"})


# ------------------------------------------------------------ who may


@pytest.mark.parametrize("path", [*OPERATOR, "/console/review", *MAKER])
async def test_whoever_is_not_signed_in_is_led_to_sign_in(hall: Hall, path: str) -> None:
    answer = await get(hall, "", path)
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/signin?next=%2Fc")


@pytest.mark.parametrize("path", [*OPERATOR, "/console/review", "/console/deeds.csv"])
async def test_a_maker_opens_no_console_of_operators(hall: Hall, bo: PersonId, path: str) -> None:
    answer = await get(hall, bo, path)
    assert answer.status_code == 403
    assert "text/html" in answer.headers["content-type"]


async def test_a_reviewer_opens_the_queue_and_nothing_else(hall: Hall) -> None:
    rae = hall.parlour.person("rae", roles=("maker", "reviewer"))
    assert (await get(hall, rae, "/console/review")).status_code == 200
    for path in OPERATOR:
        assert (await get(hall, rae, path)).status_code == 403


@pytest.mark.parametrize("path", [*OPERATOR, "/console/review", "/console/new-topic", "/console/now.json"])
async def test_an_operator_opens_everything(hall: Hall, ana: PersonId, path: str) -> None:
    assert (await get(hall, ana, path)).status_code == 200


async def test_this_machine_may_look_and_not_act(hall: Hall, bo: PersonId) -> None:
    waiting = hall.waiting(bo)
    async with hall.browser(host="127.0.0.1") as browser:
        shown = await browser.get("/console")
        done = await browser.post(f"/console/review/{waiting.id}", data={"verdict": "pass"})
    assert shown.status_code == 200
    assert "sign in as an operator" in shown.text
    assert done.status_code == 401
    assert hall.parlour.trade.videos.get(waiting.id).state == "review"


async def test_another_site_makes_nobody_decide(hall: Hall, ana: PersonId, bo: PersonId) -> None:
    waiting = hall.waiting(bo)
    async with hall.browser(ana, own=False) as browser:
        done = await browser.post(f"/console/review/{waiting.id}", data={"verdict": "pass"})
    assert done.status_code == 403
    assert hall.parlour.trade.videos.get(waiting.id).state == "review"


# ------------------------------------------------------------ review


async def test_a_decision_moves_the_video_and_is_recorded(hall: Hall, ana: PersonId, bo: PersonId) -> None:
    waiting = hall.waiting(bo)
    shown = await get(hall, ana, "/console/review")
    assert "Waiting" in shown.text
    assert "SALE" in shown.text
    done = await post(hall, ana, f"/console/review/{waiting.id}", verdict="remove", reason="not yours")
    assert done.status_code == 204
    assert hall.parlour.trade.videos.get(waiting.id).state == "removed"
    deed = hall.engine.world.audit.read(what="video.").deeds[0]
    assert (deed.who, deed.what, deed.whom, deed.before, deed.after) == (
        ana, "video.remove", waiting.id, "review", "removed: not yours",
    )  # fmt: skip


@pytest.mark.parametrize(("fields", "status"), [({"verdict": "remove"}, 400), ({"verdict": "x"}, 400), ({}, 400)])
async def test_a_bad_decision_changes_nothing(
    hall: Hall, ana: PersonId, bo: PersonId, fields: dict[str, str], status: int
) -> None:
    waiting = hall.waiting(bo)
    assert (await post(hall, ana, f"/console/review/{waiting.id}", **fields)).status_code == status
    assert hall.parlour.trade.videos.get(waiting.id).state == "review"
    assert not hall.engine.world.audit.read(what="video.").deeds


async def test_what_was_reported_is_listed(hall: Hall, ana: PersonId, bo: PersonId) -> None:
    video = hall.parlour.video(bo, title="Loud market")
    hall.parlour.say(ana, "report", video.id)
    shown = await get(hall, ana, "/console/review?of=reported")
    assert "Loud market" in shown.text
    assert "1 reports" in shown.text


# ------------------------------------------------------------ topics


async def test_an_event_is_described_and_forgotten(hall: Hall, ana: PersonId, bo: PersonId) -> None:
    video = hall.parlour.video(bo)
    fields = {
        "id": "Spring", "title": "Spring cup", "text": "Cooks <b>compete</b>", "kind": "event",
        "starts": "2026-03-01T18:00", "ends": "2026-03-09T18:00", "at-0": "2026-03-02T10:00", "title-0": "Opening",
        "at-1": "", "title-1": "left out", "pinned": f"http://walras/v/{video.id}?x=1",
    }  # fmt: skip
    done = await post(hall, ana, "/console/topics", **fields)
    assert (done.status_code, done.headers["location"]) == (204, "/console/topics/spring")
    topic = hall.parlour.trade.topics.get("spring")
    assert topic.pinned == (video.id,)
    assert [entry.title for entry in topic.programme] == ["Opening"]
    assert topic.starts_ms == 1_772_388_000_000
    shown = await get(hall, ana, "/console/topics/spring")
    assert "&lt;b&gt;compete" in shown.text
    assert 'value="2026-03-01T18:00"' in shown.text
    await post(hall, ana, "/console/topics/spring/remove")
    assert hall.parlour.trade.topics.described() == []
    assert [deed.what for deed in hall.engine.world.audit.read(what="topic.").deeds] == ["topic.remove", "topic.put"]


@pytest.mark.parametrize(
    "wrong", [{"id": ""}, {"starts": "soon"}, {"ends": "2020-01-01T00:00"}, {"pinned": "nothing"}, {"kind": "x"}]
)
async def test_a_wrong_topic_is_refused_whole(hall: Hall, ana: PersonId, wrong: dict[str, str]) -> None:
    fields = {"id": "spring", "title": "Spring", "starts": "2026-03-01T18:00", **wrong}
    assert (await post(hall, ana, "/console/topics", **fields)).status_code == 400
    assert hall.parlour.trade.topics.described() == []


# ------------------------------------------------------------ look-up, models, deeds


async def test_look_up_finds_by_handle_title_and_id(hall: Hall, ana: PersonId, bo: PersonId) -> None:
    video = hall.parlour.video(bo, title="Hand-pulled noodles")
    for word in ("@bo", "bo", bo):
        assert f"/console/people/{bo}" in (await get(hall, ana, f"/console/look?q={word}")).text
    for word in ("NOODLES", video.id):
        assert f"/console/items/{video.id}" in (await get(hall, ana, f"/console/look?q={word}")).text
    assert "Nothing is known" in (await get(hall, ana, "/console/look?q=%3Cscript%3E")).text
    assert "@bo" in (await get(hall, ana, f"/console/items/{video.id}")).text
    for path in ("/console/people/nobody", "/console/items/nothing", "/console/pages/none"):
        assert (await get(hall, ana, path)).status_code == 404


async def test_a_page_says_why_and_at_what_price(hall: Hall, ana: PersonId, bo: PersonId) -> None:
    video, other = hall.parlour.video(bo, title="Noodles"), hall.parlour.video(bo, title="Snow")
    worth = hall.engine.registry.by_name["like"].worth_yuan
    record = PageRecord(
        id="p-1", person=bo, surface="feed", time_ms=1, position=3, seed=9, count=1, outcome_names=("like",),
        places=(PlaceRecord(video.id, 0.05, (0.25,), "fresh", 0.5, 0),),
        losers=(PlaceRecord(other.id, 0.04, (0.125,), "popular"),),
        dropped={"seen": 4}, proposed={"fresh": 7}, versions={"ranker": "r-12"}, missing=("text",),
    )  # fmt: skip
    hall.engine.log.append([record])
    hall.parlour.say(bo, "watch", video.id, value=5.0, page="p-1", place=0)
    person = await get(hall, ana, f"/console/people/{bo}")
    assert "/console/pages/p-1" in person.text
    shown = (await get(hall, ana, "/console/pages/p-1")).text
    for words in ("Noodles", "Snow", "¥0.0500", "50.0%", f"¥{0.25 * worth:.4f}", "r-12", "replay --page p-1"):
        assert words in shown, words
    rows = list(
        csv.DictReader(io.StringIO((await get(hall, ana, "/console/pages/p-1/places.csv")).text.lstrip("\ufeff")))
    )
    assert [(row["item"], row["place"], row["like"]) for row in rows] == [
        (video.id, "0", "0.25"),
        (other.id, "-1", "0.125"),
    ]


async def test_a_model_is_swapped_and_rolled_back(hall: Hall, ana: PersonId, bo: PersonId) -> None:
    models = hall.engine.world.models
    for version in ("r-1", "r-2"):
        folder = models.path(version)
        folder.mkdir(parents=True)
        (folder / "model.bin").write_bytes(version.encode())
        manifest = Manifest(
            version=version, kind="ranker", feature_version="", files=hashes(folder), metrics={"auc": 0.7}
        )
        write_manifest(folder, manifest)
        models.register(manifest)
    for version in ("r-1", "r-2"):
        assert (await post(hall, bo, f"/console/models/{version}/activate")).status_code == 403
        assert (await post(hall, ana, f"/console/models/{version}/activate")).status_code == 204
    assert "r-2" in (await get(hall, ana, "/console/models")).text
    assert (await post(hall, ana, "/console/kinds/ranker/roll-back")).status_code == 204
    active = models.active("ranker")
    assert active is not None
    assert active.version == "r-1"
    deeds = hall.engine.world.audit.read(what="model.").deeds
    assert [(deed.what, deed.before, deed.after) for deed in deeds] == [
        ("model.roll-back", "r-2", "r-1"), ("model.activate", "r-1", "r-2"), ("model.activate", "", "r-1"),
    ]  # fmt: skip
    assert (await post(hall, ana, "/console/kinds/sequence/roll-back")).status_code == 404


async def test_deeds_are_filtered_and_saved_as_a_table(hall: Hall, ana: PersonId) -> None:
    hall.engine.world.audit.note(ana, "video.remove", "v1", after="=HYPERLINK(1)")
    hall.engine.world.audit.note("key", "model.activate", "m1")
    shown = (await get(hall, ana, "/console/deeds?what=video.")).text
    assert "v1" in shown
    assert "m1" not in shown
    rows = list(csv.reader(io.StringIO((await get(hall, ana, "/console/deeds.csv?who=key")).text.lstrip("\ufeff"))))
    assert [row[2:4] for row in rows] == [["what", "whom"], ["model.activate", "m1"]]
    assert "'=HYPERLINK" in (await get(hall, ana, "/console/deeds.csv")).text


async def test_the_pulse_counts_people_of_now_and_the_minutes_of_today(hall: Hall, ana: PersonId, bo: PersonId) -> None:
    video = hall.parlour.video(bo)
    now_ms = hall.parlour.clock.instant_ms
    hall.parlour.say("g1", "watch", video.id, value=90.0)
    hall.parlour.say("g1", "watch", video.id, value=30.0)
    hall.parlour.say("g2", "like", video.id)
    hall.parlour.say("g3", "like", video.id, time_ms=now_ms - 3_600_000)
    hall.parlour.say("g3", "watch", video.id, time_ms=now_ms - 86_400_000, value=500.0)
    pulse = Pulse(hall.engine.log, hall.engine.clock)
    beat = pulse.beat()
    assert (beat.people_now, beat.watch_minutes_today, beat.is_behind) == (2, 2.0, False)
    hall.parlour.clock.instant_ms += 6 * 60_000
    assert pulse.beat().people_now == 0
    assert (await get(hall, ana, "/console/now.json")).json()["beat"]["watch_minutes_today"] == 2.0


# ------------------------------------------------------------ creator centre


async def test_a_maker_sees_her_own_figures(hall: Hall, ana: PersonId, bo: PersonId) -> None:
    video = hall.parlour.video(bo, title="Noodles")
    page = hall.parlour.pages.make_page(PageRequest(person=PersonId("g1"), count=5)).id
    hall.parlour.say("g1", "exposure", video.id, page=page, place=0)
    hall.parlour.say("g1", "watch", video.id, page=page, place=0, value=9.9)
    hall.parlour.follow(("g1", bo))
    overview = (await get(hall, bo, "/creator")).text
    assert "Noodles" in overview
    assert "first-exposure programme" in overview
    one = (await get(hall, bo, f"/creator/videos/{video.id}")).text
    assert '"values":[1.0,1.0,1.0,1.0,1.0,1.0,1.0,1.0,1.0,1.0,1.0]' in one
    rows = list(csv.DictReader(io.StringIO((await get(hall, bo, "/creator/videos.csv")).text.lstrip("\ufeff"))))
    assert [(row["title"], row["views"], row["exposures"]) for row in rows] == [("Noodles", "1", "1")]


async def test_what_is_somebody_elses_is_not_found(hall: Hall, ana: PersonId, bo: PersonId) -> None:
    video = hall.parlour.video(bo)
    said = hall.parlour.trade.comments.say(ana, video.id, Said(text="How?"))
    assert (await get(hall, ana, f"/creator/videos/{video.id}")).status_code == 404
    assert (await post(hall, ana, f"/creator/comments/{said.id}/answer", text="Mine?")).status_code == 404
    assert "Noodles" not in (await get(hall, ana, "/creator/videos")).text


async def test_an_answered_comment_leaves_the_list(hall: Hall, ana: PersonId, bo: PersonId) -> None:
    video = hall.parlour.video(bo)
    said = hall.parlour.trade.comments.say(ana, video.id, Said(text="<i>Which</i> flour?"))
    assert "&lt;i&gt;Which" in (await get(hall, bo, "/creator/comments")).text
    assert (await post(hall, bo, f"/creator/comments/{said.id}/answer", text="")).status_code == 400
    assert (await post(hall, bo, f"/creator/comments/{said.id}/answer", text="Strong")).status_code == 204
    assert "Everything is answered" in (await get(hall, bo, "/creator/comments")).text


async def test_every_screen_speaks_both_languages(hall: Hall, ana: PersonId) -> None:
    hall.parlour.video(ana, title="Noodles")
    for path in (*OPERATOR, "/console/review", *MAKER):
        shown = await get(hall, ana, f"{path}?lang=zh-CN")
        assert '<html lang="zh-CN"' in shown.text, path
        assert shown.headers["cache-control"] == "no-store"


async def test_an_account_is_active_and_not_chosen(hall: Hall, ana: PersonId) -> None:
    english, chinese = [(await get(hall, ana, f"/console/look?q=ana&lang={tag}")).text for tag in ("en", "zh-CN")]
    assert '<span class="state active">Active</span>' in english
    assert '<span class="state active">正常</span>' in chinese


async def test_what_fairness_costs_is_said_in_the_language_of_who_reads(hall: Hall, ana: PersonId) -> None:
    report = FairnessReader(hall.parlour.house.log.read, hall.parlour.clock.now_ms).report()
    cost = Cost(mean=1.25, low=0.5, high=2.0, people=240)
    for found, english, chinese in (
        (report, "Too little is known: 0 people", "还无法得知：有预留位置的 0 人"),
        (
            msgspec.structs.replace(report, cost_minutes=cost, is_whole=False),
            "costs 1.25 watch minutes a person and day (95 % interval 0.5 to 2",
            "每人每天 1.25 分钟",
        ),
    ):
        hall.app.state.consoles = replace(hall.app.state.consoles, fairness=lambda found=found: found)
        for tag, words in (("en", english), ("zh-CN", chinese)):
            assert words in (await get(hall, ana, f"/console/fair?lang={tag}")).text
            said = (await get(hall, ana, f"/console/fairness?lang={tag}")).json()
            assert words in said["cost_said"]
    assert "仍在读取" in (await get(hall, ana, "/console/fair?lang=zh-CN")).text


# ------------------------------------------------------------ figures


def test_figures_follow_the_language() -> None:
    english, chinese = Saying(texts_in("en"), 10_000_000), Saying(texts_in("zh-CN"), 10_000_000)
    assert english.tally(9_999) == "9,999"
    assert chinese.tally(123_456) == '<span title="123,456">12.3万</span>'
    assert english.percent(0.305, 1) == "30.5%"
    assert english.change(30, 20) == "+50%"
    assert english.change(1, 0) == "–"
    assert english.yuan(0.0123) == "¥0.0123"
    assert "3 minutes ago" in english.ago(10_000_000 - 180_000)
    assert "3分钟前" in chinese.ago(10_000_000 - 180_000)
    assert chinese.day(20_000) == "10月4日"


def test_a_field_of_a_form_is_an_instant_of_its_zone() -> None:
    assert instant_of("2026-11-24T18:00", "Asia/Shanghai", "starts") == instant_of("2026-11-24T10:00", "UTC", "starts")
    assert instant_of("", "UTC", "starts") == 0


def test_shares_and_curves() -> None:
    assert still_watching([0] * 10) == []
    assert still_watching([1, *[0] * 8, 1]) == [1.0, *[0.5] * 10]
    assert lorenz([]) == []
    even = lorenz([5.0] * 20)
    assert even == pytest.approx([n / 20 for n in range(21)])
    assert lorenz([0.0, 0.0, 0.0, 8.0])[-1] == 1.0


def test_no_cell_is_a_formula() -> None:
    assert table("x", ["a"], [["=1+1"], [-3]]).content == "\ufeffa\r\n'=1+1\r\n-3\r\n"
