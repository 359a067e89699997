"""A video's life: only the moves of the table happen, each is written down, and the log hears of what is shown."""

import contextlib
from pathlib import Path
from tempfile import mkdtemp

import msgspec
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule

from tests.lines.video.parlour import SAFE, Parlour, open_parlour
from walras.base.errors import Conflict, Forbidden, Invalid, NotFound, Refused
from walras.base.ids import PersonId
from walras.events import MemoryLog
from walras.lines.video.entities import MOVES, SHOWN, Video, moved, with_asset
from walras.lines.video.wishes import Wish
from walras.studio import Asset, Fault, Making

STATES = ("draft", "processing", "review", "scheduled", "published", "limited", "removed", "failed")


@pytest.mark.parametrize("before", STATES)
@pytest.mark.parametrize("after", STATES)
@pytest.mark.parametrize("actor", ["maker", "studio", "reviewer", "clock"])
def test_only_the_moves_of_the_table_happen(before: str, after: str, actor: str) -> None:
    video = Video(id="v", maker="ann", asset="a", state=before)  # type: ignore[arg-type]
    allowed = MOVES.get((before, after))  # type: ignore[call-overload]
    if allowed is None:
        with pytest.raises(Conflict):
            moved(video, after, actor, 7)  # type: ignore[arg-type]
    elif actor not in allowed:
        with pytest.raises(Forbidden):
            moved(video, after, actor, 7)  # type: ignore[arg-type]
    else:
        assert moved(video, after, actor, 7).state == after  # type: ignore[arg-type]


def test_nothing_that_was_not_reviewed_is_ever_shown() -> None:
    assert {before for before, after in MOVES if after in SHOWN} <= {
        "review",
        "scheduled",
        "published",
        "limited",
        "removed",
    }
    assert {before for before, after in MOVES if after == "scheduled"} == {"review"}


