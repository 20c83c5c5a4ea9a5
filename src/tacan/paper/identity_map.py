"""Figure 5: vectors of five identities in the plane, without and with the min-max loss."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tacan.errors import ConfigError
from tacan.evaluation.identity_spread import people_of, silhouettes
from tacan.features.features_file import Features
from tacan.installing import install_advice

__all__ = ["IdentityMap", "five_identities", "map_identities"]

N_IDENTITIES = 5
PERPLEXITY = 30.0


@dataclass(frozen=True, slots=True, eq=False)
class IdentityMap:
    """n tracklets of the chosen identities, D wide.

    places
        float64 [n, 2], by t-SNE.
    pids
        int64 [n].
    silhouette
        The mean silhouette of these n vectors as they are in D dimensions, scaled to length 1:
        t-SNE draws distances as it likes, and they are no measure.
    silhouette_of_all
        That of all identities.
    """

    places: NDArray[np.float64]
    pids: NDArray[np.int64]
    silhouette: float
    silhouette_of_all: float


def five_identities(features: Features, *, seed: int = 0) -> list[int]:
    """Five pids drawn among those with four tracklets or more; all where there are fewer."""
    _, pids = people_of(features, unit_length=False)
    found, counts = np.unique(pids, return_counts=True)
    often = found[counts >= 4] if (counts >= 4).sum() >= N_IDENTITIES else found
    random = np.random.default_rng(seed)
    return sorted(random.choice(often, size=min(N_IDENTITIES, len(often)), replace=False).tolist())


def map_identities(features: Features, pids: list[int]) -> IdentityMap:
    """Places in the plane for the tracklets of `pids`. The same vectors give the same places.

    Raises `ConfigError` where scikit-learn, which has t-SNE, is not installed.
    """
    try:
        from sklearn.manifold import TSNE  # not needed for anything else
    except ImportError as error:
        raise ConfigError(
            [f"Figure 5 needs scikit-learn, which has t-SNE. {install_advice('scikit-learn')}"],
            source="the figure",
        ) from error
    everyone, of_everyone = people_of(features, unit_length=True)
    chosen = np.isin(of_everyone, pids)
    vectors, labels = everyone[chosen], of_everyone[chosen]
    perplexity = min(PERPLEXITY, (len(vectors) - 1) / 3)
    places = TSNE(
        perplexity=perplexity, init="pca", random_state=0, max_iter=1000, n_jobs=1
    ).fit_transform(vectors)
    return IdentityMap(
        places=places.astype(np.float64),
        pids=labels,
        silhouette=float(silhouettes(vectors, labels).mean()),
        silhouette_of_all=float(silhouettes(everyone, of_everyone).mean()),
    )
