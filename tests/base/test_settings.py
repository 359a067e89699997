"""Settings come from file and environment; what is wrong is named with the nearest known name or the limit."""

import pytest

from walras.base import settings
from walras.base.errors import Invalid, nearest, shown


def test_the_environment_wins_over_the_file(tmp_path):
    (tmp_path / "walras.toml").write_text("port = 9000\nseed = 5\n", "utf-8")
    found = settings.load(tmp_path, {"WALRAS_PORT": "9100", "WALRAS_HOME": "elsewhere", "OTHER": "x"})
    assert (found.port, found.seed) == (9100, 5)


@pytest.mark.parametrize("text", ["true", "1"])
def test_truths_are_read_from_text(tmp_path, text):
    assert settings.load(tmp_path, {"WALRAS_LOG_JSON": text}).log_json is True


def test_an_unknown_name_is_refused_with_the_nearest(tmp_path):
    with pytest.raises(Invalid, match="'port'") as caught:
        settings.load(tmp_path, {"WALRAS_PROT": "1"})
    assert caught.value.field == "prot"


@pytest.mark.parametrize("value", ["70000", "-1", "many"])
def test_a_value_out_of_its_limits_is_named(tmp_path, value):
    with pytest.raises(Invalid) as caught:
        settings.load(tmp_path, {"WALRAS_PORT": value})
    assert caught.value.field == "port" and caught.value.value == value


def test_a_broken_file_is_named(tmp_path):
    (tmp_path / "walras.toml").write_text("port = ", "utf-8")
    with pytest.raises(Invalid, match="TOML"):
        settings.load(tmp_path, {})


def test_every_setting_says_what_it_means():
    assert all(meaning for _name, meaning, _default in settings.describe())


def test_values_are_shown_short_and_names_near():
    assert len(shown("x" * 500)) <= 80
    assert nearest("clik", ["click", "like"]) == "Did you mean 'click'?"
    assert "like" in nearest("zzz", ["like"])