class Life(RuleBasedStateMachine):
    """Makers, the studio, reviewers and the clock do what they please; a plain model says what must stand."""

    videos: Bundle[str] = Bundle("videos")

    def __init__(self) -> None:
        super().__init__()
        folder = Path(mkdtemp())
        self.opened = open_parlour(folder, f"sqlite:///{folder}/w.sqlite", MemoryLog())
        self.parlour = self.opened.__enter__()
        self.ann, self.eve = self.parlour.person("ann"), self.parlour.person("eve")
        self.steps: dict[str, list[str]] = {}

    def teardown(self) -> None:
        self.opened.__exit__(None, None, None)

    def put(self, asset: Asset) -> None:
        from walras.studio import shelf

        with self.parlour.house.studio.database.write() as connection:
            shelf.put(connection, asset)
        self.parlour.trade.publishing.follow_assets()

    def attempt(self, id: str, do: object) -> None:
        self.parlour.clock.instant_ms += 1_000
        with contextlib.suppress(Refused):
            do()  # type: ignore[operator]
        self.look(id)

    def look(self, id: str) -> None:
        video = self.parlour.trade.videos.get(id)
        if self.steps[id][-1] != video.state:
            self.steps[id].append(video.state)

    @rule(target=videos)
    def begin(self) -> str:
        asset = self.parlour.asset(self.ann)
        self.put(msgspec.structs.replace(asset, state="making", progress=0.5))
        video = self.parlour.trade.publishing.begin(self.ann, asset.id)
        self.steps[video.id] = [video.state]
        return video.id

    @rule(id=videos)
    def publish(self, id: str) -> None:
        self.attempt(id, lambda: self.parlour.trade.publishing.publish(self.ann, id))

    @rule(id=videos, kind=st.sampled_from(["ready", "failed", "making", "unsafe"]))
    def the_studio_goes_on(self, id: str, kind: str) -> None:
        asset = self.parlour.house.studio.asset(self.parlour.trade.videos.get(id).asset)
        unsafe = msgspec.structs.replace(SAFE, safety={"nsfw": 0.9})
        fault = Fault(code="cut-off", text="fault.cut-off", fix="fault.cut-off.fix") if kind == "failed" else None
        state = "ready" if kind == "unsafe" else kind
        changed = msgspec.structs.replace(
            asset,
            models={"safety": "test 1"},
            state=state,
            fault=fault,
            understood=unsafe if kind == "unsafe" else SAFE,  # type: ignore[arg-type]
        )
        self.attempt(id, lambda: self.put(changed))

    @rule(id=videos, verdict=st.sampled_from(["pass", "adult", "limit", "remove", "hold"]))
    def a_reviewer_decides(self, id: str, verdict: str) -> None:
        self.attempt(id, lambda: self.parlour.trade.publishing.decide(id, verdict, "because", "rita"))

    @rule(id=videos, ahead_s=st.integers(0, 100))
    def schedule(self, id: str, ahead_s: int) -> None:
        at_ms = self.parlour.clock.instant_ms + ahead_s * 1000
        self.attempt(id, lambda: self.parlour.trade.publishing.edit(self.ann, id, Wish(publish_at_ms=at_ms)))

    @rule(id=videos)
    def take_back(self, id: str) -> None:
        self.attempt(id, lambda: self.parlour.trade.publishing.take_back(self.ann, id))

    @rule(id=videos)
    def remove(self, id: str) -> None:
        self.attempt(id, lambda: self.parlour.trade.publishing.remove(self.ann, id))

    @rule(id=videos)
    def somebody_else_tries(self, id: str) -> None:
        before = self.parlour.trade.videos.get(id)
        for do in (self.parlour.trade.publishing.publish, self.parlour.trade.publishing.remove):
            with pytest.raises(NotFound):
                do(self.eve, id)
        assert self.parlour.trade.videos.get(id) == before

    @rule()
    def the_clock_goes_on(self) -> None:
        self.parlour.clock.instant_ms += 40_000
        self.parlour.trade.publishing.release_due()
        for id in self.steps:
            self.look(id)

    @invariant()
    def what_is_shown_is_an_item_and_what_is_not_is_none(self) -> None:
        for id in self.steps:
            video = self.parlour.trade.videos.get(id)
            item = self.parlour.house.world.items.get_many([id]).get(id)
            if video.state in SHOWN:
                assert item is not None and item.state == ("limited" if video.state == "limited" else "live")
            else:
                assert item is None or item.state in ("hidden", "removed")
            assert video.state != "failed" or (video.cause and video.fix)

    @invariant()
    def every_move_is_written_down_and_allowed(self) -> None:
        for id, states in self.steps.items():
            steps = self.parlour.trade.videos.steps(id)
            assert [step.before for step in steps[1:]] == [step.after for step in steps[:-1]]
            assert all(step.actor in MOVES[step.before, step.after] for step in steps[1:])  # type: ignore[index]
            assert steps[-1].after == states[-1]


Life.TestCase.settings = settings(max_examples=12, stateful_step_count=20, deadline=None)
TestLife = Life.TestCase


# ---------------------------------------------------------------- one by one


def test_a_draft_is_made_once_of_one_upload(parlour: Parlour) -> None:
    ann = parlour.person("ann")
    asset = parlour.asset(ann)
    one, two = (parlour.trade.publishing.begin(ann, asset.id) for _ in range(2))
    assert one == two
    with pytest.raises(NotFound):
        parlour.trade.publishing.begin(parlour.person("eve"), asset.id)


def test_what_fails_says_why_and_what_to_do(parlour: Parlour) -> None:
    ann = parlour.person("ann")
    asset = parlour.asset(ann)
    video = parlour.trade.publishing.begin(ann, asset.id)
    fault = Fault(code="cut-off", text="fault.cut-off", fix="fault.cut-off.fix")
    failed = with_asset(video, msgspec.structs.replace(asset, state="failed", fault=fault), 5)
    assert (failed.state, failed.cause, failed.fix) == ("failed", "fault.cut-off", "fault.cut-off.fix")


