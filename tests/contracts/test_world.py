"""The tables keep one contract in SQLite and in a real PostgreSQL: every test here runs against both.

Round trips of odd ids, the projection of the log given once, twice and in pieces, keys, models, prices and trials.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from walras.base.clock import SetClock
from walras.base.database import Database
from walras.base.errors import Conflict, Corrupt, Invalid, NotFound
from walras.base.ids import ItemId, OwnerId, PersonId
from walras.base.tables import Table
from walras.schema import Batch, Change, EventColumns, Item, ItemGone, ItemPut, Person, PersonGone, PersonPut
from walras.world import SCOPES, Arm, Guard, Layer, Manifest, Step, Trial, World, hashes, write_manifest
from walras.world.tables import HEAD

FEATURES = "features-1"
GUARDS = (Guard("watch_minutes"),)
KINDS = ("sequence", "ranker", "text")
ODD_IDS = (
    "视频/一",
    "🎬🍜",
    "a b",
    "a/b?c=d&e",
    "o'brien",
    '"; DROP TABLE items; --',
    "%_\\",
    "\u00e9",
    "e\u0301",
    "A",
    "a",
    "x" * 256,
)


@pytest.fixture
def world(database_url: str, home: Path, clock: SetClock) -> Iterator[World]:
    world = World(database_url, models_folder=home / "models", clock=clock, features=dict.fromkeys(KINDS, FEATURES))
    world.upgrade()
    yield world
    world.close()


def item(id: str, owner: str = "", **more: object) -> Item:
    return Item(id=ItemId(id), owner=OwnerId(owner), **more)


def person(id: str, **more: object) -> Person:
    return Person(id=PersonId(id), **more)


def batch(position: int, changes: Sequence[Change] = ()) -> Batch:
    none = np.zeros(0, np.int64)
    events = EventColumns(none, none, [], [], [], [], np.zeros(0), [], [], np.zeros(0, np.int32))
    return Batch(position, tuple(changes), events, ())


def content(world: World) -> tuple[object, ...]:
    return (world.items.list(n=5_000), world.people.list(n=5_000), world.position)


# ---------------------------------------------------------------- tables


def test_upgrading_again_does_nothing(world: World) -> None:
    assert world.upgrade() is False


def test_the_migrations_make_exactly_the_tables_of_the_models(world: World, database_url: str) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext
    from alembic.script import ScriptDirectory

    import walras.ledger
    from walras.app.lines import found_lines

    assert walras.ledger.__all__
    # Lines and the rooms below them keep their tables in the same history.
    found_lines()
    database = Database(database_url)
    with database.read() as connection:
        assert compare_metadata(MigrationContext.configure(connection), Table.metadata) == []
    database.close()
    assert ScriptDirectory("src/walras/world/migrations").get_heads() == [HEAD]


def test_a_database_of_a_newer_program_is_refused_and_left_alone(world: World, database_url: str) -> None:
    database = Database(database_url)
    with database.write() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(Conflict, match="another version"):
        world.upgrade()
    with database.read() as connection:
        assert connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar() == "9999"
    database.close()


# ---------------------------------------------------------------- items and people


@pytest.mark.parametrize("id", ODD_IDS)
def test_an_odd_id_comes_back_as_it_was(world: World, id: str) -> None:
    full = item(id, "店主", title="标题 🎉\n", text="a\x00b", topics=("美食", "旅行"), attributes={"键": "值\x00"})
    world.items.put_many([full], 5)
    world.people.put_many([person(id, interests=("音乐",))], 5)
    assert world.items.get(id) == full
    assert world.people.get(id).interests == ("音乐",)
    assert world.items.list().values == (full,)
    assert world.items.delete(id) is True
    assert world.items.delete(id) is False


@pytest.mark.parametrize("id", ["", "a\x00b", "a\nb", "\ud800", "x" * 257])
def test_an_id_that_cannot_be_used_is_refused_and_nothing_is_written(world: World, id: str) -> None:
    with pytest.raises(Invalid, match="id"):
        world.items.put_many([item("good"), item(id)], 5)
    assert world.items.count() == 0
    assert world.items.get_many([id]) == {}
    assert world.items.delete(id) is False
    with pytest.raises(NotFound):
        world.items.get(id)


def test_of_two_values_with_one_id_the_later_stands(world: World) -> None:
    world.items.put_many([item("a", title="first"), item("a", title="second")], 5)
    assert world.items.get("a").title == "second"


def test_lists_go_on_from_the_cursor_in_the_same_order_in_both_databases(world: World) -> None:
    world.items.put_many([item(id) for id in ODD_IDS], 5)
    seen: list[str] = []
    cursor = ""
    while True:
        page = world.items.list(cursor, 3)
        seen += [value.id for value in page.values]
        cursor = page.cursor
        if not cursor:
            break
    assert seen == sorted(ODD_IDS, key=lambda id: id.encode())


@pytest.mark.parametrize("n", [0, -1, 5_001])
def test_a_list_of_impossible_length_is_refused(world: World, n: int) -> None:
    with pytest.raises(Invalid, match="n"):
        world.items.list(n=n)


def test_more_ids_than_one_statement_takes(world: World) -> None:
    world.items.put_many([item(f"i{k}") for k in range(5_001)], 5)
    assert len(world.items.get_many([f"i{k}" for k in range(40_000)])) == 5_001


# ---------------------------------------------------------------- the projection


def test_projecting_twice_changes_nothing(world: World) -> None:
    changes = [ItemPut(item("a", "o"), 5), PersonPut(person("p"), 6), ItemPut(item("b", "o"), 7)]
    world.project(batch(3, changes))
    once = content(world)
    world.project(batch(3, changes))
    assert content(world) == once
    assert (world.owners.get("o").first_ms, world.owners.get("o").newest_ms) == (5, 7)


def test_a_stretch_that_another_process_brought_in_changes_nothing(world: World, database_url: str, home: Path) -> None:
    other = World(database_url, models_folder=home / "models")
    assert other.position == 0
    world.project(batch(1, [ItemPut(item("a", title="old"), 5)]))
    world.project(batch(2, [ItemPut(item("a", title="new"), 6)]))
    other.project(batch(1, [ItemPut(item("a", title="old"), 5)]))
    assert other.items.get("a").title == "new"
    other.close()


def test_of_several_changes_the_last_stands(world: World) -> None:
    changes: list[Change] = [
        ItemPut(item("a"), 1),
        ItemGone(ItemId("a"), 2),
        ItemPut(item("b", title="1"), 3),
        ItemPut(item("b", title="2"), 4),
        PersonPut(person("p"), 5),
        PersonGone(PersonId("p"), 6),
    ]
    world.project(batch(6, changes))
    assert [value.title for value in world.items.list().values] == ["2"]
    assert world.people.count() == 0


def test_an_id_that_cannot_be_stored_does_not_stop_what_is_behind_it(world: World) -> None:
    world.project(batch(2, [ItemPut(item("a\x00b", "o\x00"), 1), ItemPut(item("good", "o\x00", kind="k\x00"), 2)]))
    assert [value.id for value in world.items.list().values] == ["good"]
    assert world.items.get("good").kind == "k\x00"


def test_catching_up_reads_to_the_end_and_a_new_process_goes_on_from_there(
    world: World, database_url: str, home: Path
) -> None:
    log = [batch(1, [ItemPut(item("a"), 1)]), batch(2, [ItemPut(item("b"), 2)]), batch(3)]

    def read(after: int) -> Batch | None:
        return next((stretch for stretch in log if stretch.position > after), None)

    assert world.catch_up(read) == 3
    again = World(database_url, models_folder=home / "models")
    assert again.position == 2  # the third row was only behaviour, and is read again
    assert again.catch_up(read) == 3
    assert again.items.count() == 2
    again.close()


def test_a_long_stretch_of_behaviour_is_remembered(world: World, database_url: str, home: Path) -> None:
    world.project(batch(60_000))
    again = World(database_url, models_folder=home / "models")
    assert again.position == 60_000
    again.close()


CHANGES = st.lists(
    st.one_of(
        st.builds(
            lambda k, o: ItemPut(item(f"i{k}", f"o{o}", title=f"{k}{o}"), o), st.integers(0, 3), st.integers(1, 3)
        ),
        st.builds(lambda k: ItemGone(ItemId(f"i{k}"), 9), st.integers(0, 3)),
        st.builds(lambda k: PersonPut(person(f"p{k}"), 9), st.integers(0, 3)),
        st.builds(lambda k: PersonGone(PersonId(f"p{k}"), 9), st.integers(0, 3)),
    ),
    max_size=12,
)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(changes=CHANGES, cuts=st.sets(st.integers(1, 12)))
def test_however_the_log_is_cut_the_tables_are_the_same(world: World, changes: list[Change], cuts: set[int]) -> None:
    start = world.position
    ends = sorted({cut for cut in cuts if cut < len(changes)} | {len(changes)})
    begin = 0
    for end in ends:
        world.project(batch(start + end, changes[begin:end]))
        begin = end
    wanted: dict[str, str] = {}
    for change in changes:
        if isinstance(change, ItemPut):
            wanted[change.item.id] = change.item.title
        elif isinstance(change, ItemGone):
            wanted.pop(change.id, None)
    found = {value.id: value.title for value in world.items.list().values}
    world.project(batch(world.position + 1, [ItemGone(ItemId(f"i{k}"), 9) for k in range(4)]))
    assert found == wanted


# ---------------------------------------------------------------- keys


def test_a_key_opens_what_its_scopes_say(world: World) -> None:
    key = world.keys.create("my app 应用", ["events:write", "feed:read"], 12.5)
    grant = world.keys.check(key.secret)
    assert grant is not None
    assert (grant.id, grant.name, grant.requests_per_s) == (key.id, "my app 应用", 12.5)
    assert [scope for scope in SCOPES if grant.allows(scope)] == ["events:write", "feed:read"]
    assert world.keys.check(key.secret + "x") is None
    assert world.keys.check("") is None
    assert world.keys.check("\ud800\x00") is None


def test_admin_may_do_everything(world: World) -> None:
    grant = world.keys.check(world.keys.create("boss", ["admin"]).secret)
    assert grant is not None
    assert all(grant.allows(scope) for scope in SCOPES)


def test_a_revoked_key_opens_nothing(world: World, database_url: str, home: Path, clock: SetClock) -> None:
    other = World(database_url, models_folder=home / "models", clock=clock)
    key = world.keys.create("app", ["admin"])
    assert other.keys.check(key.secret) is not None
    world.keys.revoke(key.id)
    assert world.keys.check(key.secret) is None
    clock.instant_ms += 5_000
    assert other.keys.check(key.secret) is None
    assert [grant.revoked_ms > 0 for grant in world.keys.list()] == [True]
    with pytest.raises(NotFound):
        world.keys.revoke("nobody")
    other.close()


@pytest.mark.parametrize(
    ("name", "scopes", "rate", "field"),
    [
        ("", ["admin"], 1.0, "name"),
        ("a\x00", ["admin"], 1.0, "name"),
        ("a", [], 1.0, "scopes"),
        ("a", ["feed:raed"], 1.0, "feed:read"),
        ("a", ["admin"], 0.0, "requests_per_s"),
        ("a", ["admin"], float("nan"), "requests_per_s"),
    ],
)
def test_a_key_that_makes_no_sense_is_refused(
    world: World, name: str, scopes: list[str], rate: float, field: str
) -> None:
    with pytest.raises(Invalid, match=field):
        world.keys.create(name, scopes, rate)
    assert world.keys.list() == []


def test_the_secret_stands_nowhere_in_the_table(world: World, database_url: str) -> None:
    key = world.keys.create("app", ["admin"])
    database = Database(database_url)
    with database.read() as connection:
        row = connection.execute(sa.text("SELECT * FROM api_keys")).one()
    assert key.secret not in str(row)
    database.close()


def test_the_development_key_is_made_once_and_only_its_user_reads_it(world: World, home: Path) -> None:
    secret = world.keys.ensure_development_key(home)
    assert world.keys.ensure_development_key(home) == secret
    assert (home / "development-key").stat().st_mode & 0o777 == 0o600
    (home / "development-key").write_text("of another database\n")
    assert world.keys.ensure_development_key(home) not in (secret, "of another database")


# ---------------------------------------------------------------- models


def bundle(world: World, version: str, kind: str = "sequence", features: str = FEATURES) -> Manifest:
    folder = world.models.path(version)
    folder.mkdir(parents=True)
    (folder / "model.onnx").write_bytes(version.encode())
    manifest = Manifest(
        version=version,
        kind=kind,
        feature_version=features,
        files=hashes(folder),
        metrics={"n": 0.5},
    )
    write_manifest(folder, manifest)
    return manifest


def test_one_model_of_a_kind_serves(world: World) -> None:
    for version, kind in (("s1", "sequence"), ("s2", "sequence"), ("r1", "ranker")):
        world.models.register(bundle(world, version, kind))
        assert world.models.activate(version).state == "active"
    serving = {kind: world.models.active(kind) for kind in ("sequence", "ranker", "text")}
    assert {kind: model and model.version for kind, model in serving.items()} == {
        "sequence": "s2",
        "ranker": "r1",
        "text": None,
    }
    assert {model.version: model.state for model in world.models.list("sequence")} == {"s1": "retired", "s2": "active"}


def test_rolling_back_twice_goes_back_twice(world: World) -> None:
    for version in ("s1", "s2", "s3"):
        world.models.register(bundle(world, version))
        world.models.activate(version)
    assert world.models.roll_back("sequence").version == "s2"
    assert world.models.roll_back("sequence").version == "s1"
    with pytest.raises(NotFound):
        world.models.roll_back("sequence")
    assert world.models.activate("s3").state == "active"
    assert world.models.roll_back("sequence").version == "s1"


def damage(world: World, version: str, how: str) -> None:
    folder = world.models.path(version)
    if how == "content":
        (folder / "model.onnx").write_bytes(b"other")
    elif how == "missing":
        (folder / "model.onnx").unlink()
    elif how == "manifest":
        (folder / "manifest.json").write_text("{")
    else:
        (folder / "manifest.json").write_text((folder / "manifest.json").read_text().replace("0.5", "0.9"))


@pytest.mark.parametrize("how", ["content", "missing", "manifest", "metrics"])
def test_a_broken_model_is_refused_and_the_last_good_one_serves_on(world: World, how: str) -> None:
    for version in ("s1", "s2"):
        world.models.register(bundle(world, version))
    world.models.activate("s1")
    damage(world, "s2", how)
    with pytest.raises(Corrupt, match="s2"):
        world.models.activate("s2")
    serving = world.models.active("sequence")
    assert serving is not None
    assert serving.version == "s1"
    assert world.models.get("s2").state == "refused"
    assert world.models.get("s2").reason
    with pytest.raises(Conflict, match="refused"):
        world.models.activate("s2")


def test_a_model_of_other_features_is_refused(world: World) -> None:
    world.models.register(bundle(world, "s1", features="features-0"))
    with pytest.raises(Corrupt, match="features-0"):
        world.models.activate("s1")


def test_a_model_that_broke_while_it_served_gives_way_to_the_one_before(world: World) -> None:
    for version in ("s1", "s2", "s3"):
        world.models.register(bundle(world, version))
        world.models.activate(version)
    damage(world, "s3", "content")
    damage(world, "s2", "missing")
    whole = world.models.whole("sequence")
    assert whole is not None
    assert whole.version == "s1"
    damage(world, "s1", "content")
    assert world.models.whole("sequence") is None
    assert {model.state for model in world.models.list()} == {"refused"}


def test_registering_again_changes_nothing_and_another_under_the_same_version_is_refused(world: World) -> None:
    manifest = bundle(world, "s1")
    world.models.register(manifest)
    world.models.activate("s1")
    assert world.models.register(manifest).state == "active"
    with pytest.raises(Conflict):
        world.models.register(Manifest(version="s1", kind="ranker", feature_version=FEATURES, files={"a": "b"}))


@pytest.mark.parametrize("version", ["", "../evil", "a/b", ".hidden", "a\x00", "模型"])
def test_a_version_that_could_leave_the_folder_is_refused(world: World, version: str) -> None:
    with pytest.raises(Invalid, match="version"):
        world.models.register(Manifest(version=version, kind="text", feature_version=FEATURES, files={"a": "b"}))
    with pytest.raises(Invalid, match="files"):
        world.models.register(Manifest(version="v", kind="text", feature_version=FEATURES, files={"../a": "b"}))
    with pytest.raises(NotFound):
        world.models.activate(version)


# ---------------------------------------------------------------- prices and trials


def test_each_version_of_the_prices_is_whole_and_begins_when_it_says(world: World) -> None:
    assert world.prices.at(0).version == 0
    world.prices.set({"like": 0.01, "watch": 0.0002}, 100, "first measurement")
    world.prices.set({"like": 0.02}, 200, "trial 7 后")
    assert world.prices.at(99).yuan == {}
    assert world.prices.at(150).yuan == {"like": 0.01, "watch": 0.0002}
    newest = world.prices.at(10**12)
    assert (newest.version, newest.yuan, newest.reason) == (2, {"like": 0.02, "watch": 0.0002}, "trial 7 后")
    assert world.prices.version(1).since_ms == 100
    with pytest.raises(Conflict, match="since_ms"):
        world.prices.set({"like": 0.03}, 150, "in the past")


@pytest.mark.parametrize("yuan", [{}, {"like": float("nan")}, {"like": float("inf")}, {"a\x00": 1.0}])
def test_prices_that_are_no_prices_are_refused(world: World, yuan: dict[str, float]) -> None:
    with pytest.raises(Invalid, match="yuan"):
        world.prices.set(yuan, 1, "")
    assert world.prices.at(10).version == 0


def test_a_trial_goes_from_draft_to_running_to_ended(world: World, clock: SetClock) -> None:
    world.trials.create(Trial(name="按钮", arms=(Arm("a"), Arm("b")), guards=GUARDS))
    assert world.trials.start("按钮").started_ms == clock.now_ms()
    clock.instant_ms += 5
    assert world.trials.list("running")[0].trial.arms == (Arm("a"), Arm("b"))
    assert world.trials.end("按钮").ended_ms == clock.now_ms()
    for refused in (
        lambda: world.trials.start("按钮"),
        lambda: world.trials.create(Trial(name="按钮", arms=(Arm("a"), Arm("b")), guards=GUARDS)),
    ):
        with pytest.raises(Conflict):
            refused()
    with pytest.raises(NotFound):
        world.trials.start("nobody")


@pytest.mark.parametrize(
    "trial",
    [
        Trial(name="", arms=(Arm("a"), Arm("b")), guards=GUARDS),
        Trial(name="t", arms=(Arm("a"),), guards=GUARDS),
        Trial(name="t", arms=(Arm("a"), Arm("a")), guards=GUARDS),
        Trial(name="t", arms=(Arm("a"), Arm("b", 0.0)), guards=GUARDS),
        Trial(name="t", arms=(Arm("a"), Arm("b")), share=0.0, guards=GUARDS),
        Trial(name="t", arms=(Arm("a"), Arm("b")), share=float("nan"), guards=GUARDS),
        Trial(name="t", arms=(Arm("a"), Arm("b"))),
        Trial(name="t", arms=(Arm("a"), Arm("b", 1.0, {"feed.nothing": 1.0})), guards=GUARDS),
        Trial(name="t", arms=(Arm("a"), Arm("b", 1.0, {"feed.explore_share": 2.0})), guards=GUARDS),
        Trial(name="t", arms=(Arm("a"), Arm("b", 1.0, {"feed.explore_share": "much"})), guards=GUARDS),
        Trial(name="t", arms=(Arm("a"), Arm("b", 1.0, {"feed.allocator": "best"})), guards=GUARDS),
        Trial(name="t", arms=(Arm("a"), Arm("b")), guards=GUARDS, layer="nowhere"),
        Trial(name="t", arms=(Arm("a"), Arm("b")), guards=GUARDS, steps=(Step(0.5, 1.0), Step(0.2, 1.0))),
        Trial(name="t", arms=(Arm("a"), Arm("b")), guards=GUARDS, allowed={"p1": "c"}),
        Trial(name="t", arms=(Arm("a"), Arm("b")), guards=GUARDS, design="switchback"),
        Trial(name="t", arms=(Arm("a"), Arm("b")), guards=GUARDS, design="two-sided"),
    ],
)
def test_a_trial_that_cannot_be_read_is_refused(world: World, trial: Trial) -> None:
    with pytest.raises(Invalid):
        world.trials.create(trial)
    assert world.trials.list() == []


def trial(name: str, **more: object) -> Trial:
    arms = (Arm("as before"), Arm("more", 1.0, {"feed.explore_share": 0.1}))
    return Trial(**{"name": name, "arms": arms, "guards": GUARDS, **more})


@pytest.mark.parametrize("sides", [{"design": "two-sided", "side": "item"}, {"design": "budget-split"}])
def test_a_design_that_no_page_draws_is_defined_but_not_started(world: World, sides: dict[str, str]) -> None:
    world.trials.create(trial("two", **sides))
    with pytest.raises(Invalid, match="switchback"):
        world.trials.start("two")
    assert world.trials.get("two").state == "draft"


def test_trials_of_an_exclusive_layer_have_ranges_that_do_not_overlap(world: World) -> None:
    world.trials.put_layer(Layer(name="page", holdout=0.1))
    first = world.trials.create(trial("one", layer="page", share=0.4)).trial
    second = world.trials.create(trial("two", layer="page", share=0.5)).trial
    assert (first.begin, second.begin) == (pytest.approx(0.1), pytest.approx(0.5))
    with pytest.raises(Conflict, match="widest gap is 0"):
        world.trials.create(trial("three", layer="page", share=0.1))
    world.trials.end("one")
    with pytest.raises(Conflict, match="overlaps 'two'"):
        world.trials.create(trial("three", layer="page", share=0.2, begin=0.4))
    with pytest.raises(Conflict, match="holdout"):
        world.trials.create(trial("three", layer="page", share=0.2, begin=0.05))
    assert world.trials.create(trial("three", layer="page", share=0.2)).trial.begin == pytest.approx(0.1)
    world.trials.start("two")
    world.trials.start("three")
    with pytest.raises(Conflict, match="not over"):
        world.trials.put_layer(Layer(name="page", holdout=0.2))
    with pytest.raises(Invalid, match="unit"):
        world.trials.create(trial("four", layer="page", unit="item"))


def test_two_running_trials_cannot_set_one_parameter_for_the_same_people(world: World) -> None:
    world.trials.create(trial("one"))
    world.trials.create(trial("two"))
    world.trials.start("one")
    with pytest.raises(Conflict, match=r"feed.explore_share.*exclusive layer"):
        world.trials.start("two")
    world.trials.roll_back("one", "people left")
    assert (world.trials.get("one").reason, world.trials.start("two").state) == ("people left", "running")


def test_a_trial_is_changed_as_draft_and_never_while_it_runs(world: World) -> None:
    world.trials.create(trial("one"))
    assert world.trials.change(trial("one", share=0.5)).trial.share == 0.5
    world.trials.start("one")
    with pytest.raises(Conflict, match="running cannot be changed"):
        world.trials.change(trial("one", share=0.9))
    assert world.trials.get("one").trial.share == 0.5
    world.trials.launch("one", "more")
    with pytest.raises(Conflict, match="launched cannot become running"):
        world.trials.start("one")
    with pytest.raises(Invalid, match="arm"):
        world.trials.launch("one", "most")


def test_a_staged_trial_grows_by_its_steps_and_a_step_taken_twice_counts_once(world: World, clock: SetClock) -> None:
    world.trials.create(trial("one", share=0.5, steps=(Step(0.01, 1.0), Step(0.1, 24.0))))
    assert world.trials.start("one").share == 0.01
    clock.instant_ms += 1_000
    stepped = world.trials.step_on("one", 1)
    clock.instant_ms += 1_000
    assert world.trials.step_on("one", 1) == stepped
    assert (stepped.share, world.trials.step_on("one", 2).share) == (0.1, 0.5)
    with pytest.raises(Conflict, match="no such step"):
        world.trials.step_on("one", 3)


def test_an_inner_test_needs_names_and_takes_nobody_else(world: World) -> None:
    world.trials.create(trial("one"))
    with pytest.raises(Invalid, match="allow-list"):
        world.trials.open_inside("one")
    world.trials.change(trial("one", allowed={"p1": "more"}))
    world.trials.open_inside("one")
    (live,) = world.trials.live()
    assert [live.arm(f"p{n}", 7) for n in range(50)] == [None, "more", *[None] * 48]


def test_a_measured_worth_keeps_its_interval_until_somebody_sets_it_by_hand(world: World) -> None:
    world.prices.set({"like": 0.02, "watch": 0.001}, 5, "five experiments", {"like": (0.01, 0.03)})
    assert world.prices.at(5).interval_yuan == {"like": (0.01, 0.03)}
    assert world.prices.set({"like": 0.05}, 6, "by hand").interval_yuan == {}
    with pytest.raises(Invalid, match="interval"):
        world.prices.set({"like": 0.05}, 7, "", {"like": (0.06, 0.07)})
    assert [worth.version for worth in world.prices.versions()] == [2, 1]
