from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tacan.datasets import load_dataset
from tacan.embeddings.extract import embed
from tacan.embeddings.open import open_model
from tacan.errors import ConfigError, CropError, DataError, FeaturesError, StorageError
from tacan.evaluation import evaluate
from tacan.features.features_file import load_features
from tacan.splits import SplitChoice, run_splits
from tacan.splits.embed_once import EmbedOnce, all_tracklets, select
from tacan.splits.vector_source import Extraction
from tests.embeddings.test_file_encoders import write_onnx
from tests.embeddings.test_weighted import weights_in

from .conftest import Watch, interrupt_after, save


@pytest.fixture
def choice(ilids: Path) -> SplitChoice:
    return SplitChoice(dataset="ilids-vid", root=ilids, numbers=tuple(range(10)))


def test_each_split_is_what_it_is_by_hand(choice: SplitChoice, model: str, tmp_path: Path) -> None:
    record = run_splits(choice, EmbedOnce(model), tmp_path / "out")
    cosine = run_splits(choice, EmbedOnce(model), tmp_path / "out", metric="cosine")
    embedder = open_model(model)
    for number, split in enumerate(record.splits):
        test = load_dataset("ilids-vid", choice.root, "test", split_number=number)
        features, _ = embed(test, embedder)
        expected, found = evaluate(features, "two-camera"), split.evaluations["two-camera"]
        assert found.average_precision == pytest.approx(expected.average_precision)
        assert found.cmc.tolist() == expected.cmc.tolist()
        assert (expected.n_query, expected.n_gallery) == (4, 4)
        assert split.model_fingerprint == embedder.fingerprint
        by_angle = evaluate(features, "two-camera", metric="cosine").mean_ap
        assert cosine.splits[number].evaluations["two-camera"].mean_ap == pytest.approx(by_angle)
    assert record.summaries["two-camera"].mean != cosine.summaries["two-camera"].mean
    per_split = [split.evaluations["two-camera"].mean_ap for split in record.splits]
    assert len(set(per_split)) > 1
    summary = record.summaries["two-camera"]
    assert summary.mean["mAP"] == pytest.approx(np.mean(per_split), abs=1e-12)
    assert summary.std is not None
    assert summary.std["mAP"] == pytest.approx(np.std(per_split, ddof=1), abs=1e-12)


def test_everyone_is_embedded_once(choice: SplitChoice, model: str, tmp_path: Path) -> None:
    out, first = tmp_path / "out", Watch()
    few = run_splits(
        replace(choice, numbers=(0, 3)), EmbedOnce(model), out, listeners=first.listeners
    )
    assert first.worked == ["Embed everyone"]
    assert not few.is_complete
    n_frames = all_tracklets(choice.load()).n_frames
    assert first.progress["Embed everyone"][-1] == (n_frames, n_frames)
    assert len(load_features(out / "features.npz")) == 16
    # Other splits, another protocol and metric: nothing is embedded again.
    second = Watch()
    record = run_splits(
        choice,
        EmbedOnce(model),
        out,
        protocols=["cross-camera", "two-camera"],
        metric="cosine",
        listeners=second.listeners,
    )
    assert record.is_complete
    assert second.worked == []
    assert second.progress == {}
    assert set(record.summaries) == {"cross-camera", "two-camera"}


def test_a_frozen_encoder_takes_a_clip_weight(choice: SplitChoice, tmp_path: Path) -> None:
    spec = f"onnx:{write_onnx(tmp_path / 'net.onnx')}"
    weigher, out = str(weights_in(tmp_path / "weights")), tmp_path / "out"
    choice = replace(choice, numbers=(3,))
    record = run_splits(choice, EmbedOnce(spec, clip_weight=weigher), out)
    embedder = open_model(spec, clip_weight=weigher)
    assert record.splits[0].model_fingerprint == embedder.fingerprint
    test = load_dataset("ilids-vid", choice.root, "test", split_number=3)
    expected = evaluate(embed(test, embedder)[0], "two-camera").average_precision
    found = record.splits[0].evaluations["two-camera"].average_precision
    assert found == pytest.approx(expected)
    assert load_features(out / "features.npz").meta["clip_weight"] == weigher
    with pytest.raises(StorageError, match="model_fingerprint"):
        run_splits(choice, EmbedOnce(spec), out)


def test_an_interrupted_embedding_goes_on(choice: SplitChoice, model: str, tmp_path: Path) -> None:
    one_by_one = Extraction(batch_frames=2, workers=1)
    broken = Watch("Embed everyone", interrupt_after(30))
    with pytest.raises(KeyboardInterrupt):
        run_splits(
            choice,
            EmbedOnce(model, extraction=one_by_one),
            tmp_path / "out",
            listeners=broken.listeners,
        )
    again = Watch()
    found = run_splits(
        choice,
        EmbedOnce(model, extraction=one_by_one),
        tmp_path / "out",
        listeners=again.listeners,
    )
    assert again.progress["Embed everyone"][0][0] > 0, "it did not begin anew"
    whole = run_splits(choice, EmbedOnce(model, extraction=one_by_one), tmp_path / "whole")
    assert found.summaries["two-camera"].mean == whole.summaries["two-camera"].mean
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "features.npz",
        "splits.json",
    ]


