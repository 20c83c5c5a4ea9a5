"""What a search has found, as records that are shown and written."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from tacan.gallery.gallery_records import ModelInfo, StoredTracklet, TrackletFilter
from tacan.retrieval.calibration import Certainty
from tacan.search.query import Query

__all__ = ["Answer", "Findings", "Level", "Sighting", "Verdict"]

Level = Literal["sure", "likely", "unsure", "unknown", "different"]
"""The words of a calibrated search, and `different` for someone who was elsewhere then."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """How sure something is: a level for programs, a word or a headline, and the reason."""

    level: Level
    words: str
    why: str


@dataclass(frozen=True, slots=True)
class Sighting:
    """One tracklet that may show the person, the nearest being of rank 1.

    certainty
        How sure it is by the distance alone.
    verdict
        The same in words, with what else is known.
    """

    rank: int
    tracklet: StoredTracklet
    distance: float
    certainty: Certainty
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Answer:
    """What was found for one query: its sightings, nearest first, and what they amount to."""

    query: Query
    sightings: tuple[Sighting, ...]
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Findings:
    """A whole search: what was asked of which gallery, and the answers in the queries' order.

    `n_searched` counts the tracklets that passed the filter. `n_different` counts the pairs of
    tracklets that certainly show different people, from which it is known how sure an answer is.
    `reranked` says that the order is not that of the distances alone.
    """

    gallery: Path
    model: ModelInfo
    metric: str
    n_tracklets: int
    n_searched: int
    n_different: int
    filters: TrackletFilter
    reranked: bool
    answers: tuple[Answer, ...]
