from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tacan.evaluation import PROTOCOLS
from tacan.evaluation import counting as counting_module
from tacan.evaluation.candidates import select_candidates
from tacan.evaluation.counting import count_wrong_before
from tests.evaluation.rows import as_rows, made_up


class Blurred:
    """True distances that are whole numbers, and rough ones that are off by up to half of
    `spread`, on either side and exactly at the edge too."""

    def __init__(self, candidates, seed, spread):
        rng = np.random.default_rng(seed)
        shape = len(candidates.query_rows), len(candidates.column_rows)
        self.true = rng.integers(0, 12, shape).astype(np.float64)
        off = rng.integers(-1, 2, shape) * spread / 2
        self.blurred = (self.true + off).astype(np.float32)
        self.error = np.full(shape[0], float(spread))

    def rough(self, start, stop):
        return self.blurred[start:stop]

    def exact(self, queries, columns):
        return self.true[queries, columns]

    def exact_row(self, query):
        return self.true[query]

    def limit(self, exact):
        return exact


@pytest.mark.parametrize("row_in_doubt", [0.0, 0.2, 2.0])
@given(seed=st.integers(0, 10_000), spread=st.sampled_from([0.5, 1, 2, 4]))
@settings(max_examples=15, deadline=None)
def test_counts_are_those_of_the_true_distances(row_in_doubt, seed, spread):
    features = made_up(seed, n=50)
    rows = as_rows(features)
    protocols = [PROTOCOLS[name] for name in ("mars-official", "mars-9330", "two-camera")]
    candidates = select_candidates(features, protocols)
    distances = Blurred(candidates, seed, spread)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(counting_module, "ROW_IN_DOUBT", row_in_doubt)
        patch.setattr(counting_module, "PAIRS_AT_ONCE", 20)
        found = count_wrong_before(candidates, distances)
    place = 0
    for query, row in enumerate(candidates.query_rows):
        for column in candidates.positives.of(query):
            limit = distances.true[query, column]
            expected = [0] * (len(candidates.bounds) - 1)
            for other, item in enumerate(candidates.column_rows):
                wrong = rows[item]["pid"] != rows[row]["pid"]
                if wrong and distances.true[query, other] <= limit:
                    expected[int(candidates.group_of(np.array([other]))[0])] += 1
            assert found[place].tolist() == expected
            place += 1
    assert place == len(found)
