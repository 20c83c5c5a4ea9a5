"""The demo, step by step, as the commands that anyone could type."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

from tacan.demo.settings import METHODS, PEOPLE, PRESET, PROTOCOL, DemoSettings

__all__ = ["commands_by_hand"]


def commands_by_hand(settings: DemoSettings, out: Path) -> tuple[str, ...]:
    """One command for each step that makes or measures something, in the order of the demo."""
    people = out / PEOPLE
    synth = ["tacan", "synth", str(people), *_options(settings.people)]
    train = [
        [
            "tacan",
            "train",
            PRESET,
            *_settings(settings.overrides(method, out)),
            "--out",
            str(out / method.name),
        ]
        for method in METHODS
    ]
    embed = [
        [
            "tacan",
            "embed",
            "--model",
            str(out / method.name),
            "--dataset",
            "mars",
            "--root",
            str(people),
            "--out",
            str(out / f"{method.name}.npz"),
        ]
        for method in METHODS
    ]
    evaluate = [
        ["tacan", "evaluate", str(out / f"{method.name}.npz"), "--protocol", PROTOCOL]
        for method in METHODS
    ]
    return tuple(shlex.join(words) for words in (synth, *train, *embed, *evaluate))


def _settings(values: dict[str, Any]) -> list[str]:
    return [word for name, value in values.items() for word in (f"--{name}", str(value))]


def _options(values: dict[str, Any]) -> list[str]:
    return [
        word
        for name, value in values.items()
        for word in (f"--{name.replace('_', '-')}", str(value))
    ]
