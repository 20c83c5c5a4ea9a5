from __future__ import annotations

import json
import shutil
import signal
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tacan.config import load_config
from tacan.datasets import load_dataset
from tacan.embeddings.extract import embed
from tacan.embeddings.open import open_model
from tacan.errors import ConfigError, StorageError, TrainingError
from tacan.evaluation import evaluate
from tacan.features.features_file import load_features
from tacan.runs.training_folder import resolve_paths
from tacan.splits import SplitChoice, SplitsRecord, run_splits
from tacan.splits.train_each import TrainEach, training_config
from tacan.training import TrainingStopped, train
from tests.training.conftest import TINY_RUN

from .conftest import Watch, interrupt_after

TINY = TINY_RUN | {"run.checkpoint_every": 1, "run.log_every": 1}


@pytest.fixture(scope="module")
def choice(ilids: Path) -> SplitChoice:
    return SplitChoice(dataset="ilids-vid", root=ilids, numbers=(0, 2))


def source(choice: SplitChoice, **changes: object) -> TrainEach:
    return TrainEach(training_config("demo", TINY | changes, choice))


@pytest.fixture(scope="module")
def whole(
    choice: SplitChoice, tmp_path_factory: pytest.TempPathFactory
) -> tuple[SplitsRecord, Watch]:
    """Two splits without an interruption."""
    watch, out = Watch(), tmp_path_factory.mktemp("splits") / "whole é"
    return run_splits(choice, source(choice), out, listeners=watch.listeners), watch


def test_each_split_is_what_it_is_by_hand(
    choice: SplitChoice, whole: tuple[SplitsRecord, Watch], tmp_path: Path
) -> None:
    record, watch = whole
    assert watch.worked == [
        "Train on split 0",
        "Embed split 0",
        "Train on split 2",
        "Embed split 2",
    ]
    assert [split.number for split in record.splits] == [0, 2]
    data = {"data.dataset": "ilids-vid", "data.root": choice.root, "data.split_number": 2}
    train(load_config("demo", TINY | data), tmp_path / "run")
    test = load_dataset("ilids-vid", choice.root, "test", split_number=2)
    features, _ = embed(test, open_model(str(tmp_path / "run")))
    expected = evaluate(features, "two-camera")
    found = record.splits[1].evaluations["two-camera"]
    assert found.mean_ap == expected.mean_ap
    assert found.cmc.tolist() == expected.cmc.tolist()
    kept = load_features(record.folder / "split-02" / "features.npz")
    assert np.array_equal(kept.embeddings, features.embeddings)
    assert record.splits[0].model_fingerprint != record.splits[1].model_fingerprint


def test_finished_splits_are_not_redone(
    choice: SplitChoice, whole: tuple[SplitsRecord, Watch]
) -> None:
    record, _ = whole
    watch = Watch()
    again = run_splits(
        choice, source(choice), record.folder, metric="cosine", listeners=watch.listeners
    )
    assert watch.worked == []
    assert [(stage.number, stage.count) for stage in watch.stages] == [
        (number, 4) for number in (1, 2, 3, 4)
    ]
    assert again.splits[0].evaluations["two-camera"].metric == "cosine"
    # What the results don't depend on may differ, and splits may come one by one.
    free = source(choice, **{"data.workers": 1, "run.checkpoint_every": 2})
    run_splits(replace(choice, numbers=(2,)), free, record.folder)


@pytest.mark.parametrize(
    "at",
    [interrupt_after(2), lambda done: done == 1 and signal.raise_signal(signal.SIGTERM)],
    ids=["in the second iteration", "by SIGTERM"],
)
def test_a_training_that_was_stopped_goes_on(
    choice: SplitChoice, whole: tuple[SplitsRecord, Watch], tmp_path: Path, at
) -> None:
    first = Watch("Train on split 2", at)
    with pytest.raises(KeyboardInterrupt) as caught:
        run_splits(choice, source(choice), tmp_path, listeners=first.listeners)
    if isinstance(caught.value, TrainingStopped):
        assert caught.value.run == tmp_path / "split-02"
    second = Watch()
    record = run_splits(choice, source(choice), tmp_path, listeners=second.listeners)
    assert second.worked == ["Train on split 2", "Embed split 2"]
    assert second.progress["Train on split 2"][0] == (1, 2)
    assert_same_vectors(record, whole[0])


