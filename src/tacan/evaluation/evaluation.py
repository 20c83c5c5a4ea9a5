"""One source of distances under one protocol: the result, and how to get it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tacan.errors import ConfigError, FeaturesError
from tacan.evaluation.candidates import Candidates, select_candidates
from tacan.evaluation.measures import cmc, first_ranks, inverse_negative_penalty
from tacan.evaluation.protocol import Protocol, parse_protocols
from tacan.evaluation.ranking import HitRanks, rank_hits
from tacan.evaluation.source import Source, compare, metric_of, protocol_of
from tacan.features.features_file import Features
from tacan.progress import Progress, silent
from tacan.records import DISTRACTOR_PID
from tacan.retrieval.comparison import Comparison, MatrixComparison
from tacan.retrieval.rerank_settings import Reranking
from tacan.text import counted

__all__ = ["Evaluation", "NotCounted", "evaluate", "evaluate_protocols"]

N_RANKS = 50


@dataclass(frozen=True, slots=True)
class NotCounted:
    """Queries without a right answer, by the reason.

    no_person
        Junk and distractors among the queries.
    same_camera
        The gallery has the person, but in the query's own camera only.
    absent
        The gallery has nothing of the person but the query itself.
    """

    no_person: int
    same_camera: int
    absent: int


@dataclass(frozen=True, slots=True, eq=False)
class Evaluation:
    """What a set of embeddings is worth under a protocol, as fractions.

    metric
        "euclidean" or "cosine", with "+rerank" where it was re-ranked; "as given" for distances
        that came ready.
    model_metric
        The metric that the features were made for, None where they don't tell.
    mean_ap, mean_inp
        The means of `average_precision` and `inp` over the queries that count.
    cmc
        [50]; `cmc[n - 1]` is the share of counting queries with a right answer in the first n.
    n_query, n_valid_query, n_gallery
        All queries, those that count (with a right answer to be found), and the gallery.
    not_counted
        Why the others don't.
    query_rows, average_precision, inp, first_rank
        [n_query]: each query's row in the source, its average precision and inverse negative
        penalty (NaN if it doesn't count), and the rank of its first right answer (0 if it
        doesn't count).
    hit_ranks
        The ranks of all right answers of all queries.
    """

    protocol: str
    metric: str
    model_metric: str | None
    mean_ap: float
    mean_inp: float
    cmc: NDArray[np.float64]
    n_query: int
    n_valid_query: int
    not_counted: NotCounted
    n_gallery: int
    query_rows: NDArray[np.int64]
    average_precision: NDArray[np.float64]
    inp: NDArray[np.float64]
    first_rank: NDArray[np.int64]
    hit_ranks: HitRanks

    @property
    def rank_1(self) -> float:
        return float(self.cmc[0])

    @property
    def counts(self) -> NDArray[np.bool_]:
        """[n_query]: whether each query has a right answer to be found."""
        return self.first_rank > 0


def evaluate(
    source: Source,
    protocol: str,
    *,
    metric: str | None = None,
    rerank: Reranking | None = None,
    progress: Progress = silent,
) -> Evaluation:
    """Scores `source` under one protocol.

    Parameters
    ----------
    source
        Features of N tracklets, or their distances [Q, G] with labels.
    protocol
        A name in `PROTOCOLS`, such as `cross-camera`.
    metric
        `euclidean` or `cosine`; when not given, that of the features, or else `euclidean`.
    rerank
        Numbers of a re-ranking by k-reciprocal neighbours; none when not given.
    progress
        In queries.

    Returns
    -------
    `mean_ap` and `mean_inp` are fractions, `cmc` is float64 [G]: the share of the queries whose
    first right answer is among the first n. With k right answers up to rank r, AP is the mean of
    k/r over the right answers, but where docs/protocols.md says otherwise. A query without a right
    answer counts for nothing, and `n_query - n_valid_query` tells how many there are. At equal
    distance every wrong answer stands before every right one.

    Raises `ConfigError` for an unknown protocol or metric, and `FeaturesError` where a protocol
    finds no query, no gallery or no query that counts.

    >>> result = evaluate(load_features(Path("people.npz")), "cross-camera")  # doctest: +SKIP
    >>> result.mean_ap, result.cmc[0], result.n_valid_query  # doctest: +SKIP
    (0.815, 0.836, 73)
    """
    results = evaluate_protocols(
        source, [protocol], metric=metric, rerank=rerank, progress=progress
    )
    return results[protocol]


def evaluate_protocols(
    source: Source,
    protocols: Sequence[str],
    *,
    metric: str | None = None,
    rerank: Reranking | None = None,
    progress: Progress = silent,
) -> dict[str, Evaluation]:
    """Scores `source` under several protocols in one pass over the distances.

    Memory stays near the size of the features: distances exist for 512 queries at a time. With
    `rerank` each protocol takes a pass of its own, because what is re-ranked is its gallery.
    `metric` is that of the features by default, see `metric_of`. Progress is in queries. Raises
    `ConfigError` for an unknown protocol or metric, and `FeaturesError` where a protocol finds no
    query, no gallery or no query that counts.
    """
    names = parse_protocols(",".join(protocols))
    wanted = [protocol_of(source, name) for name in names]
    metric = metric_of(source, metric)
    if rerank is not None:
        return {
            protocol.name: _reranked(source, protocol, metric, rerank, progress)
            for protocol in wanted
        }
    candidates = select_candidates(source, wanted)
    results = rank_hits(candidates, compare(source, candidates, metric=metric), progress=progress)
    return {
        protocol.name: _evaluation(source, protocol, metric, candidates, hits)
        for protocol, hits in zip(wanted, results, strict=True)
    }


def _evaluation(
    source: Source, protocol: Protocol, metric: str, candidates: Candidates, hits: HitRanks
) -> Evaluation:
    """The measures, from the ranks of the right answers."""
    precision = protocol.average_precision(hits.ranks, hits.offsets)
    inp = inverse_negative_penalty(hits.ranks, hits.offsets)
    first = first_ranks(hits.ranks, hits.offsets)
    n_valid = int((first > 0).sum())
    not_counted = _why_not_counted(source, protocol, candidates, first)
    if n_valid == 0:
        raise _nothing_counts(source, protocol, not_counted)
    return Evaluation(
        protocol=protocol.name,
        metric=metric,
        model_metric=source.metric if isinstance(source, Features) else None,
        mean_ap=float(precision[first > 0].mean()),
        mean_inp=float(inp[first > 0].mean()),
        cmc=cmc(first, N_RANKS),
        n_query=len(first),
        n_valid_query=n_valid,
        not_counted=not_counted,
        n_gallery=int(protocol.gallery(source).sum()),
        query_rows=candidates.query_rows,
        average_precision=precision,
        inp=inp,
        first_rank=first,
        hit_ranks=hits,
    )


def _why_not_counted(
    source: Source, protocol: Protocol, candidates: Candidates, first: NDArray[np.int64]
) -> NotCounted:
    is_person = source.pids[candidates.query_rows] > DISTRACTOR_PID
    query, rows = candidates.same_camera.queries, candidates.column_rows
    rows = rows[candidates.same_camera.columns]
    others = protocol.ranked(source)[rows] & (rows != candidates.query_rows[query])
    is_near = np.bincount(query[others], minlength=len(first)) > 0
    return NotCounted(
        no_person=int(((first == 0) & ~is_person).sum()),
        same_camera=int(((first == 0) & is_person & is_near).sum()),
        absent=int(((first == 0) & is_person & ~is_near).sum()),
    )


def _nothing_counts(source: Source, protocol: Protocol, found: NotCounted) -> FeaturesError:
    """Why no query of a protocol has a right answer, and what to do about the likeliest cause."""
    n_query = found.no_person + found.same_camera + found.absent
    cameras = np.unique(source.camids)
    reasons = {
        "junk or a distractor": found.no_person,
        "of people whom the gallery has in the query's own camera only": found.same_camera,
        "of people of whom the gallery has nothing": found.absent,
    }
    told = ", ".join(f"{count:,} {reason}" for reason, count in reasons.items() if count)
    remedy = "Check pids and camids: are they those of the same tracklets?"
    if len(cameras) == 1:
        told = f"every tracklet is in camera {cameras[0]}; {told}"
        remedy = (
            "Give each camera a number of its own. Where the cameras aren't known, and the gallery "
            "holds no query's own tracklet, give the queries camera 1 and the gallery camera 2."
        )
    elif found.same_camera:
        remedy += " A right answer must be of another camera than its query."
    elif found.absent:
        remedy = "Are queries and gallery of the same people, numbered alike?"
    return FeaturesError(
        f"`{protocol.name}` must have a query with a right answer in another camera",
        got=f"none among {counted(n_query, 'query', 'queries')} ({told})",
        remedy=remedy,
    )


def _reranked(
    source: Source, protocol: Protocol, metric: str, settings: Reranking, progress: Progress
) -> Evaluation:
    # scipy.sparse takes a third of a second to import, which only re-ranking has to pay.
    from tacan.retrieval.rerank import rerank_distances

    if not isinstance(source, Features):
        fault = "re-ranking needs embeddings: it compares gallery items with each other"
        raise ConfigError([fault], source="the re-ranking")
    candidates = select_candidates(source, [protocol])
    distances = rerank_distances(
        source.embeddings[candidates.query_rows],
        source.embeddings[candidates.column_rows],
        settings,
        metric=metric,
        progress=progress,
    )
    comparison: Comparison = MatrixComparison(distances, np.arange(distances.shape[1]))
    (hits,) = rank_hits(candidates, comparison)
    return _evaluation(source, protocol, f"{metric}+rerank", candidates, hits)
