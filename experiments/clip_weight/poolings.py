"""From the features of a tracklet's clips to one vector: what is compared.

Each is a function of features [n, D] and of the weight model's weights [n], which most ignore.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]


def unit(features: Array) -> Array:
    return features / np.maximum(np.linalg.norm(features, axis=-1, keepdims=True), 1e-12)


def weighted(features: Array, weights: Array) -> Array:
    return weights @ features / max(float(weights.sum()), 1e-12)


def agreement(features: Array) -> Array:
    """The cosine of each clip with the mean of all; negative ones count as none."""
    return np.maximum(unit(features) @ unit(features.mean(0)), 1e-6)


def demoted(weights: Array) -> Array:
    """No clip above the tracklet's median: weights only take away."""
    return np.minimum(weights, np.median(weights))


POOLINGS: dict[str, Callable[[Array, Array], Array]] = {
    "mean": lambda f, _: f.mean(0),
    "L2 mean": lambda f, _: unit(f).mean(0),
    "max": lambda f, _: f.max(0),
    "median": lambda f, _: np.median(f, axis=0),
    "norm": lambda f, _: weighted(f, np.linalg.norm(f, axis=1)),
    "agreement": lambda f, _: weighted(f, agreement(f)),
    "weight": weighted,
    "square root": lambda f, w: weighted(f, np.sqrt(w)),
    "demote only": lambda f, w: weighted(f, demoted(w)),
    "at most 0.5": lambda f, w: weighted(f, np.minimum(w, 0.5)),
    "at most 0.25": lambda f, w: weighted(f, np.minimum(w, 0.25)),
}
