"""Does the clip weight know occlusion? It is asked against what the generator knows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from tacan.clips.split import consecutive_clips
from tacan.errors import FeaturesError
from tacan.features.features_file import Features
from tacan.records import DISTRACTOR_PID

__all__ = [
    "CLEAN_FROM",
    "OCCLUDED_TO",
    "OcclusionTest",
    "area_under_curve",
    "clip_visibility",
    "clips_with_weights",
    "occlusion_test",
    "weights_of",
]

CLEAN_FROM = 0.8
"""A clip is clean if this share of the person or more is seen in every one of its frames."""

OCCLUDED_TO = 0.1
"""A clip is wholly occluded if this share of the person or less is seen in each of its frames."""


@dataclass(frozen=True, slots=True, eq=False)
class OcclusionTest:
    """Clip weights of clean [n] and of wholly occluded [o] clips, and how well they part."""

    clean: NDArray[np.float32]
    occluded: NDArray[np.float32]
    n_clips: int
    auc: float


def occlusion_test(
    features: Features, visibility: Mapping[str, NDArray[np.float32]], *, clip_len: int
) -> OcclusionTest:
    """How well the clip weights of `features` tell clean clips from wholly occluded ones.

    All clips of all tracklets of real people count; distractors and junk do not. `visibility`
    holds, for each tracklet id, the share of the person seen in each frame. The AUC is NaN where
    one of the two kinds of clips does not occur.

    Raises `FeaturesError` for features without clip weights, or of other tracklets.
    """
    clean: list[NDArray[np.float32]] = []
    occluded: list[NDArray[np.float32]] = []
    n_clips = 0
    for seen, weights in clips_with_weights(features, visibility, clip_len=clip_len):
        n_clips += len(weights)
        clean.append(weights[seen.min(axis=1) >= CLEAN_FROM])
        occluded.append(weights[seen.max(axis=1) <= OCCLUDED_TO])
    of_clean = np.concatenate([*clean, np.empty(0, np.float32)])
    of_occluded = np.concatenate([*occluded, np.empty(0, np.float32)])
    auc = area_under_curve(of_clean, of_occluded)
    return OcclusionTest(clean=of_clean, occluded=of_occluded, n_clips=n_clips, auc=auc)


def clips_with_weights(
    features: Features, visibility: Mapping[str, NDArray[np.float32]], *, clip_len: int
) -> Iterator[tuple[NDArray[np.float32], NDArray[np.float32]]]:
    """For each tracklet of a real person the visibility of its clips [m, T] and their weights [m].

    Raises `FeaturesError` for features without clip weights, or of other tracklets.
    """
    for row in np.flatnonzero(features.pids > DISTRACTOR_PID):
        weights = weights_of(features, int(row))
        seen = clip_visibility(_frames_of(features, int(row), visibility), clip_len=clip_len)
        if len(seen) != len(weights):
            raise _other_data(f"{len(weights)} weights for {len(seen)} clips")
        yield seen, weights


def area_under_curve(above: NDArray[np.floating], below: NDArray[np.floating]) -> float:
    """The area under the ROC curve: P(a > b) + P(a = b) / 2 for a of `above`, b of `below`.

    It is 1 where every value of `above` is the larger, 0.5 where the two can't be told apart, and
    NaN where one of them is empty.

    >>> area_under_curve(np.array([0.9, 0.4]), np.array([0.1, 0.4]))
    0.875
    """
    n, o = len(above), len(below)
    if not n or not o:
        return float("nan")
    ranks = rankdata(np.concatenate([above, below]))
    return float((ranks[:n].sum() - n * (n + 1) / 2) / (n * o))


def clip_visibility(seen: NDArray[np.float32], *, clip_len: int) -> NDArray[np.float32]:
    """Visibility of each frame [frames] -> that of each frame of each clip [m, T]."""
    return seen[consecutive_clips(len(seen), clip_len)]


def weights_of(features: Features, row: int) -> NDArray[np.float32]:
    """The clip weights [m] of the tracklet in `row`. Raises `FeaturesError` without any."""
    if features.clip_weights is None or features.clip_offsets is None:
        raise FeaturesError(
            "features must hold clip weights to be asked about occlusion",
            got="none",
            remedy="Embed with a model that has a clip weight.",
        )
    return features.clip_weights[features.clip_offsets[row] : features.clip_offsets[row + 1]]


def _frames_of(
    features: Features, row: int, visibility: Mapping[str, NDArray[np.float32]]
) -> NDArray[np.float32]:
    name = "?" if features.tracklet_ids is None else str(features.tracklet_ids[row])
    if name not in visibility:
        raise _other_data(f"no visibility for tracklet {name!r}")
    return visibility[name]


def _other_data(found: str) -> FeaturesError:
    return FeaturesError(
        "features and visibility must be of the same tracklets",
        got=found,
        remedy="Embed the data set that the visibility belongs to.",
    )
