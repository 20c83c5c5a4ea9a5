import numpy as np
import pytest

from tacan.demo.rankings import rank_gallery, sample_queries
from tacan.evaluation import evaluate
from tacan.features.features_file import Features

PROTOCOL = "mars-9330"


def random_features(seed, *, n=60, constant=False, ties=True):
    rng = np.random.default_rng(seed)
    vectors = (rng.integers(0, 3, (n, 3)) if ties else rng.random((n, 3))).astype(np.float32)
    pids = rng.integers(-1, 6, n)
    return Features(
        embeddings=np.zeros_like(vectors) if constant else vectors,
        pids=pids,
        camids=rng.integers(1, 4, n),
        is_query=(rng.random(n) < 0.3) & (pids > 0),
        is_gallery=np.ones(n, dtype=bool),
        tracklet_ids=np.array([f"t{i}" for i in range(n)]),
    )


def precision_at_hits(answers):
    hits = [rank for rank, answer in enumerate(answers, start=1) if answer.is_right]
    return float(np.mean([k / rank for k, rank in enumerate(hits, start=1)])) if hits else np.nan


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
@pytest.mark.parametrize("constant", [False, True])
def test_a_shown_ranking_is_the_one_that_was_scored(seed, metric, constant):
    features = random_features(seed, constant=constant, ties=metric == "euclidean")
    evaluation = evaluate(features, PROTOCOL, metric=metric)
    for place, row in enumerate(evaluation.query_rows):
        answers = rank_gallery(features, int(row), protocol=PROTOCOL, metric=metric)
        expected = evaluation.average_precision[place]
        if evaluation.first_rank[place] == 0:
            assert not any(answer.is_right for answer in answers)
        else:
            assert precision_at_hits(answers) == pytest.approx(expected, abs=1e-9)


def test_own_camera_junk_and_queries_are_not_shown():
    features = random_features(3)
    row = int(np.flatnonzero(features.is_query & (features.pids > 0))[0])
    answers = rank_gallery(features, row, protocol=PROTOCOL, metric="euclidean")
    rows = np.array([answer.row for answer in answers])
    same = (features.pids == features.pids[row]) & (features.camids == features.camids[row])
    expected = ~features.is_query & (features.pids != -1) & ~same
    assert sorted(rows.tolist()) == np.flatnonzero(expected).tolist()
    distances = [answer.distance for answer in answers]
    assert distances == sorted(distances)


def test_queries_are_drawn_from_those_that_count_whatever_they_came_to():
    features = random_features(1)
    evaluation = evaluate(features, PROTOCOL)
    counting = set(evaluation.query_rows[evaluation.first_rank > 0].tolist())
    drawn = sample_queries(evaluation, 5, seed=0)
    assert len(set(drawn)) == 5
    assert set(drawn) <= counting
    assert drawn == sample_queries(evaluation, 5, seed=0)
    assert any(drawn != sample_queries(evaluation, 5, seed=seed) for seed in range(1, 5))
    worse = evaluate(random_features(1, constant=True), PROTOCOL)
    assert sample_queries(worse, 5, seed=0) == drawn
    assert set(sample_queries(evaluation, 10**6, seed=0)) == counting
