"""Which pairs of cameras are easy and which are hard."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from tacan.evaluation.candidates import select_candidates
from tacan.evaluation.measures import first_ranks
from tacan.evaluation.protocol import Labels, Protocol
from tacan.evaluation.ranking import HitRanks, rank_hits
from tacan.evaluation.source import Source, compare, metric_of, protocol_of
from tacan.progress import Progress, silent

__all__ = ["CameraPair", "camera_pairs"]


@dataclass(frozen=True, slots=True)
class CameraPair:
    """The queries of one camera, searched for among the gallery items of another.

    `mean_ap` and `rank_1` are over the `n_valid_query` of `n_query` queries with a right answer
    there, and NaN where there is none.
    """

    query_camid: int
    gallery_camid: int
    n_query: int
    n_valid_query: int
    mean_ap: float
    rank_1: float


def camera_pairs(
    source: Source, protocol: str, *, metric: str | None = None, progress: Progress = silent
) -> tuple[CameraPair, ...]:
    """`protocol` with the gallery cut down to one camera at a time, for all pairs of cameras.

    The pairs come in the order of query camera and gallery camera, without those of a camera
    with itself. All are counted in one pass over the distances. Progress is in queries.
    """
    metric = metric_of(source, metric)
    base = protocol_of(source, protocol)
    cameras = sorted(set(source.camids[base.ranked(source)].tolist()))
    candidates = select_candidates(source, [_only(base, camera) for camera in cameras])
    results = rank_hits(candidates, compare(source, candidates, metric=metric), progress=progress)
    query_camids = source.camids[candidates.query_rows]
    return tuple(
        _pair(base, hits, query_camids, queried, camera)
        for queried in sorted(set(query_camids.tolist()))
        for camera, hits in zip(cameras, results, strict=True)
        if camera != queried
    )


def _only(protocol: Protocol, camera: int) -> Protocol:
    def marked(labels: Labels) -> NDArray[np.bool_]:
        return protocol.marked(labels) & (labels.camids == camera)

    return replace(protocol, marked=marked)


def _pair(
    protocol: Protocol,
    hits: HitRanks,
    query_camids: NDArray[np.int64],
    queried: int,
    camera: int,
) -> CameraPair:
    precision = protocol.average_precision(hits.ranks, hits.offsets)
    first = first_ranks(hits.ranks, hits.offsets)
    mine = query_camids == queried
    valid = mine & (first > 0)
    n_valid = int(valid.sum())
    return CameraPair(
        query_camid=queried,
        gallery_camid=camera,
        n_query=int(mine.sum()),
        n_valid_query=n_valid,
        mean_ap=float(precision[valid].mean()) if n_valid else float("nan"),
        rank_1=float((first[valid] == 1).mean()) if n_valid else float("nan"),
    )
