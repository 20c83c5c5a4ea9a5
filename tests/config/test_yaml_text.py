"""Any bytes as a file of settings end in settings or in one message, in bounded memory."""

from __future__ import annotations

import tracemalloc
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tacan.config import load_config
from tacan.config.yaml_text import read_yaml
from tacan.errors import ConfigError

BOMB = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]\n" for i in range(1, 10)
)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (BOMB, "aliases written out"),
        ("a: &a [*a]\n", "20 levels"),
        ("a: &a {b: *a}\n", "20 levels"),
        ("[" * 50_000, "levels"),
        ("{a: " * 50_000, "levels"),
        ("- " * 50_000, "levels"),
        ("a: " + "[" * 25 + "]" * 25, "20 levels"),
        ("run: {seed: 1}\nrun: {seed: 2}\n", "a second time"),
        ("run: !!python/object:os.system {}\n", "tags"),
        ("run: !!int abc\n", "tags"),
        ("run: !!binary x\n", "tags"),
        ("? [a]\n: b\n", "a key must be a word"),
        ("a: b\n---\nc: d\n", "not YAML"),
        ("a: \x00", "not YAML"),
        ("x" * 4_000_001, "bytes"),
        ("1: 2\n", "no such setting"),
        ("run: {1: 2}\n", "no such setting"),
        ("run: {seed: [[1]]}\n", "run.seed"),
        ("run: {seed: {a: 1}}\n", "run.seed"),
        (f"{'k' * 100_000}: 1\n", "not YAML"),
        (f"? {'k' * 100_000}\n: 1\n", "no such setting"),
    ],
)
def test_what_no_settings_need_is_refused_in_a_line(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(text)
    tracemalloc.start()
    with pytest.raises(ConfigError) as caught:
        load_config(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert words in str(caught.value)
    assert len(str(caught.value)) < 2000
    assert peak < 200_000_000


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"a: \xc3", b"\x80"])
def test_what_is_not_utf_8(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "config.yaml"
    path.write_bytes(content)
    with pytest.raises(ConfigError):
        load_config(path)


def test_names_that_no_file_can_have(tmp_path: Path) -> None:
    for name in ("a\0b", "x" * 5000, str(tmp_path), "a\udcffb"):
        with pytest.raises(ConfigError):
            load_config(name)


def test_aliases_and_a_mark_of_the_byte_order_are_read(tmp_path: Path) -> None:
    path = tmp_path / "list.yaml"
    path.write_bytes("\ufeffa: &a [1, on, null, '', ~]\nb: *a\n".encode())
    assert read_yaml(path) == {"a": ["1", "on", None, "", None], "b": ["1", "on", None, "", None]}
    path.write_text("")
    assert read_yaml(path) is None


WORDS = ["run", "seed", "model", "mean", "data", "root", "preset", "demo", "null", "010", "1e400"]
WORDS += [*"-[]{}:,&*!|><'\"#%@?~", "&a", "*a", "<<"]


@pytest.mark.fuzz
@settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.one_of(
        st.binary(max_size=200),
        st.lists(st.sampled_from([*WORDS, "\n", "\n  ", "\t"]), max_size=40).map(" ".join),
    )
)
def test_any_content_is_settings_or_a_fault(tmp_path: Path, content: bytes | str) -> None:
    path = tmp_path / "config.yaml"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with suppress(ConfigError):
        load_config(path)
