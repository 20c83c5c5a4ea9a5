from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from tacan.errors import ConfigError, FeaturesError
from tacan.evaluation import Reranking, Wishes, evaluate, study
from tests.evaluation.rows import made_up


@pytest.fixture
def features():
    return made_up(0, n=200, width=6, integers=False)


def test_without_wishes_it_is_the_table_and_the_numbers(features):
    found = study(features, ["cross-camera", "mars-9330"])
    assert list(found.results) == list(found.data["protocols"]) == ["cross-camera", "mars-9330"]
    assert len(found.tables) == 1
    assert found.files == []


def test_every_wish_is_answered_under_every_protocol(features, tmp_path):
    noise = np.random.default_rng(1).standard_normal(features.embeddings.shape)
    other = replace(features, embeddings=features.embeddings + noise.astype(np.float32))
    wishes = Wishes(
        confidence=0.9,
        cameras=True,
        false_match_rate=0.1,
        other=other,
        plots=tmp_path / "new folder",
    )
    found = study(features, ["cross-camera", "mars-9330"], wishes=wishes)
    for name, entry in found.data["protocols"].items():
        assert entry["confidence"]["mAP"]["value"] == pytest.approx(entry["mAP"])
        assert entry["confidence"]["mAP"]["level"] == 0.9
        assert entry["comparison"]["mAP"]["level"] == 0.9
        second = evaluate(other, name).mean_ap
        assert entry["comparison"]["mAP"]["second"] == pytest.approx(second)
        assert entry["threshold"]["false_match_rate"] <= 0.1
        assert list(entry["threshold"]["tpr_at_fpr"]) == ["0.0001", "0.001", "0.01", "0.1"]
        assert len(entry["camera_pairs"]) == 12
        assert sum(name in title for title, _ in found.tables) == 4
    names = {"cmc.png", "roc.png", "distances-cross-camera.png", "distances-mars-9330.png"}
    assert {path.name for path in found.files} == names
    for path in found.files:
        with Image.open(path) as image:
            assert image.format == "PNG"
            assert min(image.size) > 300
            assert len(image.convert("RGB").getcolors(1 << 20)) > 10


def test_re_ranking_reaches_the_results_and_both_sides_of_a_comparison(features, tmp_path):
    settings = Reranking(k1=5, k2=2)
    wishes = Wishes(rerank=settings, other=features, plots=tmp_path)
    found = study(features, ["cross-camera"], wishes=wishes)
    entry = found.data["protocols"]["cross-camera"]
    assert entry["mAP"] == evaluate(features, "cross-camera", rerank=settings).mean_ap
    assert entry["metric"] == "euclidean+rerank"
    assert entry["comparison"]["mAP"]["difference"] == 0
    assert [path.name for path in found.files] == ["cmc.png"]


def test_plain_distances_and_re_ranked_ones_are_not_mixed():
    for wish in ({"cameras": True}, {"false_match_rate": 0.1}):
        with pytest.raises(ConfigError, match="ask for them apart"):
            Wishes(rerank=Reranking(), **wish)


@pytest.mark.parametrize("wish", [{"confidence": 95}, {"false_match_rate": 1.0}])
def test_wishes_without_a_meaning_are_refused_before_any_work(wish):
    with pytest.raises(ConfigError, match="1 fault"):
        Wishes(**wish)


def test_progress_is_told_of_every_pass(features):
    calls = []
    wishes = Wishes(cameras=True, false_match_rate=0.1)
    study(
        features,
        ["cross-camera"],
        wishes=wishes,
        progress=lambda *call: calls.append(call),
    )
    n = int(features.is_query.sum())
    assert calls.count((n, n)) == 3


def test_another_set_of_tracklets_is_refused_before_any_work(features):
    with pytest.raises(FeaturesError, match="same tracklets in the same order"):
        study(features, ["cross-camera"], wishes=Wishes(other=made_up(1, n=200)))


def test_pairs_without_queries_are_null_in_json_and_words_in_the_table():
    found = study(made_up(1, n=20, n_pids=3), ["cross-camera"], wishes=Wishes(cameras=True))
    pairs = found.data["protocols"]["cross-camera"]["camera_pairs"]
    assert any(pair["mean_ap"] is None for pair in pairs)
    assert "no query" in found.tables[1][1]


def test_one_query_is_told_as_one():
    features = made_up(1, n=40, n_pids=3, integers=False)
    asked = np.flatnonzero(features.is_query & (features.pids > 0))[:1]
    features = replace(features, is_query=np.isin(np.arange(40), asked))
    found = study(features, ["cross-camera"], wishes=Wishes(false_match_rate=0.1))
    assert "matched falsely, of 1 query for someone absent" in found.tables[1][1]
    assert "found first, of 1 query for someone present" in found.tables[1][1]
    alone = replace(features, camids=np.ones(40, dtype=int))
    with pytest.raises(FeaturesError, match="got none among 1 query"):
        study(alone, ["cross-camera"])
