"""What the report shows of single queries: crops, marks, and how both models ranked."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tacan.demo.search import Answer, ranked_answers
from tacan.demo.settings import METHODS, PROTOCOL
from tacan.evaluation import Evaluation
from tacan.features.files import Features
from tacan.records import TrackletSplit

__all__ = ["Ranking", "Thumbnail", "show_query"]

N_SHOWN = 10


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
        answers = ranked_answers(
            features[method.name], row, protocol=PROTOCOL, metric=evaluation.metric
        )
        n_right = sum(answer.is_right for answer in answers)
        place = int(np.flatnonzero(evaluation.query_rows == row)[0])
        rankings.append(
            Ranking(
                title=method.title,
                style=method.name,
                average_precision=float(evaluation.average_precision[place]),
                first_rank=int(evaluation.first_rank[place]),
                answers=tuple(
                    _thumbnail(split, visibility, answer, rank)
                    for rank, answer in enumerate(answers[:N_SHOWN], start=1)
                ),
            )
        )
    query = _thumbnail(split, visibility, Answer(row, 0.0, is_right=True), rank=0)
    return ShownQuery(query=query, n_right=n_right, rankings=tuple(rankings))


def _thumbnail(
    split: TrackletSplit, visibility: Mapping[str, NDArray[np.float32]], answer: Answer, rank: int
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
