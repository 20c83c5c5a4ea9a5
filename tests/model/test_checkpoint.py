from __future__ import annotations

import hashlib
import json
import pickle
import resource
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.torch import load_file, save_file

from tacan.config import ModelConfig
from tacan.errors import CheckpointError, StorageError, TacanError
from tacan.model import build_model, encoders, load_model, save_model

CONFIG = ModelConfig(encoder="small", height=32, width=16, embedding_dim=8, attention_channels=4)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    torch.manual_seed(0)
    folder = tmp_path / "modèle 1"
    save_model(folder, build_model(CONFIG), CONFIG, notes={"trained_on": "nothing"})
    return folder


def test_round_trip(tmp_path: Path) -> None:
    model = build_model(CONFIG)
    model(torch.rand(2, 2, 4, 3, 32, 16))  # batch statistics travel as well
    fingerprint = save_model(tmp_path, model, CONFIG, notes={"trained_on": "nothing"})
    loaded = load_model(tmp_path)
    assert loaded.config == CONFIG
    assert loaded.fingerprint == fingerprint
    assert loaded.notes == {"trained_on": "nothing"}
    assert not loaded.model.training
    frames = torch.rand(2, 3, 4, 3, 32, 16)
    expected = model.eval()(frames).tracklet_embedding
    assert torch.equal(loaded.model(frames).tracklet_embedding, expected)


def test_the_fingerprint_tells_weights_and_settings_apart(tmp_path: Path) -> None:
    torch.manual_seed(0)
    model = build_model(CONFIG)
    first = save_model(tmp_path / "a", model, CONFIG)
    assert save_model(tmp_path / "b", model, CONFIG) == first
    assert save_model(tmp_path / "c", model, CONFIG.model_copy(update={"clip_len": 8})) != first
    with torch.no_grad():
        next(model.parameters()).view(-1)[0] += 1e-3
    assert save_model(tmp_path / "d", model, CONFIG) != first


def test_where_the_first_weights_came_from_is_not_kept(tmp_path: Path) -> None:
    config = CONFIG.model_copy(update={"weights": "/home/someone/private.pth"})
    save_model(tmp_path, build_model(CONFIG), config)
    assert "someone" not in (tmp_path / "config.json").read_text()
    assert load_model(tmp_path).config.weights is None


def test_a_pickle_posing_as_a_model_is_refused(folder: Path, tmp_path: Path) -> None:
    trace = tmp_path / "it ran"

    class Exploit:
        def __reduce__(self) -> tuple[object, ...]:
            return Path.touch, (trace,)

    (folder / "model.safetensors").write_bytes(pickle.dumps(Exploit()))
    with pytest.raises(CheckpointError, match="pickle is refused"):
        load_model(folder)
    assert not trace.exists()


def test_weights_of_another_shape_are_refused(folder: Path, tmp_path: Path) -> None:
    other = CONFIG.model_copy(update={"embedding_dim": 16})
    save_model(tmp_path / "other", build_model(other), other)
    (tmp_path / "other" / "model.safetensors").replace(folder / "model.safetensors")
    with pytest.raises(CheckpointError, match=r"embedding\.weight"):
        load_model(folder)


def test_weights_of_another_model_are_refused(folder: Path) -> None:
    state = load_file(folder / "model.safetensors")
    save_file({name: value + 1 for name, value in state.items()}, folder / "model.safetensors")
    with pytest.raises(CheckpointError, match="not of one model"):
        load_model(folder)


@pytest.mark.parametrize("size", [0, 7, 5000])
def test_a_cut_off_weight_file_is_refused(folder: Path, size: int) -> None:
    path = folder / "model.safetensors"
    path.write_bytes(path.read_bytes()[:size])
    with pytest.raises(CheckpointError, match="whole file"):
        load_model(folder)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "no JSON"),
        ("[]", "not all of format"),
        ('{"format": 2, "model": {}, "fingerprint": ""}', "format 1"),
        ('{"format": 1, "model": {"colour": 1}, "fingerprint": ""}', "as TACAN wrote them"),
    ],
)
def test_a_broken_config_is_refused(folder: Path, content: str, message: str) -> None:
    (folder / "config.json").write_text(content)
    with pytest.raises(CheckpointError, match=message):
        load_model(folder)


