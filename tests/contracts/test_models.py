"""The registry of models as a machine of states: whatever is done in whatever order, in SQLite and in PostgreSQL,
at most one model of a kind serves, a refused one never comes back, and a roll-back goes to the one that served before.
"""

import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from walras.base.clock import SetClock
from walras.base.errors import Conflict, Corrupt, NotFound
from walras.world import Manifest, World, hashes, write_manifest

KINDS = ("sequence", "ranker")
VERSIONS = ("v0", "v1", "v2", "v3")


class Registry(RuleBasedStateMachine):
    """The registry beside a plain model of it: which state each version has, and who served in which order."""

    url = ""

    @initialize()
    def begin(self) -> None:
        self.home = Path(tempfile.mkdtemp(prefix="walras-models-"))
        self.world = World(
            self.url,
            models_folder=self.home,
            clock=SetClock(1),
            features=dict.fromkeys(("sequence", "ranker", "text"), "f1"),
        )
        self.world.upgrade()
        self.forget_all()
        self.states: dict[str, str] = {}
        self.broken: set[str] = set()
        self.served: dict[str, list[str]] = {kind: [] for kind in KINDS}

    def forget_all(self) -> None:
        from walras.world.tables import ModelRow

        with self.world.database.write() as connection:
            connection.execute(ModelRow.__table__.delete())  # type: ignore[attr-defined]

    def kind_of(self, version: str) -> str:
        return KINDS[VERSIONS.index(version) % 2]

    @rule(version=st.sampled_from(VERSIONS))
    def register(self, version: str) -> None:
        if version in self.states:
            return
        folder = self.home / version
        folder.mkdir()
        (folder / "model.onnx").write_text(version)
        kind = self.kind_of(version)
        manifest = Manifest(version=version, kind=kind, feature_version="f1", files=hashes(folder))  # type: ignore[arg-type]
        write_manifest(folder, manifest)
        self.world.models.register(manifest)
        self.states[version] = "candidate"

    @rule(version=st.sampled_from(VERSIONS))
    def activate(self, version: str) -> None:
        state, kind = self.states.get(version), self.kind_of(version)
        if state is None or state == "refused" or version in self.broken:
            refusal = {None: NotFound, "refused": Conflict}.get(state, Corrupt)
            with pytest.raises(refusal):
                self.world.models.activate(version)
            if state is not None:
                self.refused(version)
            return
        self.world.models.activate(version)
        present = next((v for v, s in self.states.items() if s == "active" and self.kind_of(v) == kind), None)
        if present == version:
            return
        if present is not None:
            self.states[present] = "retired"
        self.states[version] = "active"
        self.served[kind] = [v for v in self.served[kind] if v != version] + [version]

    @rule(version=st.sampled_from(VERSIONS))
    def damage(self, version: str) -> None:
        if version in self.states:
            (self.home / version / "model.onnx").write_text("other")
            self.broken.add(version)

    @rule(kind=st.sampled_from(KINDS))
    def roll_back(self, kind: str) -> None:
        present = self.serving(kind)
        if present is None:
            with pytest.raises(NotFound):
                self.world.models.roll_back(kind)
            return
        wanted = self.whole_before(present)
        if wanted is None:
            with pytest.raises(NotFound):
                self.world.models.roll_back(kind)
            return
        assert self.world.models.roll_back(kind).version == wanted
        self.states[present] = "retired"
        self.served[kind].remove(present)
        self.states[wanted] = "active"

    @precondition(lambda self: self.broken)
    @rule(kind=st.sampled_from(KINDS))
    def start_again(self, kind: str) -> None:
        present = self.serving(kind)
        found = self.world.models.whole(kind)
        if present is None or present not in self.broken:
            assert (found and found.version) == present
            return
        wanted = self.whole_before(present)
        self.refused(present)
        assert (found and found.version) == wanted
        if wanted is not None:
            self.states[wanted] = "active"

    @invariant()
    def the_table_says_the_same(self) -> None:
        if not hasattr(self, "world"):
            return
        found = {model.version: model.state for model in self.world.models.list()}
        assert found == self.states
        for kind in KINDS:
            serving = self.world.models.active(kind)
            assert (serving and serving.version) == self.serving(kind)

    def serving(self, kind: str) -> str | None:
        return next((v for v in VERSIONS if self.states.get(v) == "active" and self.kind_of(v) == kind), None)

    def whole_before(self, present: str) -> str | None:
        """Who served before and is whole; broken ones on the way are refused, as the registry does."""
        order = self.served[self.kind_of(present)]
        for version in reversed(order[: order.index(present)]):
            if version not in self.broken:
                return version
            self.refused(version)
        return None

    def refused(self, version: str) -> None:
        self.states[version] = "refused"
        order = self.served[self.kind_of(version)]
        if version in order:
            order.remove(version)

    def teardown(self) -> None:
        if hasattr(self, "world"):
            self.world.close()
            shutil.rmtree(self.home)


def test_the_registry_is_its_machine_of_states(database_url: str) -> None:
    machine = type("Machine", (Registry,), {"url": database_url})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=25, stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