@pytest.mark.parametrize(
    ("understood", "cause"),
    [
        (SAFE, "review.by-measure"),
        (msgspec.structs.replace(SAFE, safety={}), "review.by-measure"),
        (msgspec.structs.replace(SAFE, safety={"face_female": 0.9, "belly_covered": 0.8}), "review.by-measure"),
        (msgspec.structs.replace(SAFE, safety={"violence": 0.9}), "review.safety"),
        (msgspec.structs.replace(SAFE, safety={"female_breast_exposed": 0.8}), "review.safety"),
        (msgspec.structs.replace(SAFE, missing={"safety": "broke"}), "review.unseen"),
        (msgspec.structs.replace(SAFE, missing={"everything": "no pictures"}), "review.unseen"),
    ],
)
def test_only_what_was_looked_at_passes_by_itself(parlour: Parlour, understood: object, cause: str) -> None:
    ann = parlour.person("ann")
    asset = parlour.asset(ann, understood)  # type: ignore[arg-type]
    id = parlour.trade.publishing.begin(ann, asset.id).id
    video = parlour.trade.publishing.publish(ann, id)
    assert video.cause == cause
    assert video.state == ("published" if cause == "review.by-measure" else "review")
    assert [waiting.id for waiting in parlour.trade.publishing.queue()[0]] == (
        [] if video.state == "published" else [id]
    )


def test_a_verdict_reaches_pages_log_and_maker(parlour: Parlour) -> None:
    ann, bob = parlour.person("ann"), parlour.person("bob")
    video = parlour.video(ann)
    parlour.trade.publishing.decide(video.id, "remove", "stolen", "rita")
    assert parlour.house.world.items.get(video.id).state == "removed"
    with pytest.raises(NotFound):
        parlour.trade.cards.one(bob, video.id)
    notice = parlour.trade.inbox.of(ann)[0][0]
    assert (notice.kind, notice.values["state"], notice.values["reason"]) == ("review", "removed", "stolen")
    parlour.trade.publishing.decide(video.id, "pass", "", "rita")
    assert parlour.trade.cards.one(bob, video.id).state == "published"
    with pytest.raises(Invalid):
        parlour.trade.publishing.decide(video.id, "remove", " ", "rita")


def test_a_video_that_a_death_left_untold_is_told_later(parlour: Parlour) -> None:
    ann = parlour.person("ann")
    video = parlour.video(ann)
    parlour.trade.videos.change(video.id, lambda old: msgspec.structs.replace(old, title="New"), who=ann, actor="maker")
    assert parlour.house.world.items.get(video.id).title == "A day"
    assert parlour.trade.publishing.tell_untold() == 1
    assert parlour.house.world.items.get(video.id).title == "New"
    assert parlour.trade.publishing.tell_untold() == 0


@pytest.mark.parametrize(
    "wish",
    [
        Wish(title="x" * 201),
        Wish(topics=tuple(str(n) for n in range(9))),
        Wish(topics=("a\x00b",)),
        Wish(cut=(5.0, 3.0)),
        Wish(publish_at_ms=-1),
        Wish(cover_s=-4.0),
        Wish(cover_s=99_999.0),
        Wish(music="nobody"),
        Wish(music="../.."),
    ],
)
def test_a_wrong_wish_is_refused_and_changes_nothing(parlour: Parlour, wish: Wish) -> None:
    ann = parlour.person("ann")
    id = parlour.trade.publishing.begin(ann, parlour.asset(ann).id).id
    with pytest.raises(Invalid):
        parlour.trade.publishing.edit(ann, id, wish)
    assert parlour.trade.videos.get(id).title == ""


