from __future__ import annotations

import json
import pickle
import resource
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from tacan.config import ModelConfig
from tacan.errors import CheckpointError, StorageError
from tacan.model import build_model, load_model, save_model

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
