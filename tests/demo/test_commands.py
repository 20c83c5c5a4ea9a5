import shlex

import pytest

from tacan.cli import build_app
from tacan.config import load_config
from tacan.config.load import parse_overrides
from tacan.demo.commands import commands_by_hand
from tacan.demo.settings import METHODS, DemoSettings
from tacan.synthetic import DatasetSettings


@pytest.fixture
def words(tmp_path):
    settings = DemoSettings(seed=3, iterations=20, train_identities=9, test_identities=8)
    out = tmp_path / "my demo"
    return settings, out, [shlex.split(line) for line in commands_by_hand(settings, out)]


def bound_arguments(words):
    assert words[0] == "tacan"
    _, bound, _ = build_app().parse_args(words[1:], exit_on_error=False, print_error=False)
    return bound.arguments


def test_synth_by_hand_makes_the_demo_s_people(words):
    settings, out, commands = words
    given = bound_arguments(commands[0])
    assert given.pop("out") == out / "people"
    assert given == {"settings": DatasetSettings(**settings.people)}


def test_train_by_hand_has_the_demo_s_settings(words):
    settings, out, commands = words
    for method, command in zip(METHODS, commands[1:3], strict=True):
        given = bound_arguments(command)
        config = load_config(given["config"], parse_overrides(given["overrides"]))
        assert config == settings.training(method, out)
        assert given["out"] == out / method.name


def test_embed_and_evaluate_by_hand_are_commands(words):
    _, out, commands = words
    for method, embed, evaluate in zip(METHODS, commands[3:5], commands[5:], strict=True):
        given = bound_arguments(embed)
        assert given["out"] == bound_arguments(evaluate)["features"] == out / f"{method.name}.npz"
        assert given["root"] == out / "people"
        assert given["model"] == str(out / method.name)