def test_a_sound_is_taken_only_where_everybody_may_see_it(parlour: Parlour) -> None:
    ann, eve = parlour.person("ann"), parlour.person("eve")
    open_, own = parlour.video(eve, title="Strings"), parlour.asset(ann)
    closed = parlour.video(eve, audience="me")
    source = parlour.house.studio.folder / own.id / "source"
    source.parent.mkdir(parents=True, exist_ok=True)
    source.write_bytes(b"film")
    draft = parlour.trade.publishing.begin(ann, own.id)
    edit = parlour.trade.publishing.edit
    for hidden in (closed.id, closed.asset, parlour.asset(eve).id):
        with pytest.raises(Invalid, match="music"):
            edit(ann, draft.id, Wish(music=hidden))
    assert edit(ann, draft.id, Wish(music=open_.id)).music == open_.asset
    card = parlour.trade.cards.of_own(ann, [parlour.trade.videos.get(draft.id)])[0]
    assert card.music == {"title": "Strings", "video": open_.id}
    assert edit(ann, draft.id, Wish(music="")).music == ""


@pytest.mark.parametrize("wish", [Wish(title="Sea", cut=(1.0, 5.0)), Wish(title="Sea", cover_s=3.0)])
def test_media_that_cannot_be_made_anew_leave_the_video_as_it_was(parlour: Parlour, wish: Wish) -> None:
    ann = parlour.person("ann")
    draft = parlour.trade.publishing.begin(ann, parlour.asset(ann).id)
    with pytest.raises(Conflict, match="no whole file"):
        parlour.trade.publishing.edit(ann, draft.id, wish)
    assert parlour.trade.videos.get(draft.id) == draft
    assert parlour.trade.publishing.edit(ann, draft.id, Wish(title="Sea")).title == "Sea"


def test_marks_that_turn_a_text_round_are_taken_out(parlour: Parlour) -> None:
    ann = parlour.person("ann")
    draft = parlour.trade.publishing.begin(ann, parlour.asset(ann).id)
    said = parlour.trade.publishing.edit(ann, draft.id, Wish(title="\u202eabc\x00", caption="مرحبا 👋🏽 <b>"))
    assert (said.title, said.caption) == ("abc", "مرحبا 👋🏽 <b>")


@pytest.mark.parametrize(
    ("audience", "stranger", "follower", "friend", "item"),
    [
        ("everyone", True, True, True, "live"),
        ("followers", False, True, True, "limited"),
        ("mutuals", False, False, True, "hidden"),
        ("me", False, False, False, "hidden"),
    ],
)
def test_each_circle_sees_what_is_for_it(
    parlour: Parlour, audience: str, stranger: bool, follower: bool, friend: bool, item: str
) -> None:
    ann, bob, eve = parlour.person("ann"), parlour.person("bob"), parlour.person("eve")
    parlour.follow((bob, ann), (eve, ann), (ann, eve))
    video = parlour.video(ann, audience=audience)
    assert parlour.house.world.items.get(video.id).state == item

    def sees(person: PersonId) -> bool:
        try:
            return parlour.trade.cards.one(person, video.id).id == video.id
        except Refused:
            return False

    assert [sees(PersonId("nobody")), sees(bob), sees(eve), sees(ann)] == [stranger, follower, friend, True]
    assert len(parlour.trade.cards.of(bob, [video])) == follower


def test_a_whole_video_is_shown_as_soon_as_it_plays_and_a_cut_one_when_it_is_made(parlour: Parlour) -> None:
    ann = parlour.person("ann")
    making = msgspec.structs.replace(parlour.asset(ann), state="making", playable=True)
    video = Video(id="v", maker=ann, asset=making.id, state="processing", wanted=True)  # type: ignore[arg-type]
    assert with_asset(video, making, 5).state == "review"
    recut = msgspec.structs.replace(making, making=Making(start_s=2.0), version=2)
    assert with_asset(video, recut, 5).state == "processing"
    assert with_asset(video, msgspec.structs.replace(recut, state="ready"), 5).state == "review"
    unread = msgspec.structs.replace(making, understood=None)
    assert with_asset(video, unread, 5).state == "processing"
