"""Ranked results for single queries, as the protocol ranks them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tacan.evaluation import Evaluation
from tacan.evaluation.protocol import PROTOCOLS
from tacan.features.files import Features
from tacan.retrieval.distances import METRICS

__all__ = ["Answer", "draw_queries", "ranked_answers"]

_STREAM = 71


@dataclass(frozen=True, slots=True)
class Answer:
    """One place in a ranking: the row of the features, its distance, and whether it is right."""

    row: int
    distance: float
    is_right: bool


def draw_queries(evaluation: Evaluation, count: int, *, seed: int) -> list[int]:
    """Rows of `count` queries drawn at random from those that count, whatever came of them.

    The same seed draws the same queries for every model, because which queries count depends on
    the data alone.
    """
    rows = evaluation.query_rows[evaluation.first_rank > 0]
    rng = np.random.default_rng([seed, _STREAM])
    return rng.permutation(rows)[:count].tolist()


def ranked_answers(
    features: Features, query: int, *, protocol: str, metric: str
) -> tuple[Answer, ...]:
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
        Answer(row=int(rows[i]), distance=float(distances[i]), is_right=bool(same_pid[rows[i]]))
        for i in order
    )
