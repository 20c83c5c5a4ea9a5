from __future__ import annotations

import json
import zipfile
from dataclasses import replace

import numpy as np
import pytest

from tacan.errors import FeaturesError, StorageError
from tacan.features.features_file import Features, load_features, save_features


def arrays(n=6, width=4, **changes):
    rng = np.random.default_rng(0)
    columns = {
        "embeddings": rng.standard_normal((n, width)).astype(np.float32),
        "pids": np.array([1, 1, 2, 2, 0, -1][:n]),
        "camids": np.array([1, 2, 1, 2, 1, 2][:n]),
        "is_query": np.array([True, False, True, False, False, False][:n]),
        "is_gallery": np.ones(n, dtype=bool),
    }
    return {**columns, **changes}


def refused(match, **changes):
    with pytest.raises(FeaturesError, match=match):
        Features(**arrays(**changes))


def test_a_file_gives_back_what_was_saved(tmp_path):
    features = Features(
        **arrays(),
        tracklet_ids=np.array(["a", "b", "c", "ü", "e", "f"]),
        clip_weights=np.array([0.5, 0.5, 1, 1, 1, 1, 1]),
        clip_offsets=np.array([0, 2, 3, 4, 5, 6, 7]),
        meta={"dataset": "mars", "settings": {"clip_len": 4}},
    )
    path = save_features(tmp_path / "with space ü.npz", features)
    loaded = load_features(path)
    for name in Features.__dataclass_fields__:
        np.testing.assert_array_equal(getattr(loaded, name), getattr(features, name))
    assert loaded.meta == features.meta
    assert loaded.embeddings.dtype == loaded.clip_weights.dtype == np.float32
    assert loaded.pids.dtype == loaded.camids.dtype == loaded.clip_offsets.dtype == np.int64
    assert loaded.is_query.dtype == loaded.is_gallery.dtype == np.bool_


def test_the_file_is_plain_numpy_with_the_stated_names(tmp_path):
    path = save_features(tmp_path / "f.npz", Features(**arrays(), meta={"a": 1}))
    with np.load(path, allow_pickle=False) as archive:
        assert set(archive) == {*arrays(), "meta"}
        assert json.loads(str(archive["meta"])) == {"a": 1}


def test_optional_arrays_may_be_absent(tmp_path):
    np.savez(tmp_path / "f.npz", **arrays())
    loaded = load_features(tmp_path / "f.npz")
    assert loaded.tracklet_ids is None
    assert loaded.clip_weights is None
    assert loaded.meta == {}


def test_other_widths_of_number_are_converted():
    features = Features(
        **arrays(
            embeddings=np.ones((6, 3)).cumsum(axis=0),
            pids=np.arange(6, dtype=np.uint16),
            is_query=np.array([1, 0, 1, 0, 0, 0], dtype=np.uint8),
        )
    )
    assert features.embeddings.dtype == np.float32
    assert features.pids.dtype == np.int64
    assert features.is_query.tolist() == [True, False, True, False, False, False]


@pytest.mark.parametrize("name", ["pids", "camids", "is_query", "is_gallery"])
def test_lengths_that_differ_are_refused(name):
    refused(rf"`{name}` must have one entry for each row, 6 in all", **{name: arrays()[name][:5]})


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, 1e39])
def test_values_that_are_not_finite_are_refused_with_their_row(bad):
    embeddings = arrays()["embeddings"].astype(np.float64)
    embeddings[3, 1] = bad
    refused("in 1 row, first in row 3", embeddings=embeddings)


def test_embeddings_of_another_shape_are_refused():
    refused("one row a tracklet", embeddings=np.ones(6))
    refused("one row a tracklet", embeddings=np.ones((6, 2, 3)))
    refused("one row a tracklet", embeddings=np.ones((6, 0)))
    refused("real numbers", embeddings=np.ones((6, 2), dtype=complex))


def test_pids_as_floats_and_below_minus_one_are_refused():
    refused("`pids` must be whole numbers; got float64", pids=arrays()["pids"].astype(float))
    refused("a pid must be -1", pids=np.array([1, 1, 2, 2, 0, -2]))


def test_a_camera_list_per_tracklet_is_refused():
    refused("a tracklet must have one camera", camids=np.ones((6, 8), dtype=np.int64))
    ragged = np.array([[1, 1], [1], [2], [2, 2, 2], [1], [1]], dtype=object)
    refused("a tracklet must have one camera", camids=ragged)


def test_row_numbers_instead_of_truth_values_are_refused():
    refused("`is_query` must hold truth values", is_query=np.array([0, 2, 4, 1, 1, 1]))


