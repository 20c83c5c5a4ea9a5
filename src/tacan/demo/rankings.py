"""Single queries for the report: how both models ranked the gallery, with crops and marks."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tacan.demo.settings import METHODS, PROTOCOL
from tacan.evaluation import Evaluation
from tacan.evaluation.protocol import PROTOCOLS
from tacan.features.features_file import Features
from tacan.records import TrackletSplit
from tacan.retrieval.distances import METRICS

__all__ = ["RankedTracklet", "Ranking", "Thumbnail", "rank_gallery", "sample_queries", "show_query"]

N_SHOWN = 10
_STREAM = 71


@dataclass(frozen=True, slots=True)
class RankedTracklet:
    """One tracklet of a ranking: the row of the features, its distance, and whether it is right."""

    row: int
    distance: float
    is_right: bool


def sample_queries(evaluation: Evaluation, count: int, *, seed: int) -> list[int]:
    """Rows of `count` queries, sampled from those that count, whatever came of them.

    The same seed gives the same queries for every model, because which queries count depends on
    the data alone.
    """
    rows = evaluation.query_rows[evaluation.first_rank > 0]
    rng = np.random.default_rng([seed, _STREAM])
    return rng.permutation(rows)[:count].tolist()


def rank_gallery(
    features: Features, query: int, *, protocol: str, metric: str
) -> tuple[RankedTracklet, ...]:
    """The gallery in the order of its distance from the tracklet in row `query`.

    The query's own person in its own camera is removed, as the protocol has it. At equal distance
    wrong answers stand before right ones.
    """
    same_pid = features.pids == features.pids[query]
    same_camera = features.camids == features.camids[query]
    rows: NDArray[np.intp] = np.flatnonzero(
        PROTOCOLS[protocol].ranked(features) & ~(same_pid & same_camera)
    )
    distances = METRICS[metric](features.embeddings[[query]], features.embeddings[rows])[0]
    order = np.lexsort((same_pid[rows], distances))
    return tuple(
        RankedTracklet(
            row=int(rows[i]), distance=float(distances[i]), is_right=bool(same_pid[rows[i]])
        )
        for i in order
    )


@dataclass(frozen=True, slots=True)
class Thumbnail:
    """One crop that stands for a tracklet, as a data URI, with what is said of it."""

    uri: str
    who: str
    camid: int
    rank: int = 0
    distance: float = 0.0
    is_right: bool = False


@dataclass(frozen=True, slots=True)
class Ranking:
    """The first answers of one model to a query."""

    title: str
    style: str
    average_precision: float
    first_rank: int
    answers: tuple[Thumbnail, ...]


@dataclass(frozen=True, slots=True)
class ShownQuery:
    """A query and how each model answered it."""

    query: Thumbnail
    n_right: int
    rankings: tuple[Ranking, ...]


def show_query(
    split: TrackletSplit,
    visibility: Mapping[str, NDArray[np.float32]],
    features: Mapping[str, Features],
    evaluations: Mapping[str, Evaluation],
    row: int,
) -> ShownQuery:
    """The query in `row`, and the first ten answers of each method."""
    rankings = []
    n_right = 0
    for method in METHODS:
        evaluation = evaluations[method.name]
        answers = rank_gallery(
            features[method.name], row, protocol=PROTOCOL, metric=evaluation.metric
        )
        n_right = sum(answer.is_right for answer in answers)
        index = int(np.flatnonzero(evaluation.query_rows == row)[0])
        rankings.append(
            Ranking(
                title=method.title,
                style=method.name,
                average_precision=float(evaluation.average_precision[index]),
                first_rank=int(evaluation.first_rank[index]),
                answers=tuple(
                    _thumbnail(split, visibility, answer, rank)
                    for rank, answer in enumerate(answers[:N_SHOWN], start=1)
                ),
            )
        )
    query = _thumbnail(split, visibility, RankedTracklet(row, 0.0, is_right=True), rank=0)
    return ShownQuery(query=query, n_right=n_right, rankings=tuple(rankings))


def _thumbnail(
    split: TrackletSplit,
    visibility: Mapping[str, NDArray[np.float32]],
    answer: RankedTracklet,
    rank: int,
) -> Thumbnail:
    """The tracklet's crop with the most of its person in it: the middle one where many agree."""
    tracklet = split.tracklets[answer.row]
    seen = visibility[tracklet.tracklet_id]
    best = np.flatnonzero(seen >= seen.max() - 1e-3)
    jpeg = tracklet.path(int(best[len(best) // 2])).read_bytes()
    return Thumbnail(
        uri=f"data:image/jpeg;base64,{base64.b64encode(jpeg).decode()}",
        who=f"{tracklet.pid:04d}",
        camid=tracklet.camid,
        rank=rank,
        distance=answer.distance,
        is_right=answer.is_right,
    )
