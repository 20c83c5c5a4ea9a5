from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from tacan.errors import GalleryError
from tacan.gallery import Gallery, ModelInfo, TrackletFilter, open_gallery
from tacan.retrieval.distances import cosine_distances
from tacan.retrieval.rerank_settings import Reranking
from tacan.search.find import find
from tacan.search.parse import read_words
from tacan.search.query import Query, TrackletNames, make_query
from tacan.search.search import RerankSearch

from .conftest import START, new_source, tracklet


def queries(gallery: Gallery, *words: str) -> list[Query]:
    asked = read_words(words, names=TrackletNames(gallery))
    return [make_query(one, gallery, open_model=pytest.fail) for one in asked]


def test_the_same_person_comes_first_and_is_no_stranger(gallery: Gallery) -> None:
    findings = find(gallery, queries(gallery, "entrance/3"), top=24)
    (answer,) = findings.answers
    assert [one.rank for one in answer.sightings] == list(range(1, 24))
    assert answer.sightings[0].tracklet.name == "yard/3"
    assert "entrance/3" not in [one.tracklet.name for one in answer.sightings]
    assert findings.n_tracklets == 24
    assert findings.n_searched == 23
    assert findings.n_different == 120
    # No pair of 120 is as close, which is all that can be said: 1/121 of 23 tracklets.
    first = answer.sightings[0]
    assert first.certainty.n_closer == 0
    assert first.certainty.expected_false_matches == pytest.approx(23 / 121)
    assert first.verdict.level == "likely"
    assert answer.verdict.words == "Likely seen elsewhere"


def test_who_was_seen_beside_the_query_is_someone_else(gallery: Gallery) -> None:
    (answer,) = find(gallery, queries(gallery, "entrance/3"), top=24).answers
    levels = {one.tracklet.name: one.verdict.level for one in answer.sightings}
    beside = {name: level for name, level in levels.items() if name.startswith("entrance")}
    assert set(beside.values()) == {"different"}
    assert len(beside) == 15
    assert "different" not in {levels[name] for name in levels if name.startswith("yard")}


def test_two_in_one_place_are_not_called_different(gallery: Gallery) -> None:
    only_yard = TrackletFilter(cameras=("yard",))
    (answer,) = find(gallery, queries(gallery, "yard/3"), top=24, chosen=only_yard).answers
    assert "different" not in {one.verdict.level for one in answer.sightings}


def test_a_stranger_was_probably_not_seen_elsewhere(gallery: Gallery) -> None:
    (answer,) = find(
        gallery, queries(gallery, "entrance/12"), chosen=TrackletFilter(cameras=("yard",))
    ).answers
    assert answer.sightings
    assert {one.verdict.level for one in answer.sightings} == {"unsure"}
    assert answer.verdict.words == "Probably not seen elsewhere"


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
        (answer,) = find(made, queries(made, "gate/1"), top=1).answers
        assert answer.sightings[0].tracklet.name == "hall/1"
        assert answer.verdict.level == "unsure"
        assert answer.verdict.words == "Can't be told from chance"


def test_with_too_few_pairs_nothing_is_claimed(tmp_path: Path, card: ModelInfo) -> None:
    with open_gallery(tmp_path / "g", write=True, create_with=card) as made:
        gate = made.begin_source(new_source("gate"))
        two = [tracklet(n, np.ones(card.embedding_dim), first=9.0 * n) for n in (1, 2)]
        made.add(gate.id, two, fingerprint=card.fingerprint)
        (answer,) = find(made, queries(made, "gate/1")).answers
        assert answer.sightings[0].distance == 0
        assert answer.sightings[0].certainty.p_value is None
        assert answer.sightings[0].verdict.level == "unknown"
        assert "0 pairs" in answer.verdict.why


def test_filters_cosine_and_nobody_left(gallery: Gallery) -> None:
    (query,) = queries(gallery, "entrance/3")
    later = TrackletFilter(after=START + timedelta(minutes=30), not_cameras=("entrance",))
    findings = find(gallery, [query], chosen=later, metric="cosine", top=3)
    assert findings.metric == "cosine"
    assert findings.n_searched == 8
    first = findings.answers[0].sightings[0]
    expected = cosine_distances(query.vector[None], gallery.vector(first.tracklet.id)[None])
    assert first.distance == pytest.approx(float(expected[0, 0]), abs=1e-6)

    nobody = find(gallery, [query], chosen=replace(later, min_quality=1.0))
    assert nobody.answers[0].sightings == ()
    assert nobody.answers[0].verdict.words == "Nobody to compare with"
    with pytest.raises(GalleryError, match="entrance"):
        find(gallery, [query], chosen=TrackletFilter(cameras=("entrence",)))


def test_reranked_answers_are_judged_by_the_plain_distance(gallery: Gallery) -> None:
    rerank = RerankSearch(Reranking(k1=3, k2=1))
    found = find(gallery, queries(gallery, "entrance/3"), top=24, rerank=rerank)
    plain = find(gallery, queries(gallery, "entrance/3"), top=24)
    assert found.reranked
    by_name = {one.tracklet.name: one.distance for one in plain.answers[0].sightings}
    assert {one.tracklet.name: one.distance for one in found.answers[0].sightings} == by_name
    assert found.answers[0].verdict == plain.answers[0].verdict
