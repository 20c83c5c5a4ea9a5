from __future__ import annotations

import math

import pytest

from tacan.evaluation.camera_pairs import camera_pairs
from tests.evaluation import naive
from tests.evaluation.rows import as_rows, made_up


@pytest.mark.parametrize("protocol", ["cross-camera", "mars-official", "mars-9330"])
def test_each_pair_is_the_protocol_with_one_camera_on_either_side(protocol):
    rows = as_rows(made_up(0, n=150))
    gallery = [rows[i] for i in naive.gallery_of(rows, protocol)]
    pairs = camera_pairs(made_up(0, n=150), protocol)
    assert [(pair.query_camid, pair.gallery_camid) for pair in pairs] == [
        (a, b) for a in range(1, 5) for b in range(1, 5) if a != b
    ]
    for pair in pairs:
        queries = [row for row in rows if row["query"] and row["camid"] == pair.query_camid]
        items = [row for row in gallery if row["camid"] == pair.gallery_camid]
        ranks = [ranks_of(query, items, protocol) for query in queries]
        ranks = [hits for hits in ranks if hits]
        assert (pair.n_query, pair.n_valid_query) == (len(queries), len(ranks))
        precisions = [naive.average_precision_of(hits, protocol) for hits in ranks]
        assert pair.mean_ap == pytest.approx(sum(precisions) / len(ranks), abs=1e-12)
        assert pair.rank_1 == sum(hits[0] == 1 for hits in ranks) / len(ranks)


def ranks_of(query, items, protocol):
    def distance(item):
        return naive.compare_euclidean(query["vector"], item["vector"])

    return naive.hit_ranks_of(query, items, distance, protocol)


def test_a_pair_without_right_answers_has_no_measure():
    features = made_up(1, n=8, n_pids=2)
    pairs = [pair for pair in camera_pairs(features, "cross-camera") if not pair.n_valid_query]
    assert pairs
    assert all(math.isnan(pair.mean_ap) and math.isnan(pair.rank_1) for pair in pairs)
