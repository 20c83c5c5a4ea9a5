"""From a preset or a YAML file, and the overrides of the command line, to checked settings."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError

from tacan.config.contradictions import contradictions
from tacan.config.presets import PRESETS
from tacan.config.sections import TrainConfig
from tacan.errors import ConfigError

__all__ = ["config_yaml", "load_config", "parse_overrides"]

Tree = dict[str, Any]


def load_config(source: str | Path, overrides: Mapping[str, Any] | None = None) -> TrainConfig:
    """The settings of preset or file `source`, with dotted `overrides` laid over them.

    A file may name the preset it starts from with `preset: NAME`. All faults are reported at
    once: unknown names (with the nearest known one), values out of range, contradictions.

    >>> load_config("demo", {"run.iterations": 50, "optimiser.warmup": 5}).run.iterations
    50

    Raises `ConfigError`.
    """
    tree, faults = _read(source)
    for name, value in (overrides or {}).items():
        fault = _lay(tree, name.split("."), value)
        faults += [fault] if fault else []
    config, more = _check(tree)
    if faults or more or config is None:
        raise ConfigError([*faults, *more], source=f"configuration {str(source)!r}")
    return config


def parse_overrides(words: list[str] | tuple[str, ...]) -> dict[str, Any]:
    """`["--run.seed", "3", "--model.neck=true"]` -> `{"run.seed": 3, "model.neck": True}`.

    Values are read as YAML. Raises `ConfigError` for a word that is neither.
    """
    overrides: dict[str, Any] = {}
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
        try:
            overrides[name.replace("-", "_")] = yaml.safe_load(value)
        except yaml.YAMLError:
            overrides[name.replace("-", "_")] = value
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
    path = Path(source)
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        near = difflib.get_close_matches(str(source), PRESETS, 1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        fault = f"there is no such preset ({', '.join(PRESETS)}) or readable file: {error}.{hint}"
        raise ConfigError([fault], source=f"configuration {str(source)!r}") from error
    try:
        tree = yaml.safe_load(text) or {}
    except yaml.YAMLError as error:
        raise ConfigError([f"it is not YAML: {error}"], source=f"configuration {path}") from error
    if not isinstance(tree, dict):
        raise ConfigError(
            ["it must hold sections, such as `data:`"], source=f"configuration {path}"
        )
    preset = tree.pop("preset", None)
    if preset is None:
        return tree, []
    if preset not in PRESETS:
        return tree, [_unknown("preset", str(preset), PRESETS)]
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


def _check(tree: Tree) -> tuple[TrainConfig | None, list[str]]:
    """Validates `tree`; what is faulty is left out for the contradictions to be seen as well."""
    faults: list[str] = []
    wrong: set[tuple[str, ...]] = set()
    try:
        config = TrainConfig.model_validate(tree)
    except ValidationError as error:
        rest = _copy(tree)
        for item in error.errors():
            location = tuple(str(step) for step in item["loc"][:2])
            if location not in wrong:
                wrong.add(location)
                faults.append(_describe(location, item["type"], item["msg"], item["input"]))
                _drop(rest, location)
        config = TrainConfig.model_validate(rest)
    for settings, why in contradictions(config):
        if not wrong.intersection(settings):
            faults.append(f"{' and '.join('.'.join(name) for name in settings)}: {why}")
    return config, faults


def _drop(tree: Tree, location: tuple[str, ...]) -> None:
    *sections, setting = location
    for section in sections:
        tree = tree[section]
    tree.pop(setting, None)


def _describe(location: tuple[str, ...], kind: str, message: str, value: object) -> str:
    name, setting = ".".join(location), location[-1]
    if kind != "extra_forbidden":
        return f"{name}: {message[0].lower()}{message[1:]}; got {value!r}"
    known: list[str] = list(TrainConfig.model_fields)
    if len(location) > 1:
        section = TrainConfig.model_fields[location[0]].annotation
        known = list(getattr(section, "model_fields", {}))
    return _unknown("setting", setting, known, name)


def _unknown(what: str, name: str, known: Mapping[str, Any] | list[str], shown: str = "") -> str:
    near = difflib.get_close_matches(name, list(known), 1)
    hint = f"; did you mean {near[0]!r}?" if near else f"; known are {', '.join(known)}"
    return f"{shown or name}: there is no such {what}{hint}"
