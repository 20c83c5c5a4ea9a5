from __future__ import annotations

import numpy as np
import pytest

from tacan.errors import ConfigError, GalleryError, GalleryModelError
from tacan.gallery import TrackletFilter, open_gallery
from tacan.retrieval.calibration import Calibration
from tacan.retrieval.rerank import rerank_distances
from tacan.retrieval.rerank_settings import Reranking
from tacan.search.query import Query
from tacan.search.search import RerankSearch, search
from tests.gallery.conftest import MODEL, fill, make_gallery


@pytest.fixture
def gallery(make_gallery):
    with open_gallery(make_gallery("door", "yard", numbers=range(1, 31), n_crops=0)) as opened:
        yield opened


QUERY = np.random.default_rng(5).standard_normal(8).astype(np.float32)


def ask(gallery, query=QUERY, **options):
    return search(gallery, Query("a vector", query, MODEL.fingerprint), **options)


@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
def test_matches_come_nearest_first(gallery, metric):
    ids, matrix = gallery.vectors()
    if metric == "cosine":
        lengths = np.linalg.norm(matrix, axis=1) * np.linalg.norm(QUERY)
        distances = 1 - matrix @ QUERY / lengths
    else:
        distances = np.linalg.norm(matrix - QUERY, axis=1)
    result = ask(gallery, top=10, metric=metric)
    order = np.argsort(distances)[:10]
    assert [match.tracklet.id for match in result.matches] == ids[order].tolist()
    assert [match.rank for match in result.matches] == list(range(1, 11))
    np.testing.assert_allclose([m.distance for m in result.matches], distances[order], rtol=1e-5)
    assert (result.metric, result.n_searched, result.n_reranked) == (metric, 60, 0)
    assert {match.reranked for match in result.matches} == {None}
    assert not result.is_reranked


def test_the_metric_is_the_models_by_default(gallery):
    assert ask(gallery).metric == "euclidean"


def test_a_filter_is_what_is_searched(gallery):
    filters = TrackletFilter(exclude_cameras=("door",), exclude=frozenset({31}))
    result = ask(gallery, gallery.vector(31), filters=filters, top=100)
    assert result.n_searched == len(result.matches) == 29
    assert {match.tracklet.camera for match in result.matches} == {"yard"}
    assert ask(gallery, gallery.vector(31), top=1).matches[0].tracklet.id == 31


def test_nothing_to_find_is_no_fault(gallery):
    result = ask(gallery, filters=TrackletFilter(cameras=()), rerank=RerankSearch())
    assert (result.matches, result.n_searched, result.n_reranked) == ((), 0, 0)


def test_reranking_orders_the_nearest_anew(gallery):
    settings = Reranking(k1=5, k2=3, weight=0.4)
    ids, matrix = gallery.vectors()
    plain = ask(gallery, top=20)
    some = np.array([match.tracklet.id - 1 for match in plain.matches])
    wanted = rerank_distances(QUERY[None], matrix[some], settings)[0]
    result = ask(gallery, top=7, rerank=RerankSearch(settings, among=20))
    assert result.n_reranked == 20
    order = np.argsort(wanted, kind="stable")[:7]
    assert [m.tracklet.id for m in result.matches] == ids[some[order]].tolist()
    np.testing.assert_allclose([m.reranked for m in result.matches], wanted[order])
    distance = {match.tracklet.id: match.distance for match in plain.matches}
    assert all(match.distance == distance[match.tracklet.id] for match in result.matches)
    assert [m.tracklet.id for m in plain.matches[:7]] != [m.tracklet.id for m in result.matches]


def test_reranking_among_all_is_the_reranking_of_the_evaluation(gallery):
    wanted = rerank_distances(QUERY[None], gallery.vectors()[1])[0]
    result = ask(gallery, top=60, rerank=RerankSearch(among=None))
    assert result.n_reranked == 60
    found = {match.tracklet.id: match.reranked for match in result.matches}
    np.testing.assert_allclose([found[i] for i in range(1, 61)], wanted, rtol=1e-5)


def test_reranking_takes_at_least_as_many_as_are_asked_for(gallery):
    result = ask(gallery, top=30, rerank=RerankSearch(among=4))
    assert len(result.matches) == result.n_reranked == 30


def test_how_sure_uses_the_plain_distance(gallery):
    calibration = Calibration("euclidean", np.linspace(0, 10, 200))
    result = ask(gallery, calibration=calibration, rerank=RerankSearch(), top=5)
    for match in result.matches:
        assert match.certainty == calibration.certainty(match.distance, n_searched=60)
        assert match.level == match.certainty.level


def test_queries_of_another_model_are_refused(gallery):
    with pytest.raises(GalleryModelError, match="gallery's model"):
        search(gallery, Query("a vector", QUERY, "other"))
    with pytest.raises(GalleryModelError, match="must have 8 numbers"):
        ask(gallery, np.ones(9))
    with pytest.raises(GalleryError, match="finite"):
        ask(gallery, np.full(8, np.nan))


def test_wrong_arguments_are_refused_all_at_once(gallery):
    calibration = Calibration("cosine", np.zeros(0))
    with pytest.raises(ConfigError) as caught:
        ask(gallery, top=0, metric="manhattan", calibration=calibration)
    assert len(caught.value.faults) == 3
    with pytest.raises(ConfigError):
        RerankSearch(among=0)


def test_what_another_process_adds_is_found(make_gallery):
    folder = make_gallery("door")
    with (
        open_gallery(folder) as reader,
        open_gallery(folder, write=True, create_with=MODEL) as writer,
    ):
        assert ask(reader).n_searched == 3
        fill(writer, "yard", [9])
        assert ask(reader).n_searched == 4
        query = writer.vector(4)
        assert ask(reader, query, top=1).matches[0].tracklet.name == "yard/1"
