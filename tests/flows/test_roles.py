"""What an account may do is said and changed from the command line, and written down."""

import json

import pytest
from typer.testing import CliRunner

from walras.app import world_of
from walras.base.errors import Invalid, NotFound
from walras.base.ids import PersonId
from walras.base.settings import Settings
from walras.cli import app
from walras.world import Account


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("WALRAS_HOME", str(tmp_path))
    with world_of(tmp_path, Settings()) as world:
        world.accounts.create(Account(person=PersonId("p1"), handle="mei", name="Mei"), password_hash="")
    return tmp_path


def roles(*arguments: str) -> list[str]:
    result = CliRunner().invoke(app, ["roles", "Mei", *arguments, "--json"], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)["roles"]


def test_roles_are_given_taken_and_written_down(home) -> None:
    assert roles() == ["maker"]
    assert roles("--give", "operator", "--give", "reviewer") == ["maker", "operator", "reviewer"]
    assert roles("--take", "operator") == ["maker", "reviewer"]
    assert roles("--take", "maker") == ["maker", "reviewer"]  # everybody's
    with world_of(home, Settings()) as world:
        deeds = world.audit.read(what="account.roles").deeds
    assert [(deed.what, deed.whom, deed.after) for deed in deeds] == [
        ("account.roles", "p1", "maker reviewer"),
        ("account.roles", "p1", "maker operator reviewer"),
    ]


def test_what_there_is_not_is_refused(home) -> None:
    with world_of(home, Settings()) as world:
        with pytest.raises(Invalid, match="operator"):
            world.accounts.change_roles("mei", ["operater"], [])
        with pytest.raises(NotFound):
            world.accounts.change_roles("nobody", [], [])
        assert world.accounts.get("p1").roles == ("maker",)
