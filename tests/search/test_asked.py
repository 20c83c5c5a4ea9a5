from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tacan.errors import ConfigError, DataError, GalleryModelError
from tacan.gallery import open_gallery
from tacan.retrieval.calibration import Calibration
from tacan.retrieval.precision import paired_distances
from tacan.search.parse import parse_query
from tacan.search.query import Query, TrackletNames, combine_queries, make_query
from tacan.search.search import RerankSearch, search
from tests.gallery.conftest import fill, make_gallery

__all__ = ["fill", "make_gallery"]


@pytest.fixture
def gallery(make_gallery):
    with open_gallery(make_gallery("door", "yard", numbers=range(1, 31), n_crops=0)) as opened:
        yield opened


def queries(gallery, *words: str) -> list[Query]:
    parsed = parse_query(words, names=TrackletNames(gallery))
    return [make_query(one, gallery, open_model=lambda: None) for one in parsed]  # type: ignore


def expected(gallery, examples: list[str], against: list[str], metric: str) -> list[tuple]:
    """(r, name, d, counterexample that is nearer) of all, by loops."""
    rows = []
    for tracklet in gallery.tracklets():
        if tracklet.name in (*examples, *against):
            continue
        y = gallery.vector(tracklet.id)[None]

        def to(name: str, y=y) -> float:
            x = gallery.vector(gallery.tracklet(name).id)[None]
            return float(paired_distances(x, y, metric=metric)[0])

        power = 2 if metric == "euclidean" else 1
        d = (sum(to(name) ** power for name in examples) / len(examples)) ** (1 / power)
        o, nearest = min(((to(name), name) for name in against), default=(np.inf, None))
        rows.append((d + max(0.0, d - o), tracklet.name, d, nearest if o < d else None))
    return sorted(rows, key=lambda row: row[0])


@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
@pytest.mark.parametrize("against", [[], ["yard/9"], ["yard/9", "door/20"]])
@pytest.mark.parametrize("examples", [["door/1"], ["door/1", "yard/2", "door/5"]])
def test_results_are_those_of_loops(gallery, metric, examples, against):
    others = queries(gallery, *against) if against else ()
    query = combine_queries(queries(gallery, *examples), against=others)
    result = search(gallery, query, top=20, metric=metric)
    rows = expected(gallery, examples, against, metric)
    assert result.n_searched == len(rows) == 60 - len(examples) - len(against)
    for match, (_, name, distance, nearer) in zip(result.matches, rows, strict=False):
        assert (match.tracklet.name, match.nearer_to) == (name, nearer)
        assert match.distance == pytest.approx(distance, rel=1e-6)
    assert [match.rank for match in result.matches] == list(range(1, 21))
    if against and len(examples) > 1:
        assert any(match.nearer_to for match in result.matches), "or the test tells nothing"


def test_who_is_nearer_to_somebody_else_is_never_sure(gallery):
    far = Calibration("euclidean", np.linspace(50, 60, 200))
    (one,), (other,) = queries(gallery, "door/1"), queries(gallery, "yard/9")
    plain = search(gallery, one, top=59, calibration=far)
    assert {match.level for match in plain.matches} >= {"likely"}
    told = search(gallery, combine_queries([one], against=[other]), top=58, calibration=far)
    nearer = [match for match in told.matches if match.nearer_to is not None]
    assert nearer
    assert {match.level for match in nearer} <= {"unsure", "different"}
    assert {match.level for match in told.matches if match.nearer_to is None} >= {"likely"}
    assert "somebody else" in " ".join(told.query.notes)


def test_what_contradicts_itself_is_refused(gallery):
    one, other = queries(gallery, "door/1", "door/2")
    with pytest.raises(DataError, match="can't be somebody else"):
        combine_queries([one, other], against=[other])
    with pytest.raises(DataError, match="must ask for someone"):
        combine_queries([], against=[other])
    with pytest.raises(ConfigError, match="re-ranking"):
        search(gallery, combine_queries([one], against=[other]), rerank=RerankSearch())


def test_one_example_is_the_query_itself(gallery):
    (one,) = queries(gallery, "door/1")
    assert combine_queries([one]) is one


def test_re_ranking_goes_on_from_several_examples(gallery):
    query = combine_queries(queries(gallery, "door/1", "yard/2"))
    result = search(gallery, query, rerank=RerankSearch())
    assert result.is_reranked
    assert "Distances are means over 2 examples." in query.notes


def test_examples_of_another_model_are_refused(gallery):
    (one,) = queries(gallery, "door/1")
    with pytest.raises(GalleryModelError):
        search(gallery, combine_queries([one, replace(one, fingerprint="another")]))