def test_another_model_or_data_set_is_refused(
    choice: SplitChoice, prid: Path, model: str, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    one = replace(choice, numbers=(0,))
    run_splits(one, EmbedOnce(model), out)
    shutil.copytree(model, tmp_path / "moved")
    run_splits(one, EmbedOnce(str(tmp_path / "moved")), out)
    with pytest.raises(StorageError, match="model_fingerprint was"):
        run_splits(one, EmbedOnce(save(tmp_path / "other", seed=1)), out)
    with pytest.raises(StorageError, match="strict was False, now True"):
        run_splits(one, EmbedOnce(model, extraction=Extraction(strict=True)), out)
    other = SplitChoice(dataset="prid2011", root=prid, numbers=(0,))
    with pytest.raises(StorageError, match="dataset was 'ilids-vid', now 'prid2011'"):
        run_splits(other, EmbedOnce(model), out)


def test_both_variants_of_prid(prid: Path, model: str, tmp_path: Path) -> None:
    source = EmbedOnce(model)
    choice = SplitChoice(dataset="prid2011", root=prid, numbers=(0, 1))
    record = run_splits(choice, source, tmp_path / "178")
    test = load_dataset("prid2011", prid, "test", split_number=1)
    features = load_features(tmp_path / "178" / "features.npz")
    expected = evaluate(select(features, test), "two-camera")
    assert record.splits[1].evaluations["two-camera"].mean_ap == expected.mean_ap
    seeded = replace(choice, variant="prid-200", split_seed=2)
    with pytest.raises(StorageError, match="variant was 'prid-178', now 'prid-200'"):
        run_splits(seeded, source, tmp_path / "178")
    run_splits(seeded, source, tmp_path / "200")
    with pytest.raises(StorageError, match="split_seed was 2, now 3"):
        run_splits(replace(seeded, split_seed=3), source, tmp_path / "200")


def test_crops_that_changed_are_embedded_again(
    choice: SplitChoice, model: str, tmp_path: Path
) -> None:
    mine = replace(choice, root=tmp_path / "mine", numbers=(0,))
    shutil.copytree(choice.root, mine.root)
    run_splits(mine, EmbedOnce(model), tmp_path / "out")
    mine.load()[0].test.tracklets[0].path(0).unlink()
    watch = Watch()
    run_splits(mine, EmbedOnce(model), tmp_path / "out", listeners=watch.listeners)
    assert watch.worked == ["Embed everyone"]


def test_tracklets_without_a_readable_crop_are_named(
    choice: SplitChoice, model: str, tmp_path: Path
) -> None:
    mine = replace(choice, root=tmp_path / "mine", numbers=(0, 1))
    shutil.copytree(choice.root, mine.root)
    bad = mine.load()[0].test.tracklets[-1]
    for frame in range(len(bad)):
        bad.path(frame).write_bytes(b"")
    with pytest.raises(CropError):
        run_splits(mine, EmbedOnce(model, extraction=Extraction(strict=True)), tmp_path / "strict")
    watch = Watch()
    record = run_splits(mine, EmbedOnce(model), tmp_path / "out", listeners=watch.listeners)
    assert [report.left_out for report in watch.reports] == [(bad.tracklet_id,)]
    assert record.splits[0].left_out == (bad.tracklet_id,)
    result = record.splits[0].evaluations["two-camera"]
    assert (result.n_query, result.n_valid_query, result.n_gallery) == (4, 3, 3)
    # The second time nothing is embedded, and it is said all the same.
    again = run_splits(mine, EmbedOnce(model), tmp_path / "out")
    assert again.splits[0].left_out == (bad.tracklet_id,)


def test_faults(choice: SplitChoice, model: str, tmp_path: Path) -> None:
    source, out = EmbedOnce(model), tmp_path / "out"
    with pytest.raises(ConfigError, match="a metric must be one of"):
        run_splits(choice, source, out, metric="manhattan")
    with pytest.raises(ConfigError, match="a protocol must be one of"):
        run_splits(choice, source, out, protocols=["mars"])
    assert not out.exists()
    run_splits(choice, source, out)
    (out / "features.npz").write_bytes(b"")
    with pytest.raises(FeaturesError, match="Delete"):
        run_splits(choice, source, out)


def test_rows_that_can_not_be_picked(choice: SplitChoice, model: str, tmp_path: Path) -> None:
    run_splits(replace(choice, numbers=(0,)), EmbedOnce(model), tmp_path)
    features = load_features(tmp_path / "features.npz")
    test = choice.load()[0].test
    with pytest.raises(DataError, match="tracklet_ids"):
        select(replace(features, tracklet_ids=None), test)
    strangers = np.array([f"stranger {row}" for row in range(len(features))])
    with pytest.raises(DataError, match="none in 8 tracklets"):
        select(replace(features, tracklet_ids=strangers), test)
