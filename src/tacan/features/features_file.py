"""FEATURES.npz: the embeddings of a set of tracklets, with what is needed to judge them.

The arrays are those of the table in the documentation (`docs/protocols.md`); `embeddings`,
`pids`, `camids`, `is_query` and `is_gallery` are required. The file holds no pickles, and none
is ever read.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tacan.errors import FeaturesError
from tacan.features import checks
from tacan.features.arrays import read_npz
from tacan.files import atomic_path

__all__ = ["Features", "load_features", "save_features"]

REQUIRED = ("embeddings", "pids", "camids", "is_query", "is_gallery")
OPTIONAL = ("tracklet_ids", "clip_weights", "clip_offsets", "meta")


@dataclass(frozen=True, slots=True, eq=False)
class Features:
    """N tracklets as vectors, with identities, cameras and roles; checked when made.

    embeddings
        float32 [N, D], finite, one row a tracklet.
    pids, camids
        int64 [N]. A pid is -1 for junk and 0 for a distractor.
    is_query, is_gallery
        bool [N]; a tracklet can be both.
    tracklet_ids
        str [N], unique, or None.
    clip_weights, clip_offsets
        float32 [sum m] and int64 [N+1], or None for both: tracklet i's clip weights are
        `clip_weights[clip_offsets[i]:clip_offsets[i + 1]]`.
    meta
        data set, split, model fingerprint, settings: whatever JSON can hold.

    Arrays of another width (int32, float64, MATLAB's 0 and 1 for a truth value) are converted.
    Raises `FeaturesError` for what can't be meant: lengths that differ, NaN, pids that are not
    whole numbers, a list of cameras per tracklet, a tracklet that occurs twice.
    """

    embeddings: NDArray[np.float32]
    pids: NDArray[np.int64]
    camids: NDArray[np.int64]
    is_query: NDArray[np.bool_]
    is_gallery: NDArray[np.bool_]
    tracklet_ids: NDArray[np.str_] | None = None
    clip_weights: NDArray[np.float32] | None = None
    clip_offsets: NDArray[np.int64] | None = None
    meta: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        embeddings = checks.matrix("embeddings", self.embeddings)
        n = len(embeddings)
        checked = {
            "embeddings": embeddings,
            "pids": checks.pids(self.pids, n),
            "camids": checks.camids(self.camids, n),
            "is_query": checks.flags("is_query", self.is_query, n),
            "is_gallery": checks.flags("is_gallery", self.is_gallery, n),
        }
        for name, array in checked.items():
            object.__setattr__(self, name, array)
        if self.tracklet_ids is not None:
            object.__setattr__(self, "tracklet_ids", checks.names(self.tracklet_ids, n))
        else:
            queries = np.flatnonzero(self.is_query)
            checks.no_repeated_queries(self.embeddings, self.pids, self.camids, queries)
        weights, offsets = checks.ragged(self.clip_weights, self.clip_offsets, n)
        object.__setattr__(self, "clip_weights", weights)
        object.__setattr__(self, "clip_offsets", offsets)

    def __len__(self) -> int:
        return len(self.embeddings)

    @property
    def metric(self) -> str | None:
        """The metric that the vectors were made for, if `meta` tells."""
        metric = self.meta.get("metric")
        return metric if isinstance(metric, str) else None


def save_features(path: Path, features: Features) -> Path:
    """Writes `features` to `path`, whole or not at all. Raises `StorageError`."""
    arrays: dict[str, Any] = {name: getattr(features, name) for name in REQUIRED}
    for name in OPTIONAL[:-1]:
        if getattr(features, name) is not None:
            arrays[name] = getattr(features, name)
    arrays["meta"] = np.array(json.dumps(features.meta, sort_keys=True, ensure_ascii=False))
    with atomic_path(path) as draft, draft.open("wb") as stream:
        np.savez(stream, allow_pickle=False, **arrays)
    return path


def load_features(path: Path | str) -> Features:
    """Reads a features file: N tracklets, and for each a vector [D] and who it shows.

    The arrays and their shapes are those of `Features`. Raises `FeaturesError` for a file that is
    missing, damaged or contradicts itself.

    >>> features = load_features("people.npz")  # doctest: +SKIP
    >>> len(features), features.embeddings.shape, features.metric  # doctest: +SKIP
    (12, (12, 512), 'cosine')
    """
    path = Path(path)
    if not path.is_file():
        raise FeaturesError(
            "a features file must exist",
            got=str(path),
            remedy="Check the path, or make the file with `tacan embed`.",
        )
    arrays = read_npz(path, (*REQUIRED, *OPTIONAL))
    missing = [name for name in REQUIRED if name not in arrays]
    if missing:
        raise FeaturesError(
            f"a features file must hold the arrays {', '.join(REQUIRED)}",
            got=f"{path} without {', '.join(missing)}",
            remedy="Add them; `tacan embed` writes them all.",
        )
    meta = _read_meta(path, arrays.pop("meta", None))
    try:
        return Features(**arrays, meta=meta)
    except FeaturesError as error:
        raise FeaturesError(f"{path}: {error.rule}", got=error.got, remedy=error.remedy) from error


def _read_meta(path: Path, stored: NDArray[Any] | None) -> dict[str, Any]:
    if stored is None:
        return {}
    try:
        meta = json.loads(str(stored[()]))
    except (ValueError, RecursionError) as error:
        raise FeaturesError(
            "`meta` must be JSON",
            got=f"{path} with {str(stored)[:60]!r}",
            remedy="Mend or drop it.",
        ) from error
    return meta if isinstance(meta, dict) else {"meta": meta}
