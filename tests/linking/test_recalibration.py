from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tacan.gallery import open_gallery
from tacan.gallery.person_records import Judgement
from tacan.linking import confirm, link_gallery, merge, reject, undo
from tacan.linking.evidence import Evidence
from tacan.linking.recalibration import MINIMUM_ANSWERS, recalibrated_share
from tacan.retrieval.average_linkage import NO_PAIRS, Means
from tacan.retrieval.calibration import Calibration
from tests.gallery.conftest import MODEL

from .conftest import fill_cameras, of
from .test_travel import columns_of

N = 40
SHARE = 0.1
STRANGERS = Calibration("euclidean", np.linspace(0.001, 1.0, 1000) ** (1 / 8))


def asked(n_same: int, n_different: int, distance: float) -> float:
    """The share after so many answers about pairs this far apart, far from all other pairs."""
    vectors = np.zeros((N, 2), np.float32)
    vectors[:, 1] = 2 * (np.arange(N) // 2)
    vectors[1::2, 0] = distance
    means = Means.of(vectors, metric="euclidean")
    evidence = Evidence(columns_of([(0, -1, 0)] * N), means, NO_PAIRS, NO_PAIRS, NO_PAIRS)
    n = n_same + n_different
    answers = [Judgement(2 * pair, 2 * pair + 1, same=pair < n_same) for pair in range(n)]
    return recalibrated_share(evidence, STRANGERS, SHARE, answers)


@pytest.mark.parametrize(
    ("n_same", "n_different", "times"),
    [(5, 5, 1), (8, 0, 2**0.8), (0, 8, 2**-0.8), (6, 2, 2**0.4), (4, 0, 1), (0, 0, 1)],
)
def test_the_border_moves_to_where_answers_are_balanced(n_same, n_different, times) -> None:
    assert asked(n_same, n_different, 0.75) == pytest.approx(times * SHARE)


@pytest.mark.parametrize("distance", [0.6, 0.95])
def test_answers_far_from_the_border_tell_nothing_of_it(distance) -> None:
    assert asked(10, 0, distance) == asked(0, 10, distance) == SHARE


def test_answers_and_their_undo_move_the_threshold(tmp_path) -> None:
    with open_gallery(tmp_path / "gallery", write=True, create_with=MODEL) as gallery:
        fill_cameras(gallery, spread=4)
        before = link_gallery(gallery, strangers=0.1)
        assert before.calibrated_by == 1
        merge(gallery, of(gallery, "door/1"), of(gallery, "yard/1"))
        assert link_gallery(gallery, strangers=0.1).calibrated_by == 1, "a merger is no answer"
        for number in range(2, 13):
            confirm(gallery, f"door/{number}", f"yard/{number}")
        after = link_gallery(gallery, strangers=0.1)
        assert 1 < after.calibrated_by <= 2
        assert after.threshold > before.threshold
        assert after.share == pytest.approx(after.calibrated_by * before.share)
        assert link_gallery(gallery, strangers=0.1).threshold == after.threshold
        while gallery.store.people().decisions():
            undo(gallery)
        assert link_gallery(gallery, strangers=0.1).threshold == before.threshold


pairs = st.tuples(st.integers(1, 12), st.integers(1, 12), st.booleans())


@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(pairs, min_size=MINIMUM_ANSWERS, max_size=12, unique_by=lambda pair: pair[:2]))
def test_a_humans_word_is_never_overruled(tmp_path_factory, answers) -> None:
    folder = tmp_path_factory.mktemp("recalibration") / "gallery"
    with open_gallery(folder, write=True, create_with=MODEL) as gallery:
        fill_cameras(gallery, spread=1.9)
        link_gallery(gallery, strangers=0.1)
        said = {}
        for door, yard, same in answers:
            (confirm if same else reject)(gallery, f"door/{door}", f"yard/{yard}")
            said[door, yard] = same
            now = {each.name: each.person_id for each in gallery.tracklets()}
            # A later word can contradict earlier ones by way of others; it stands itself.
            assert (now[f"door/{door}"] == now[f"yard/{yard}"]) == same
        before = {each.name: each.person_id for each in gallery.tracklets()}
        link_gallery(gallery, strangers=0.1)
        after = {each.name: each.person_id for each in gallery.tracklets()}
        for door, yard in said:
            one, other = f"door/{door}", f"yard/{yard}"
            if (before[one] == before[other]) == said[door, yard]:
                assert (after[one] == after[other]) == said[door, yard]