@pytest.mark.parametrize("weights", ["pretrained", "/some/file.pth"])
def test_opening_reads_the_folder_only(
    folder: Path, weights: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Settings as somebody else may have written them, with a fingerprint that fits."""

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("asked for weights from elsewhere")

    path = folder / "config.json"
    content = json.loads(path.read_text())
    content["model"] |= {"weights": weights, "encoder": "resnet18"}
    config = CONFIG.model_copy(update={"encoder": "resnet18"})
    save_model(folder, build_model(config), config)
    digest = hashlib.sha256(json.dumps(content["model"], sort_keys=True).encode())
    digest.update((folder / "model.safetensors").read_bytes())
    path.write_text(json.dumps(content | {"fingerprint": digest.hexdigest()}))
    monkeypatch.setattr(encoders, "_check_network", refuse)
    monkeypatch.setattr(encoders, "read_weights", refuse)
    assert load_model(folder).config == config


@pytest.mark.parametrize("encoder", ["hf-hub:timm/resnet18", "local-dir:/tmp", "small/../x"])
def test_an_encoder_from_elsewhere_is_refused(folder: Path, encoder: str) -> None:
    path = folder / "config.json"
    content = json.loads(path.read_text())
    content["model"]["encoder"] = encoder
    path.write_text(json.dumps(content))
    with pytest.raises(TacanError, match="must be"):
        load_model(folder)


@pytest.mark.parametrize("name", ["attention_channels", "embedding_dim"])
def test_a_size_that_no_memory_holds_is_refused(folder: Path, name: str) -> None:
    path = folder / "config.json"
    content = json.loads(path.read_text())
    content["model"][name] = 50_000_000
    path.write_text(json.dumps(content))
    with pytest.raises(TacanError, match=rf"{name}: .*less than or equal"):
        load_model(folder)


VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.sampled_from([-1, 0, 2**31, 2**63, 10**12, 10**30]),
    st.floats(),
    st.text(max_size=8),
    st.lists(st.integers(), max_size=3),
    st.dictionaries(st.text(max_size=3), st.integers(), max_size=2),
)


@pytest.mark.fuzz
@given(st.sampled_from(["", *CONFIG.model_dump()]), VALUES)
@settings(max_examples=100, deadline=None)
def test_any_setting_is_a_model_or_an_error_of_ours(name: str, value: object) -> None:
    content = json.loads(_whole()["config.json"])
    if name:
        content["model"][name] = value
    else:
        content |= {"model": value, "notes": value}
    _opens_or_errs({"config.json": json.dumps(content).encode()})


@pytest.mark.fuzz
@given(st.sampled_from(["config.json", "model.safetensors"]), st.data())
@settings(max_examples=100, deadline=None)
def test_any_bytes_are_a_model_or_an_error_of_ours(name: str, chosen: st.DataObject) -> None:
    whole = _whole()[name]
    place = chosen.draw(st.integers(0, min(len(whole), 3000)))
    junk = chosen.draw(st.binary(max_size=20))
    _opens_or_errs({name: whole[:place] + junk + whole[place + len(junk) :]})
    _opens_or_errs({name: junk})


def test_deep_json_is_an_error_of_ours(folder: Path) -> None:
    (folder / "config.json").write_text("[" * 100_000)
    with pytest.raises(CheckpointError, match="no JSON"):
        load_model(folder)


@cache
def _whole() -> dict[str, bytes]:
    with tempfile.TemporaryDirectory() as folder:
        save_model(Path(folder), build_model(CONFIG), CONFIG)
        return {path.name: path.read_bytes() for path in Path(folder).iterdir()}


def _opens_or_errs(changed: dict[str, bytes]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        for name, data in (_whole() | changed).items():
            (Path(folder) / name).write_bytes(data)
        with suppress(TacanError):
            load_model(Path(folder))


@pytest.mark.parametrize("name", ["config.json", "model.safetensors"])
def test_a_missing_file_is_named(folder: Path, name: str) -> None:
    (folder / name).unlink()
    with pytest.raises(CheckpointError, match=name):
        load_model(folder)


@contextmanager
def largest_file(size: int) -> Iterator[None]:
    """The kernel refuses to let any file grow past `size`, as it does when the disk is full."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, handler)


@pytest.mark.parametrize("size", [0, 100, 100_000])
def test_a_full_disk_leaves_the_old_model_whole(folder: Path, size: int) -> None:
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    with largest_file(size), pytest.raises(StorageError, match="untouched"):
        save_model(folder, build_model(CONFIG), CONFIG)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    assert json.loads(before["config.json"])["fingerprint"] == load_model(folder).fingerprint
