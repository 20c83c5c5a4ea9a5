"""The counts of the three protocols of MARS, from the data set's own tables."""

from __future__ import annotations

import numpy as np
import pytest

from tacan.datasets.mars_tables import read_mars_tables
from tacan.evaluation import evaluate_protocols
from tacan.evaluation.importers import load_source
from tacan.features.features_file import Features

COUNTS = {
    "mars-official": (1_980, 1_980, 12_180),
    "mars-9330": (1_980, 1_840, 9_330),
    "mars-11310": (1_980, 1_980, 11_310),
}


def counts_of(results):
    return {
        name: (result.n_query, result.n_valid_query, result.n_gallery)
        for name, result in results.items()
    }


@pytest.mark.data
def test_queries_that_count_and_galleries(shared_data):
    table = read_mars_tables(shared_data / "mars_protocol")
    rng = np.random.default_rng(0)
    features = Features(
        rng.standard_normal((len(table), 4)),
        table.pids,
        table.camids,
        table.is_query,
        table.is_gallery,
    )
    assert counts_of(evaluate_protocols(features, list(COUNTS))) == COUNTS


@pytest.mark.data
def test_features_alone_can_be_scored_with_the_tables(shared_data, tmp_path):
    rng = np.random.default_rng(0)
    np.save(tmp_path / "features.npy", rng.standard_normal((12_180, 4)).astype(np.float32))
    source = load_source(tmp_path / "features.npy", labels=shared_data / "mars_protocol")
    assert counts_of(evaluate_protocols(source, list(COUNTS))) == COUNTS


@pytest.mark.data
def test_distances_alone_can_be_scored_with_the_tables(shared_data, tmp_path):
    distances = np.random.default_rng(0).random((1_980, 12_180), dtype=np.float32)
    np.savez(tmp_path / "matrix.npz", distances=distances)
    source = load_source(tmp_path / "matrix.npz", labels=shared_data / "mars_protocol")
    assert counts_of(evaluate_protocols(source, list(COUNTS))) == COUNTS
    np.savez(tmp_path / "matrix.npz", distances=distances[:, :10_200])
    source = load_source(tmp_path / "matrix.npz", labels=shared_data / "mars_protocol")
    assert counts_of(evaluate_protocols(source, ["mars-9330"])) == {
        "mars-9330": COUNTS["mars-9330"]
    }
