from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tacan.errors import GalleryError
from tacan.gallery import Gallery, ModelInfo, TrackletFilter, open_gallery
from tacan.retrieval.distances import cosine_distances
from tacan.retrieval.rerank_settings import Reranking
from tacan.search.search import RerankSearch, search
from tacan.search.search_results import SearchResults
from tests.search.conftest import START, new_source, tracklet


def find(gallery: Gallery, word: str, **options: Any) -> SearchResults:
    return search(gallery, word, open_model=pytest.fail, **options)


def test_the_same_person_comes_first_and_is_no_stranger(gallery: Gallery) -> None:
    results = find(gallery, "entrance/3", top=24)
    assert [one.rank for one in results.matches] == list(range(1, 24))
    assert results.matches[0].tracklet.name == "yard/3"
    assert "entrance/3" not in [one.tracklet.name for one in results.matches]
    assert results.n_tracklets == 24
    assert results.n_searched == 23
    assert results.n_pairs == 120
    # No pair of 120 is as close, which is all that can be said: 1/121 of 23 tracklets.
    first = results.matches[0]
    assert first.certainty.n_closer == 0
    assert first.certainty.expected_false_matches == pytest.approx(23 / 121)
    assert first.level == "likely"
    assert results.best is first
    assert results.level == "likely"


def test_who_was_seen_beside_the_query_is_someone_else(gallery: Gallery) -> None:
    results = find(gallery, "entrance/3", top=24)
    levels = {one.tracklet.name: one.level for one in results.matches}
    beside = {name: level for name, level in levels.items() if name.startswith("entrance")}
    assert set(beside.values()) == {"different"}
    assert len(beside) == 15
    assert "different" not in {levels[name] for name in levels if name.startswith("yard")}


def test_two_in_one_place_are_not_called_different(gallery: Gallery) -> None:
    only_yard = TrackletFilter(cameras=("yard",))
    results = find(gallery, "yard/3", top=24, filters=only_yard)
    assert "different" not in {one.level for one in results.matches}


def test_of_a_stranger_nothing_is_claimed(gallery: Gallery) -> None:
    results = find(gallery, "entrance/12", filters=TrackletFilter(cameras=("yard",)))
    assert results.matches
    assert {one.level for one in results.matches} == {"unsure"}
    assert results.level == "unsure"
    assert all(one.certainty.n_closer for one in results.matches)


def test_among_very_many_a_likeness_is_not_called_a_no(tmp_path: Path, card: ModelInfo) -> None:
    """The nearest of all is nearer than all pairs that differ, and yet it may be chance."""
    people = np.random.default_rng(0).normal(size=(16, card.embedding_dim))
    with open_gallery(tmp_path / "g", write=True, create_with=card) as made:
        gate = made.begin_source(new_source("gate"))
        crowd = [tracklet(n + 1, people[n], shift=100.0 * n, n_crops=0) for n in range(16)]
        made.add(gate.id, crowd, fingerprint=card.fingerprint)
        hall = made.begin_source(new_source("hall", start=START + timedelta(days=1)))
        many = np.random.default_rng(1).normal(5, 1, size=(80, card.embedding_dim))
        many[0] = people[0] + 0.01
        made.add(
            hall.id,
            [tracklet(n + 1, many[n], first=4.0 * n, n_crops=0) for n in range(80)],
            fingerprint=card.fingerprint,
        )
        results = find(made, "gate/1", top=1)
        assert results.matches[0].tracklet.name == "hall/1"
        assert results.level == "unsure"
        assert results.matches[0].certainty.n_closer == 0


def test_with_too_few_pairs_nothing_is_claimed(tmp_path: Path, card: ModelInfo) -> None:
    with open_gallery(tmp_path / "g", write=True, create_with=card) as made:
        gate = made.begin_source(new_source("gate"))
        two = [tracklet(n, np.ones(card.embedding_dim), first=9.0 * n) for n in (1, 2)]
        made.add(gate.id, two, fingerprint=card.fingerprint)
        results = find(made, "gate/1")
        assert results.matches[0].distance == 0
        assert results.matches[0].certainty.p_value is None
        assert results.matches[0].level == "unknown"
        assert (results.n_pairs, results.pair_distances) == (0, None)


def test_filters_cosine_and_nobody_left(gallery: Gallery) -> None:
    later = TrackletFilter(after=START + timedelta(minutes=30), exclude_cameras=("entrance",))
    results = find(gallery, "entrance/3", filters=later, metric="cosine", top=3)
    assert results.metric == "cosine"
    assert results.n_searched == 8
    first = results.matches[0]
    expected = cosine_distances(results.query.vector[None], gallery.vector(first.tracklet.id)[None])
    assert first.distance == pytest.approx(float(expected[0, 0]), abs=1e-6)

    nobody = find(gallery, "entrance/3", filters=replace(later, min_quality=1.0))
    assert nobody.matches == ()
    assert (nobody.best, nobody.level) == (None, "unknown")
    with pytest.raises(GalleryError, match="entrance"):
        find(gallery, "entrance/3", filters=TrackletFilter(cameras=("entrence",)))


def test_reranked_answers_are_judged_by_the_plain_distance(gallery: Gallery) -> None:
    rerank = RerankSearch(Reranking(k1=3, k2=1))
    found = find(gallery, "entrance/3", top=24, rerank=rerank)
    plain = find(gallery, "entrance/3", top=24)
    assert found.is_reranked
    by_name = {one.tracklet.name: one.distance for one in plain.matches}
    assert {one.tracklet.name: one.distance for one in found.matches} == by_name
    levels = {one.tracklet.name: one.level for one in plain.matches}
    assert {one.tracklet.name: one.level for one in found.matches} == levels


def test_searches_by_time_count_those_whose_time_is_unknown(
    tmp_path: Path, card: ModelInfo
) -> None:
    with open_gallery(tmp_path / "g", write=True, create_with=card) as made:
        for camera, start in (("gate", START), ("hall", None)):
            source = made.begin_source(new_source(camera, start=start))
            made.add(source.id, [tracklet(1, np.ones(8)), tracklet(2, np.ones(8))],
                     fingerprint=card.fingerprint)  # fmt: skip
        assert find(made, "gate/1").n_undated == 0
        assert find(made, "gate/1", filters=TrackletFilter(after=START)).n_undated == 2
        gate = TrackletFilter(before=START, cameras=("gate",))
        assert find(made, "gate/1", filters=gate).n_undated == 0
