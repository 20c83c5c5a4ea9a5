from __future__ import annotations

import json

import numpy as np
import pytest

from tacan.errors import DatasetLayoutError
from tacan.synthetic.tracklets.tracklet_truth import (
    is_generated,
    read_boxes,
    read_manifest,
    read_visibility,
    write_manifest,
    write_visibility,
)


def test_what_is_written_is_read(tmp_path):
    values = [np.array([0.0, 0.5], np.float32), np.array([1.0], np.float32)]
    boxes = [np.arange(8, dtype=np.float32).reshape(2, 4), np.full((1, 4), np.nan, np.float32)]
    write_visibility(tmp_path, ["a", "bc"], values, boxes)
    for box, back in zip(boxes, read_boxes(tmp_path).values(), strict=True):
        assert back.dtype == np.float32
        assert np.array_equal(box, back, equal_nan=True)
    read = read_visibility(tmp_path)
    assert list(read) == ["a", "bc"]
    for value, back in zip(values, read.values(), strict=True):
        assert back.dtype == np.float32
        assert np.array_equal(value, back)


def test_no_tracklets_at_all(tmp_path):
    write_visibility(tmp_path, [], [], [])
    assert read_visibility(tmp_path) == read_boxes(tmp_path) == {}


@pytest.mark.parametrize("damage", ["missing", "empty", "truncated", "pickle", "array", "offsets"])
def test_a_damaged_file_is_told(tmp_path, damage):
    write_visibility(tmp_path, ["a"], [np.ones(50, np.float32)], [np.ones((50, 4))])
    path = tmp_path / "ground_truth" / "visibility.npz"
    if damage == "missing":
        path.unlink()
    elif damage == "empty":
        path.write_bytes(b"")
    elif damage == "truncated":
        path.write_bytes(path.read_bytes()[:300])
    elif damage == "pickle":
        np.savez(path, tracklet_ids=np.array([object()]), offsets=[0, 1], visibility=[1.0])
    elif damage == "array":
        np.savez(path, tracklet_ids=["a"], offsets=[0, 1])
    else:
        np.savez(path, tracklet_ids=["a"], offsets=[0, 2], visibility=[1.0])
    with pytest.raises(DatasetLayoutError, match=r"visibility\.npz"):
        read_visibility(tmp_path)


def test_the_manifest_marks_a_generated_data_set(tmp_path):
    assert not is_generated(tmp_path)
    write_manifest(tmp_path, settings={"seed": 3}, counts={"all": {"frames": 1}})
    assert is_generated(tmp_path)
    manifest = read_manifest(tmp_path)
    assert manifest["settings"] == {"seed": 3}
    assert manifest["counts"] == {"all": {"frames": 1}}


@pytest.mark.parametrize("text", ["", "[]", "3", '{"made_by": "someone"}', "\xff"])
def test_another_manifest_is_not_ours(tmp_path, text):
    (tmp_path / "ground_truth").mkdir()
    (tmp_path / "ground_truth" / "manifest.json").write_text(text, encoding="latin-1")
    assert not is_generated(tmp_path)
    with pytest.raises(DatasetLayoutError, match=r"manifest\.json"):
        read_manifest(tmp_path)


def test_the_manifest_is_json(tmp_path):
    write_manifest(tmp_path, settings={}, counts={})
    json.loads((tmp_path / "ground_truth" / "manifest.json").read_text(encoding="utf-8"))
