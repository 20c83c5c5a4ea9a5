"""The whole way, with a small model of random weights on people of plain colours."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from tacan.adaptation import adapt as adapt_file
from tacan.adaptation import clip_features as features_file
from tacan.adaptation.adapt import FEATURES, AdaptReport, adapt
from tacan.adaptation.judge import ADAPTED, AS_IT_WAS, PLAIN_MEAN
from tacan.config import ModelConfig
from tacan.embeddings.open import open_model
from tacan.errors import ConfigError, EncoderError, StorageError
from tacan.model import build_model, load_model, save_model
from tacan.model.checkpoint import CONFIG_FILE, WEIGHTS_FILE
from tacan.progress import Stage
from tacan.views.adapt_text import adapt_text
from tests.adaptation.crops import write_crops

CONFIG = ModelConfig(encoder="small", height=32, width=16, clip_len=1, metric="cosine")


@pytest.fixture
def model(tmp_path: Path) -> Path:
    torch.manual_seed(0)
    save_model(tmp_path / "model", build_model(CONFIG), CONFIG)
    return tmp_path / "model"


@pytest.fixture
def people(tmp_path: Path) -> Path:
    write_crops(tmp_path / "people", n=20, length=5)
    return tmp_path / "people"


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tacan.adaptation.learn.STEPS", 5)


def decide(monkeypatch: pytest.MonkeyPatch, kept: str) -> None:
    monkeypatch.setattr(adapt_file, "choose", lambda ranks: kept)


def content(folder: Path) -> dict[str, tuple[bytes, int]]:
    return {
        str(path.relative_to(folder)): (path.read_bytes(), path.stat().st_mtime_ns)
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.mark.usefixtures("quick")
def test_an_adapted_model_opens_and_differs_in_the_clip_weight_alone(
    model: Path, people: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    decide(monkeypatch, ADAPTED)
    before = content(people), content(model)
    report = adapt(str(model), people, tmp_path / "out")
    assert (content(people), content(model)) == before
    opened = open_model(tmp_path / "out", device="cpu")
    assert opened.fingerprint == report.fingerprint != load_model(model).fingerprint
    states = [load_model(folder).model.state_dict() for folder in (model, tmp_path / "out")]
    changed = {name for name in states[0] if not torch.equal(states[0][name], states[1][name])}
    assert changed == {"clip_attention.predictor.weight", "clip_attention.predictor.bias"}
    assert not (tmp_path / "out" / FEATURES).exists()
    assert (report.n_tracklets, report.n_clips, report.n_strangers) == (20, 100, 0)


@pytest.mark.usefixtures("quick")
def test_a_model_that_stays_is_the_same_byte_by_byte_and_it_is_said(
    model: Path, people: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    decide(monkeypatch, AS_IT_WAS)
    report = adapt(str(model), people, tmp_path / "out")
    for name in (CONFIG_FILE, WEIGHTS_FILE):
        assert (tmp_path / "out" / name).read_bytes() == (model / name).read_bytes()
    assert report.fingerprint == load_model(model).fingerprint
    shown = adapt_text(report, "out")
    assert "stays as it was" in shown
    assert "new gallery" not in shown


@pytest.mark.usefixtures("quick")
def test_the_plain_mean_gives_every_clip_the_same_weight(
    model: Path, people: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    decide(monkeypatch, PLAIN_MEAN)
    report = adapt(str(model), people, tmp_path / "out")
    clips = torch.randint(0, 256, (6, 1, 3, 32, 16), dtype=torch.uint8)
    _, weights = open_model(tmp_path / "out", device="cpu").embed_clips(clips)
    assert len(set(weights.tolist())) == 1
    assert "every clip counts the same" in adapt_text(report, "out")


@pytest.mark.usefixtures("quick")
def test_the_same_seed_gives_the_same_model_and_another_another(
    model: Path, people: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    decide(monkeypatch, ADAPTED)
    reports = [
        adapt(str(model), people, tmp_path / f"out {n}", seed=seed)
        for n, seed in enumerate((0, 0, 1))
    ]
    assert reports[0] == reports[1]
    assert reports[0].fingerprint != reports[2].fingerprint


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("stopped_at", [(2, 16), (2, 20), (3, 2)])
def test_what_was_interrupted_goes_on_to_the_same_model(
    stopped_at: tuple[int, int],
    model: Path,
    people: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    decide(monkeypatch, ADAPTED)
    whole = adapt(str(model), people, tmp_path / "whole")
    looked = []
    look = features_file._look
    monkeypatch.setattr(
        features_file, "_look", lambda *given, **how: looked.append(given[1]) or look(*given, **how)
    )
    with pytest.raises(KeyboardInterrupt):
        adapt(str(model), people, tmp_path / "out", listener=interrupting(*stopped_at))
    assert not (tmp_path / "out" / CONFIG_FILE).exists()
    assert adapt(str(model), people, tmp_path / "out") == whole
    assert looked == list(range(20))  # each tracklet once
    for name in (CONFIG_FILE, WEIGHTS_FILE):
        one, other = (tmp_path / folder / name for folder in ("whole", "out"))
        assert one.read_bytes() == other.read_bytes()
    assert adapt(str(model), people, tmp_path / "out") == whole  # finished: said again


def interrupting(stage_number: int, at: int):
    class Listener:
        def __init__(self, stage: Stage) -> None:
            self.number = stage.number

        def __enter__(self):
            def progress(done: int, total: int) -> None:
                if (self.number, done) == (stage_number, at):
                    raise KeyboardInterrupt

            return progress

        def __exit__(self, *_: object) -> None:
            return None

    return Listener


@pytest.mark.usefixtures("quick")
def test_a_damaged_part_is_made_again(
    model: Path, people: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    decide(monkeypatch, ADAPTED)
    whole = adapt(str(model), people, tmp_path / "whole")
    with pytest.raises(KeyboardInterrupt):
        adapt(str(model), people, tmp_path / "out", listener=interrupting(3, 1))
    part = tmp_path / "out" / FEATURES / "part-00001.npz"
    part.write_bytes(part.read_bytes()[:100])
    assert adapt(str(model), people, tmp_path / "out") == whole


@pytest.mark.usefixtures("quick")
def test_other_footage_or_options_need_another_folder(
    model: Path, people: Path, tmp_path: Path
) -> None:
    adapt(str(model), people, tmp_path / "out")
    with pytest.raises(StorageError, match="seed was 0, now 1"):
        adapt(str(model), people, tmp_path / "out", seed=1)
    write_crops(people, n=1, first=500)
    with pytest.raises(StorageError, match="footage was"):
        adapt(str(model), people, tmp_path / "out")


def test_a_folder_with_something_else_and_one_within_the_footage_are_refused(
    model: Path, people: Path, tmp_path: Path
) -> None:
    before = content(people), content(model)
    for out in (people, people / "out", people / "walk 000"):
        with pytest.raises(StorageError, match="must not lie in the footage"):
            adapt(str(model), people, out)
    with pytest.raises(StorageError, match="new, empty"):
        adapt(str(model), people, model)
    assert (content(people), content(model)) == before


def test_a_model_without_a_weight_that_learns_is_refused(people: Path, tmp_path: Path) -> None:
    config = CONFIG.model_copy(update={"clip_weight": "none"})
    save_model(tmp_path / "plain", build_model(config), config)
    with pytest.raises(ConfigError, match="clip_weight is none"):
        adapt(str(tmp_path / "plain"), people, tmp_path / "out")
    with pytest.raises(EncoderError, match="one of our own.*--clip-weight"):
        adapt("onnx:osnet.onnx", people, tmp_path / "out")
    with pytest.raises(EncoderError):
        adapt("nothing", people, tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("clip_len", [2, 4])
@pytest.mark.usefixtures("quick")
def test_clips_of_several_frames_are_hidden_as_a_whole(clip_len: int, tmp_path: Path) -> None:
    config = CONFIG.model_copy(update={"clip_len": clip_len, "embedding_dim": 8, "neck": True})
    save_model(tmp_path / "model", build_model(config), config)
    write_crops(tmp_path / "people", n=10, length=15)
    report = adapt(str(tmp_path / "model"), tmp_path / "people", tmp_path / "out")
    assert isinstance(report, AdaptReport)
    assert report.n_clips == 10 * -(-15 // clip_len)
    assert all(np.isfinite([each.natural, each.hidden]).all() for each in report.scores.values())
