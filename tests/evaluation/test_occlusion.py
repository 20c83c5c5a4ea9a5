import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from tacan.errors import FeaturesError
from tacan.evaluation.occlusion import area_under_curve, clip_visibility, occlusion_test, weights_of
from tacan.features.features_file import Features

few_values = st.lists(st.integers(0, 4), min_size=1, max_size=30)


@given(above=few_values, below=few_values)
def test_area_is_that_of_scikit_learn_with_ties_too(above, below):
    truth = [1] * len(above) + [0] * len(below)
    expected = roc_auc_score(truth, [*above, *below])
    assert area_under_curve(np.array(above), np.array(below)) == pytest.approx(expected)


@given(above=few_values, below=few_values)
def test_area_is_the_share_of_pairs_in_the_right_order(above, below):
    pairs = [(a > b) + 0.5 * (a == b) for a in above for b in below]
    expected = sum(pairs) / len(pairs)
    assert area_under_curve(np.array(above), np.array(below)) == pytest.approx(expected)


def test_area_without_one_of_the_two_is_not_a_number():
    assert np.isnan(area_under_curve(np.array([]), np.array([1.0])))
    assert np.isnan(area_under_curve(np.array([1.0]), np.array([])))


def test_visibility_is_cut_into_clips_as_the_frames_are():
    seen = np.array([0.1, 0.2, 0.3, 0.4, 0.5, 0.6], dtype=np.float32)
    assert clip_visibility(seen, clip_len=4).tolist() == seen[[[0, 1, 2, 3], [4, 5, 4, 5]]].tolist()


def features_of(pids, weights):
    n = len(pids)
    return Features(
        embeddings=np.arange(2 * n, dtype=np.float32).reshape(n, 2),
        pids=np.array(pids),
        camids=np.ones(n, dtype=np.int64),
        is_query=np.ones(n, dtype=bool),
        is_gallery=np.ones(n, dtype=bool),
        tracklet_ids=np.array([f"t{i}" for i in range(n)]),
        clip_weights=np.concatenate([np.array(w, dtype=np.float32) for w in weights]),
        clip_offsets=np.cumsum([0, *map(len, weights)]),
    )


CLEAN, HIDDEN, MIXED = [1.0, 0.9], [0.0, 0.05], [1.0, 0.0]


def test_only_clips_that_are_clean_or_hidden_throughout_count():
    features = features_of([5, 6], [[0.9, 0.1, 0.5], [0.2, 0.3]])
    visibility = {"t0": np.array([*CLEAN, *HIDDEN, *MIXED]), "t1": np.array([*HIDDEN, *CLEAN])}
    test = occlusion_test(features, visibility, clip_len=2)
    assert test.clean.tolist() == pytest.approx([0.9, 0.3])
    assert test.occluded.tolist() == pytest.approx([0.1, 0.2])
    assert test.n_clips == 5
    assert test.auc == 1.0


def test_distractors_and_junk_do_not_count():
    features = features_of([5, 0, -1], [[0.9, 0.1], [0.0], [1.0]])
    visibility = {
        "t0": np.array([*CLEAN, *HIDDEN]),
        "t1": np.array(CLEAN),
        "t2": np.array(HIDDEN),
    }
    test = occlusion_test(features, visibility, clip_len=2)
    assert (len(test.clean), len(test.occluded)) == (1, 1)
    assert test.auc == 1.0


def test_weights_that_know_nothing_give_a_half():
    features = features_of([5], [[0.5] * 4])
    visibility = {"t0": np.array([*CLEAN, *HIDDEN, *CLEAN, *HIDDEN])}
    assert occlusion_test(features, visibility, clip_len=2).auc == 0.5


def test_visibility_of_other_tracklets_is_refused():
    features = features_of([5], [[0.5]])
    with pytest.raises(FeaturesError, match="same tracklets.*no visibility for tracklet 't0'"):
        occlusion_test(features, {"other": np.array(CLEAN)}, clip_len=2)
    with pytest.raises(FeaturesError, match="1 weights for 3 clips"):
        occlusion_test(features, {"t0": np.array([*CLEAN, *CLEAN, *CLEAN])}, clip_len=2)


def test_features_without_clip_weights_are_refused():
    plain = Features(
        embeddings=np.ones((1, 2)), pids=[1], camids=[1], is_query=[True], is_gallery=[True]
    )
    with pytest.raises(FeaturesError, match="clip weights"):
        weights_of(plain, 0)