def test_an_embedding_that_was_stopped_goes_on(
    choice: SplitChoice, whole: tuple[SplitsRecord, Watch], tmp_path: Path
) -> None:
    first = Watch("Embed split 0", interrupt_after(4))
    with pytest.raises(KeyboardInterrupt):
        run_splits(choice, source(choice), tmp_path, listeners=first.listeners)
    second = Watch()
    record = run_splits(choice, source(choice), tmp_path, listeners=second.listeners)
    assert second.progress.get("Train on split 0", []) in ([], [(2, 2)]), "no iteration again"
    assert_same_vectors(record, whole[0])


def assert_same_vectors(one: SplitsRecord, other: SplitsRecord) -> None:
    for split in other.splits:
        name = Path(f"split-{split.number:02d}") / "features.npz"
        first, second = (load_features(record.folder / name) for record in (one, other))
        assert np.allclose(first.embeddings, second.embeddings, atol=1e-5)
    assert [split.model_fingerprint for split in one.splits] == [
        split.model_fingerprint for split in other.splits
    ]


def test_other_settings_are_refused(choice: SplitChoice, whole: tuple[SplitsRecord, Watch]) -> None:
    folder = whole[0].folder
    with pytest.raises(StorageError, match=r"run\.seed was 0, now 1"):
        run_splits(choice, source(choice, **{"run.seed": 1}), folder)
    with pytest.raises(StorageError, match=r"run\.iterations was 2, now 3"):
        run_splits(choice, source(choice, **{"run.iterations": 3}), folder)
    from tacan.splits.embed_once import EmbedOnce

    with pytest.raises(StorageError, match="source was 'a training for each split', now 'one"):
        run_splits(choice, EmbedOnce(str(folder / "split-00")), folder)


def test_other_people_are_refused(
    choice: SplitChoice, whole: tuple[SplitsRecord, Watch], tmp_path: Path
) -> None:
    moved = replace(choice, root=tmp_path / "moved")
    shutil.copytree(choice.root, moved.root)
    run_splits(moved, source(moved), whole[0].folder)
    moved.load()[1].test.tracklets[0].path(0).unlink()
    with pytest.raises(StorageError, match="others for split 0"):
        run_splits(moved, source(moved), whole[0].folder)


def test_a_run_says_which_split_it_is(prid: Path, tmp_path: Path) -> None:
    choice = SplitChoice(
        dataset="prid2011", root=prid, numbers=(1,), variant="prid-200", split_seed=4
    )
    run_splits(choice, source(choice), tmp_path)
    data = load_config(tmp_path / "split-01" / "config.yaml").data
    assert (data.dataset, data.split_number) == ("prid2011", 1)
    assert (data.variant, data.split_seed) == ("prid-200", 4)
    pids = load_dataset(
        "prid2011", prid, "train", split_number=1, variant="prid-200", split_seed=4
    ).pids
    notes = json.loads((tmp_path / "split-01" / "model" / "config.json").read_text())["notes"]
    assert notes["n_identities"] == len(pids)
    features = load_features(tmp_path / "split-01" / "features.npz")
    assert not set(pids) & set(features.pids.tolist()), "nobody is trained on and tested with"


def test_settings_of_the_data_are_the_choices(choice: SplitChoice, tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text("preset: demo\ndata: {dataset: mars, root: /nowhere, split_number: 7}\n")
    config = training_config(path, {}, choice)
    assert (config.data.dataset, config.data.root) == ("ilids-vid", choice.root)
    assert config.data.split_number is None
    with pytest.raises(ConfigError, match=r"data\.split_number is what the command"):
        training_config("demo", {"data.split_number": 3}, choice)


def test_where_the_files_lie_is_no_setting_but_a_run_keeps_it_whole(
    ilids: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ilids)
    name = Path("train-test people splits") / "train_test_splits_ilidsvid.mat"
    choice = SplitChoice(dataset="ilids-vid", root=Path(), numbers=(0,), splits_file=name)
    here, there = source(choice), source(replace(choice, root=ilids, splits_file=ilids / name))
    assert here.settings() == there.settings()
    assert "run.seed" in here.settings()
    data = resolve_paths(training_config("demo", TINY, choice)).data
    assert (data.root, data.splits_file) == (ilids, ilids / name)


def test_torchrun_is_refused(choice: SplitChoice, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("TORCHELASTIC_RUN_ID", "1"), ("RANK", "0"), ("WORLD_SIZE", "2")):
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("LOCAL_WORLD_SIZE", "2")
    with pytest.raises(TrainingError, match="2 processes of torchrun"):
        source(choice)
