from __future__ import annotations

import json
from importlib.resources import files

import numpy as np

from tacan.retrieval.priors import FILE, load_prior


def test_the_shipped_model_has_one_for_its_own_metric_and_no_other():
    folder = files("tacan").joinpath("shipped").joinpath("street")
    model = json.loads(folder.joinpath("config.json").read_text())
    stored = json.loads(folder.joinpath(FILE).read_text())
    assert stored["fingerprint"] == model["fingerprint"]
    assert stored["metric"] == model["model"]["metric"]
    prior = load_prior(model["fingerprint"], "cosine")
    assert prior is not None
    assert len(prior.distances) >= 100
    assert (np.diff(prior.distances) >= 0).all()
    assert 0 < prior.distances[0] < np.median(prior.distances) < 1.2
    assert load_prior(model["fingerprint"], "euclidean") is None
    assert load_prior("another", "cosine") is None