def test_a_tracklet_that_occurs_twice_is_refused():
    refused("got 'b' in 2 rows", tracklet_ids=np.array(["a", "b", "c", "b", "e", "f"]))
    refused("must be strings", tracklet_ids=np.arange(6))


def test_a_query_row_given_twice_is_refused_even_without_tracklet_ids():
    rows = [0, 1, 2, 3, 4, 5, 2]
    wide = arrays(width=32)
    repeated = {name: array[rows] for name, array in wide.items()}
    with pytest.raises(FeaturesError, match="rows 2 and 6 with the same pid, camera"):
        Features(**repeated)
    Features(**repeated, tracklet_ids=np.array(list("abcdefg")))


def test_a_constant_embedding_is_no_repeated_row():
    everyone = np.ones(6, dtype=bool)
    columns = arrays(embeddings=np.ones((6, 32)), is_query=everyone)
    columns["pids"] = np.array([1, 1, 1, 2, 2, 2])
    columns["camids"] = np.array([1, 1, 2, 1, 1, 2])
    assert len(Features(**columns)) == 6


def test_clip_weights_must_agree_with_their_offsets():
    weights, offsets = np.ones(7), np.array([0, 2, 3, 4, 5, 6, 7])
    refused("come together", clip_weights=weights)
    refused("come together", clip_offsets=offsets)
    refused("rise from 0", clip_weights=weights[:6], clip_offsets=offsets)
    refused("rise from 0", clip_weights=weights, clip_offsets=offsets[::-1])
    refused("7 in all", clip_weights=weights, clip_offsets=offsets[:6])


def test_a_missing_file_and_a_folder_are_refused(tmp_path):
    for path in (tmp_path / "nowhere.npz", tmp_path):
        with pytest.raises(FeaturesError, match="must exist"):
            load_features(path)


def test_missing_arrays_are_named(tmp_path):
    columns = arrays()
    del columns["camids"], columns["is_query"]
    np.savez(tmp_path / "f.npz", **columns)
    with pytest.raises(FeaturesError, match="without camids, is_query"):
        load_features(tmp_path / "f.npz")


def test_what_is_no_npz_is_refused(tmp_path):
    path = tmp_path / "f.npz"
    np.save(tmp_path / "f.npy", np.ones(3))
    for content in (b"", b"hello", (tmp_path / "f.npy").read_bytes()):
        path.write_bytes(content)
        with pytest.raises(FeaturesError, match=r"whole \.npz archive"):
            load_features(path)


def test_a_truncated_or_altered_file_is_refused(tmp_path):
    path = save_features(tmp_path / "f.npz", Features(**arrays(width=64)))
    whole = path.read_bytes()
    for damaged in (whole[:-200], whole[:600] + b"\x55" * 8 + whole[608:]):
        path.write_bytes(damaged)
        with pytest.raises(FeaturesError, match=r"whole \.npz archive"):
            load_features(path)


def test_pickles_are_refused_and_never_run(tmp_path):
    class Bomb:
        def __reduce__(self):
            return (Path.touch, (tmp_path / "ran",))

    from pathlib import Path

    objects = np.empty(6, dtype=object)
    objects[:] = [Bomb() for _ in range(6)]
    np.savez(tmp_path / "f.npz", allow_pickle=True, **arrays(pids=objects))
    with pytest.raises(FeaturesError, match="a pickle can run any code"):
        load_features(tmp_path / "f.npz")
    assert not (tmp_path / "ran").exists()


def test_meta_must_be_json(tmp_path):
    np.savez(tmp_path / "f.npz", **arrays(), meta=np.array("{not json"))
    with pytest.raises(FeaturesError, match="`meta` must be JSON"):
        load_features(tmp_path / "f.npz")


def test_faults_of_a_file_name_the_file(tmp_path):
    np.savez(tmp_path / "mine.npz", **arrays(pids=np.ones(6)))
    with pytest.raises(FeaturesError, match=r"mine\.npz: `pids` must be whole numbers"):
        load_features(tmp_path / "mine.npz")


def test_a_failed_save_leaves_the_old_file(tmp_path, monkeypatch):
    path = save_features(tmp_path / "f.npz", Features(**arrays()))
    before = path.read_bytes()

    def full_disk(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "savez", full_disk)
    with pytest.raises(StorageError, match="No space left"):
        save_features(path, replace(Features(**arrays()), meta={"new": 1}))
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_the_archive_is_not_compressed_so_that_it_loads_fast(tmp_path):
    path = save_features(tmp_path / "f.npz", Features(**arrays()))
    with zipfile.ZipFile(path) as archive:
        assert {entry.compress_type for entry in archive.infolist()} == {zipfile.ZIP_STORED}
