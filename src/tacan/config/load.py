"""Checked settings from a preset or a YAML file and the overrides of the command line."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from tacan.config.contradictions import contradictions
from tacan.config.fault_messages import fault_messages, faulty_settings, unknown_name
from tacan.config.presets import PRESETS
from tacan.config.sections import TrainConfig
from tacan.config.yaml_text import read_yaml
from tacan.errors import ConfigError

__all__ = ["config_yaml", "load_config", "parse_overrides"]

Tree = dict[str, Any]


def load_config(source: str | Path, overrides: Mapping[str, Any] | None = None) -> TrainConfig:
    """The settings of a training: a preset or a YAML file, with `overrides` laid over it.

    All faults are reported at once: unknown names (with the nearest known one), values out of
    range, contradictions.

    Parameters
    ----------
    source
        `demo`, `paper` or `strong`; or a YAML file, which may name the preset it starts from with
        `preset: NAME`.
    overrides
        Values by their dotted names, as numbers or as text.

    Returns
    -------
    The settings in sections, such as `config.run.seed`; each field's docstring gives its unit.

    Raises
    ------
    ConfigError
        With all faults.

    >>> load_config("demo", {"run.iterations": 50, "optimiser.warmup": 5}).run.iterations
    50
    """
    tree, faults = _read(source)
    for name, value in (overrides or {}).items():
        fault = _lay(tree, name.split("."), value)
        faults += [fault] if fault else []
    config, more = _check(tree)
    if faults or more:
        raise ConfigError([*faults, *more], source=f"configuration {str(source)!r}")
    return config


def parse_overrides(words: list[str] | tuple[str, ...]) -> dict[str, str | None]:
    """`["--run.seed", "3", "--model.neck=true"]` -> `{"run.seed": "3", "model.neck": "true"}`.

    Values stay the text that they are, which the settings read: `010` is ten in a number and 010
    in a name. Only `null` is None. Raises `ConfigError` for a word that is no override.
    """
    overrides: dict[str, str | None] = {}
    faults = []
    rest = list(words)
    while rest:
        word = rest.pop(0)
        name, equals, value = word.removeprefix("--").partition("=")
        if not word.startswith("--") or not name:
            faults.append(f"{word!r} is not an override; write --section.setting VALUE")
            continue
        if not equals:
            if not rest or rest[0].startswith("--"):
                faults.append(f"--{name} has no value; write --{name} VALUE")
                continue
            value = rest.pop(0)
        overrides[name.replace("-", "_")] = None if value == "null" else value
    if faults:
        raise ConfigError(faults, source="the command line")
    return overrides


def config_yaml(config: TrainConfig) -> str:
    """`config` as YAML, every setting under its description; `load_config` reads it back."""
    return "\n".join(_lines(config, 0)) + "\n"


def _lines(section: BaseModel, depth: int) -> Iterator[str]:
    indent = "  " * depth
    for name, field in type(section).model_fields.items():
        value = getattr(section, name)
        if isinstance(value, BaseModel):
            yield f"{indent}{name}:"
            yield f"{indent}  # {(type(value).__doc__ or '').strip()}"
            yield from _lines(value, depth + 1)
        else:
            yield f"{indent}# {' '.join((field.description or '').split())}"
            plain = section.model_dump(mode="json")[name]
            yield f"{indent}{name}: {json.dumps(plain, ensure_ascii=False)}"


def _read(source: str | Path) -> tuple[Tree, list[str]]:
    """The tree of settings in preset or file `source`, its preset laid under it."""
    if str(source) in PRESETS:
        return _copy(PRESETS[str(source)]), []
    path, name = Path(source), f"configuration {str(source)!r}"
    try:
        tree = read_yaml(path, source=name) or {}
    except ConfigError as error:
        if not isinstance(error.__cause__, OSError):
            raise
        near = difflib.get_close_matches(str(source), PRESETS, 1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        names, why = ", ".join(PRESETS), error.__cause__
        fault = f"there is no such preset ({names}) or readable file: {why}.{hint}"
        raise ConfigError([fault], source=name) from error
    if not isinstance(tree, dict):
        raise ConfigError(["it must hold sections, such as `data:`"], source=name)
    preset = tree.pop("preset", None)
    if preset is None:
        return tree, []
    if preset not in PRESETS:
        return tree, [unknown_name("preset", str(preset), PRESETS)]
    return _merge(_copy(PRESETS[preset]), tree), []


def _copy(tree: Mapping[str, Any]) -> Tree:
    return {key: _copy(value) if isinstance(value, dict) else value for key, value in tree.items()}


def _merge(under: Tree, over: Mapping[str, Any]) -> Tree:
    for key, value in over.items():
        if isinstance(value, dict) and isinstance(under.get(key), dict):
            _merge(under[key], value)
        else:
            under[key] = value
    return under


def _lay(tree: Tree, path: list[str], value: Any) -> str | None:
    """Puts `value` at `path` in `tree`; returns a fault where a setting stands in the way."""
    for step in path[:-1]:
        child = tree.setdefault(step, {})
        if not isinstance(child, dict):
            return f"{'.'.join(path)}: {step!r} is a setting, not a section"
        tree = child
    tree[path[-1]] = value
    return None


def _check(tree: Tree) -> tuple[TrainConfig, list[str]]:
    """Validates `tree`; what is faulty is left out for the contradictions to be seen as well."""
    faults: list[str] = []
    wrong: list[tuple[str, ...]] = []
    try:
        config = TrainConfig.model_validate(tree)
    except ValidationError as error:
        faults, wrong = fault_messages(error, TrainConfig), faulty_settings(error, TrainConfig)
        rest = _copy(tree)
        for location in wrong:
            _drop(rest, location)
        config = TrainConfig.model_validate(rest)
    for settings, why in contradictions(config):
        if not set(wrong).intersection(settings):
            faults.append(f"{' and '.join('.'.join(name) for name in settings)}: {why}")
    return config, faults


def _drop(tree: Tree, location: tuple[str, ...]) -> None:
    *sections, setting = location
    for section in sections:
        tree = tree[section]
    tree.pop(setting, None)
