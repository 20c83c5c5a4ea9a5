"""YAML files in which every value is text: the settings decide what is a number."""

from __future__ import annotations

import errno
from pathlib import Path
from typing import Any

import yaml

from tacan.errors import ConfigError

__all__ = ["read_yaml"]

LARGEST_FILE = 4_000_000
MOST_VALUES = 100_000
DEEPEST = 20

_NULL = "tag:yaml.org,2002:null"
_PLAIN = frozenset(f"tag:yaml.org,2002:{kind}" for kind in ("str", "null", "seq", "map"))


class _TextLoader(yaml.SafeLoader):
    """Knows `null` and nothing else: no `on`, no octal numbers, no dates."""

    yaml_implicit_resolvers = {  # noqa: RUF012  # PyYAML's way to say which words are no text
        first: [(tag, words) for tag, words in resolvers if tag == _NULL]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }

    def __init__(self, stream: str) -> None:
        super().__init__(stream)
        self._depth = -1

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        """Refuses what is too deep before it is read: PyYAML takes seconds for 300 levels."""
        if self._depth >= DEEPEST:
            raise _RefusedError(_too_deep(self.peek_event().start_mark))
        self._depth += 1
        node = super().compose_node(parent, index)
        self._depth -= 1
        return node


def read_yaml(path: Path, *, source: str | None = None) -> Any:
    """The content of a YAML file as dicts, lists, text and None.

    `010`, `on`, `1e3`, `2026-11-22` and `12:30:00` are text as they stand there; keys are text as
    well. Only an empty value, `null` and `~` are None.

    Raises `ConfigError`, as a fault of `source` (the file's name when not given), for a file that
    can't be read or is no YAML, and for what no settings need: tags, a key that comes twice, more
    than 4 MB, 100,000 values with all aliases written out, or 20 levels.
    """
    try:
        return _content(path)
    except (OSError, UnicodeError) as error:
        fault = f"it can't be read: {getattr(error, 'strerror', None) or error}"
        raise ConfigError([fault], source=source or str(path)) from error
    except _RefusedError as error:
        fault = str(error)
    except yaml.YAMLError as error:
        fault = f"it is not YAML: {error}"
    raise ConfigError([fault], source=source or str(path))


def _content(path: Path) -> Any:
    if "\0" in str(path):
        raise OSError(errno.EINVAL, "a name that holds NUL")
    if path.stat().st_size > LARGEST_FILE:
        raise _RefusedError(f"it has more than {LARGEST_FILE:,} bytes")
    node = yaml.compose(path.read_text(encoding="utf-8-sig"), Loader=_TextLoader)
    return None if node is None else _Reader().value(node, 0)


class _RefusedError(Exception):
    """YAML that no settings need."""


def _too_deep(mark: yaml.Mark) -> str:
    return f"line {mark.line + 1}: it has more than {DEEPEST} levels"


class _Reader:
    def __init__(self) -> None:
        self._n_values = 0

    def value(self, node: yaml.Node, depth: int) -> Any:
        """Aliases are followed each time anew, so that what they stand for is counted."""
        self._n_values += 1
        line = f"line {node.start_mark.line + 1}"
        if self._n_values > MOST_VALUES:
            raise _RefusedError(f"it has more than {MOST_VALUES:,} values, aliases written out")
        if depth > DEEPEST:
            raise _RefusedError(_too_deep(node.start_mark))
        if node.tag not in _PLAIN:
            raise _RefusedError(f"{line}: tags such as {node.tag!r} have no meaning here")
        if isinstance(node, yaml.SequenceNode):
            return [self.value(part, depth + 1) for part in node.value]
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, depth)
        return None if node.tag == _NULL else node.value

    def _mapping(self, node: yaml.MappingNode, depth: int) -> dict[str, Any]:
        tree: dict[str, Any] = {}
        for key, value in node.value:
            line = f"line {key.start_mark.line + 1}"
            if not isinstance(key, yaml.ScalarNode):
                raise _RefusedError(f"{line}: a key must be a word")
            if key.value in tree:
                raise _RefusedError(f"{line}: {key.value!r} comes a second time")
            tree[key.value] = self.value(value, depth + 1)
        return tree
