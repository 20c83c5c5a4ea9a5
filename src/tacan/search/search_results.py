"""Results of a search, as records that are shown and written."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from tacan.gallery.gallery_records import ModelInfo, StoredTracklet, TrackletFilter
from tacan.retrieval.calibration import Certainty
from tacan.search.query import Query

__all__ = ["Level", "Match", "SearchResults"]

Level = Literal["sure", "likely", "unsure", "unknown", "different"]
"""How sure it is that a match is the query's person: the levels of the calibration, and
`different` for somebody whom the query's camera saw at the same time in another place."""


NOT_JUDGED = Certainty("unknown", 0, 0)


@dataclass(frozen=True, slots=True)
class Match:
    """One tracklet that may show the query's person.

    rank
        From 1, the nearest (or the first after re-ranking).
    distance
        The plain distance, in the search's metric.
    level
        How sure it is.
    certainty
        How sure it is by the plain distance alone, in numbers.
    reranked
        The distance that the order follows after re-ranking.
    nearer_to, nearer_distance
        What the user called somebody else who is nearer to this match than the person is, and how
        near; None where there is nobody.
    """

    rank: int
    tracklet: StoredTracklet
    distance: float
    level: Level = "unknown"
    certainty: Certainty = NOT_JUDGED
    reranked: float | None = None
    nearer_to: str | None = None
    nearer_distance: float | None = None


@dataclass(frozen=True, slots=True)
class SearchResults:
    """What a gallery holds for one query: its matches, best first, and what was searched.

    n_tracklets, n_searched, n_reranked
        In the gallery; of these, those that passed the filter; of these, those that were ranked
        anew, 0 without re-ranking.
    n_undated
        Tracklets that a filter by time leaves out because their time is not known.
    n_pairs, pair_distances
        Pairs of tracklets that certainly show different people, and the least and the largest
        distance of such a pair; None without a pair.
    is_approximate
        Whether some who are near may have been missed, as the gallery's address asked for.
    """

    query: Query
    matches: tuple[Match, ...]
    gallery: Path
    model: ModelInfo
    metric: str
    filters: TrackletFilter
    n_tracklets: int
    n_searched: int
    n_pairs: int
    pair_distances: tuple[float, float] | None = None
    is_reranked: bool = False
    n_reranked: int = 0
    n_undated: int = 0
    is_approximate: bool = False

    @property
    def best(self) -> Match | None:
        """The first match of the list that may be the query's person."""
        return next((match for match in self.matches if match.level != "different"), None)

    @property
    def level(self) -> Level:
        """That of the best match; `different` where all matches are somebody else."""
        if self.best is not None:
            return self.best.level
        return "different" if self.matches else "unknown"
