"""From finished tracklets to a features record and a report."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from tacan.embeddings.parts import EmbeddedTracklet
from tacan.embeddings.reading import UnreadableCrop
from tacan.errors import DataError
from tacan.features.features_file import Features
from tacan.records import TrackletSplit

__all__ = ["ExtractionReport", "make_features", "make_report"]


@dataclass(frozen=True)
class ExtractionReport:
    """What was embedded and what was passed over."""

    n_tracklets: int
    """Rows of the features."""
    n_frames: int
    """Crops that were read."""
    n_clips: int
    unreadable: tuple[UnreadableCrop, ...]
    """Crops that could not be read."""
    left_out: tuple[str, ...]
    """Ids of the tracklets without a readable crop."""
    n_resumed: int
    """Tracklets taken over from an interrupted extraction."""
    seconds: float

    def summary(self) -> str:
        """One line: how much was embedded, how fast."""
        resumed = f" ({self.n_resumed} of them from before)" if self.n_resumed else ""
        rate = f"{self.n_frames / self.seconds:.0f} frames/s, " if not self.n_resumed else ""
        return (
            f"{self.n_tracklets} tracklets{resumed}, {self.n_frames} frames, "
            f"{self.n_clips} clips, {rate}{self.seconds:.1f} s"
        )

    def faults(self, *, at_most: int) -> list[str]:
        """One line for each crop that was passed over and each tracklet left out.

        Of either kind at most `at_most` lines, and one that counts the rest.
        """
        crops = [f"passed over: {crop.reason}" for crop in self.unreadable]
        empty = [f"left out, no crop can be read: tracklet {name}" for name in self.left_out]
        lines: list[str] = []
        for kind, found in (("crops passed over", crops), ("tracklets left out", empty)):
            n_more = len(found) - at_most
            lines += found[:at_most] + ([f"and {n_more} more {kind}"] if n_more > 0 else [])
        return lines


def make_features(
    split: TrackletSplit,
    done: dict[int, EmbeddedTracklet],
    settings: dict[str, Any],
) -> Features:
    """The features of the tracklets that were embedded, in the order of `split`.

    `done` holds every tracklet of `split` under its number. Raises `DataError` when none of them
    has an embedding.
    """
    rows = [
        (index, done[index].embedding, done[index].clip_weights)
        for index in range(len(split))
        if done[index].embedding is not None
    ]
    if not rows:
        raise DataError(
            "at least one tracklet must have a crop that can be read",
            got=f"none in {len(split)} tracklets of {split.dataset}",
            remedy="Check the files; with --strict the first bad one is named.",
        )
    indices = [index for index, _, _ in rows]
    tracklets = [split.tracklets[index] for index in indices]
    plain = {key: value for key, value in settings.items() if key not in ("fingerprint", "metric")}
    return Features(
        embeddings=np.array([embedding for _, embedding, _ in rows]),
        pids=np.array([tracklet.pid for tracklet in tracklets], np.int64),
        camids=np.array([tracklet.camid for tracklet in tracklets], np.int64),
        is_query=np.array([split.is_query[index] for index in indices]),
        is_gallery=np.array([split.is_gallery[index] for index in indices]),
        tracklet_ids=np.array([tracklet.tracklet_id for tracklet in tracklets]),
        clip_weights=np.concatenate([weights for _, _, weights in rows]),
        clip_offsets=np.cumsum([0, *(len(weights) for _, _, weights in rows)]),
        meta={
            "dataset": split.dataset,
            "split": split.split,
            "model_fingerprint": settings["fingerprint"],
            "metric": settings["metric"],
            "settings": plain,
        },
    )


def make_report(
    split: TrackletSplit, done: dict[int, EmbeddedTracklet], *, n_resumed: int, seconds: float
) -> ExtractionReport:
    """What there is to say of `done`, which holds every tracklet of `split` under its number."""
    in_order = [done[index] for index in range(len(split))]
    unreadable = tuple(crop for tracklet in in_order for crop in tracklet.unreadable)
    empty = [tracklet.index for tracklet in in_order if tracklet.embedding is None]
    return ExtractionReport(
        n_tracklets=len(split) - len(empty),
        n_frames=split.n_frames - len(unreadable),
        n_clips=sum(len(tracklet.clip_weights) for tracklet in in_order),
        unreadable=unreadable,
        left_out=tuple(split.tracklets[index].tracklet_id for index in empty),
        n_resumed=n_resumed,
        seconds=seconds,
    )
