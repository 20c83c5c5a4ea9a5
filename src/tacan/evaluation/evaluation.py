"""One features file under one protocol: the result, and how to get it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tacan.embeddings.files import Features
from tacan.errors import FeaturesError
from tacan.evaluation.comparison import VectorComparison
from tacan.evaluation.contest import Contest, make_contest
from tacan.evaluation.measures import cmc, first_ranks
from tacan.evaluation.protocol import PROTOCOLS, parse_protocols
from tacan.evaluation.ranking import HitRanks, rank_hits
from tacan.progress import Progress, silent

__all__ = ["Evaluation", "evaluate", "evaluate_protocols"]

N_RANKS = 50


@dataclass(frozen=True, slots=True, eq=False)
class Evaluation:
    """What a set of embeddings is worth under a protocol, as fractions.

    mean_ap
        The mean of `average_precision` over the queries that count.
    cmc
        [50]; `cmc[n - 1]` is the share of counting queries with a right answer in the first n.
    n_query, n_valid_query, n_gallery
        All queries, those that count (with a right answer to be found), and the gallery.
    query_rows, average_precision, first_rank
        [n_query]: each query's row in the features, its average precision (NaN if it doesn't
        count), and the rank of its first right answer (0 if it doesn't count).
    hit_ranks
        The ranks of all right answers of all queries.
    """

    protocol: str
    metric: str
    mean_ap: float
    cmc: NDArray[np.float64]
    n_query: int
    n_valid_query: int
    n_gallery: int
    query_rows: NDArray[np.int64]
    average_precision: NDArray[np.float64]
    first_rank: NDArray[np.int64]
    hit_ranks: HitRanks

    @property
    def rank_1(self) -> float:
        return float(self.cmc[0])


def evaluate(
    features: Features,
    protocol: str,
    *,
    metric: str = "euclidean",
    progress: Progress = silent,
) -> Evaluation:
    """Scores `features` under one protocol, see `evaluate_protocols`."""
    return evaluate_protocols(features, [protocol], metric=metric, progress=progress)[protocol]


def evaluate_protocols(
    features: Features,
    protocols: Sequence[str],
    *,
    metric: str = "euclidean",
    progress: Progress = silent,
) -> dict[str, Evaluation]:
    """Scores `features` under several protocols in one pass over the distances.

    Memory stays near the size of the features: distances exist for 512 queries at a time.
    Progress is in queries. Raises `ConfigError` for an unknown protocol or metric, and
    `FeaturesError` where a protocol finds no query, no gallery or no query that counts.
    """
    names = parse_protocols(",".join(protocols))
    contest = make_contest(features, [PROTOCOLS[name] for name in names])
    comparison = VectorComparison(
        features.embeddings, contest.query_rows, contest.column_rows, metric=metric
    )
    results = rank_hits(contest, comparison, progress=progress)
    return {
        name: _judge(features, name, metric, contest, hits)
        for name, hits in zip(names, results, strict=True)
    }


def _judge(
    features: Features, name: str, metric: str, contest: Contest, hits: HitRanks
) -> Evaluation:
    protocol = PROTOCOLS[name]
    precision = protocol.average_precision(hits.ranks, hits.offsets)
    first = first_ranks(hits.ranks, hits.offsets)
    n_valid = int((first > 0).sum())
    if n_valid == 0:
        raise FeaturesError(
            f"`{name}` must have a query with a right answer in another camera",
            got=f"none among {len(first)} queries",
            remedy="Check pids and camids: are they those of the same tracklets?",
        )
    return Evaluation(
        protocol=name,
        metric=metric,
        mean_ap=float(precision[first > 0].mean()),
        cmc=cmc(first, N_RANKS),
        n_query=len(first),
        n_valid_query=n_valid,
        n_gallery=int(protocol.gallery(features).sum()),
        query_rows=contest.query_rows,
        average_precision=precision,
        first_rank=first,
        hit_ranks=hits,
    )
