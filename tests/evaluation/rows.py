"""Made-up tracklets for the tests of this room."""

from __future__ import annotations

import numpy as np

from tacan.features.features_file import Features


def made_up(seed, n=120, width=3, *, n_pids=10, n_cameras=4, integers=True):
    """Features with junk, distractors, and, if `integers`, many equal distances."""
    rng = np.random.default_rng(seed)
    vectors = rng.integers(-2, 3, (n, width)) if integers else rng.standard_normal((n, width))
    return Features(
        embeddings=vectors.astype(np.float32),
        pids=rng.integers(-1, n_pids, n),
        camids=rng.integers(1, n_cameras + 1, n),
        is_query=rng.random(n) < 0.3,
        is_gallery=np.ones(n, dtype=bool),
    )


def as_rows(features):
    """The same as dicts for the naive loops."""
    return [
        {
            "vector": features.embeddings[i],
            "pid": int(features.pids[i]),
            "camid": int(features.camids[i]),
            "query": bool(features.is_query[i]),
            "gallery": bool(features.is_gallery[i]),
        }
        for i in range(len(features))
    ]
