"""Tracklets to embeddings: dense clips, in bounded memory, whatever a tracklet's length.

    crops -> threads that read ahead -> clips of T frames -> batches -> model -> sums per tracklet

Legend: n clips, m clips of a tracklet, T frames, D embedding size, H x W pixels.
"""

from __future__ import annotations

import time
from collections.abc import Generator, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from tacan.embeddings.batches import embed_in_batches
from tacan.embeddings.embedder import ClipEmbedder
from tacan.embeddings.files import Features, save_features
from tacan.embeddings.parts import EmbeddedTracklet, Parts, extraction_key
from tacan.embeddings.reading import FRAMES_AT_ONCE, Stretch, UnreadableCrop, read_ahead
from tacan.errors import ConfigError, DataError
from tacan.progress import Progress, silent
from tacan.records import TrackletSplit

__all__ = ["ExtractionReport", "UnreadableCrop", "extract", "extract_to_file"]

SECONDS_BETWEEN_PARTS = 30.0


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


def extract(
    split: TrackletSplit,
    embedder: ClipEmbedder,
    *,
    batch_frames: int = 64,
    workers: int = 2,
    strict: bool = False,
    partial: Path | None = None,
    progress: Progress = silent,
) -> tuple[Features, ExtractionReport]:
    """Embeds every tracklet of `split` from all of its frames.

    Parameters
    ----------
    split
        The tracklets, junk and distractors included.
    embedder
        The model.
    batch_frames
        Frames that reach the model at once, of one tracklet or of several.
    workers
        Threads that read and resize crops ahead of the model.
    strict
        Whether a crop that can't be read is an error. Otherwise it is passed over, clips are made
        of the frames that can be read, and a tracklet with none left is left out.
    partial
        A folder for finished tracklets, written every half minute and when the extraction is
        interrupted. The same call after an interruption goes on from there. The folder is left in
        place: `extract_to_file` removes it when the features are on disk.
    progress
        Told of frames.

    Returns
    -------
    The features, in the order of `split`, with every clip's weight, and what was passed over.
    A vector differs by less than 1e-5 from that of all its tracklet's clips in one batch.

    Raises
    ------
    CropError
        With `strict`, for the first crop that can't be read.
    DataError
        When no tracklet has a readable crop.
    ConfigError
        For a batch or a number of workers below 1.
    """
    _check_options(batch_frames=batch_frames, workers=workers)
    began = time.monotonic()
    settings = _settings(embedder, strict=strict)
    parts = None if partial is None else Parts(partial, key=extraction_key(split, settings))
    done = {} if parts is None else {tracklet.index: tracklet for tracklet in parts.load()}
    n_resumed = len(done)
    todo = [index for index in range(len(split)) if index not in done]
    stretches = read_ahead(
        split.tracklets,
        todo,
        input_size=embedder.input_size,
        workers=workers,
        depth=workers + -(-2 * batch_frames // FRAMES_AT_ONCE),
        strict=strict,
    )
    n_before = split.n_frames - sum(len(split.tracklets[index]) for index in todo)
    counted = _count(stretches, progress, done=n_before, total=split.n_frames)
    embedded = embed_in_batches(counted, embedder, batch_frames=batch_frames)
    with closing(stretches), closing(_keep(embedded, parts)) as kept:
        done |= {tracklet.index: tracklet for tracklet in kept}
    report = _report(split, done, n_resumed=n_resumed, seconds=time.monotonic() - began)
    return _features(split, embedder, done, settings), report


def extract_to_file(
    split: TrackletSplit,
    embedder: ClipEmbedder,
    path: Path,
    *,
    batch_frames: int = 64,
    workers: int = 2,
    strict: bool = False,
    notes: dict[str, Any] | None = None,
    progress: Progress = silent,
) -> ExtractionReport:
    """`extract`, with its result in the features file `path` and `notes` in the file's meta.

    Unfinished work lies in `path` with `.partial` behind it until the features are written.
    Raises what `extract` raises, and `StorageError`.
    """
    partial = path.with_name(f"{path.name}.partial")
    features, report = extract(
        split,
        embedder,
        batch_frames=batch_frames,
        workers=workers,
        strict=strict,
        partial=partial,
        progress=progress,
    )
    save_features(path, replace(features, meta=features.meta | (notes or {})))
    Parts(partial, key="").remove()
    return report


def _count(
    stretches: Iterable[Stretch], progress: Progress, *, done: int, total: int
) -> Iterator[Stretch]:
    progress(done, total)
    for stretch in stretches:
        yield stretch
        done += stretch.n_asked
        progress(done, total)


def _keep(
    tracklets: Iterable[EmbeddedTracklet], parts: Parts | None
) -> Generator[EmbeddedTracklet]:
    """Passes tracklets on, and saves them now and then, and when the work breaks off."""
    if parts is None:
        yield from tracklets
        return
    unsaved: list[EmbeddedTracklet] = []
    saved_at = time.monotonic()
    try:
        for tracklet in tracklets:
            unsaved.append(tracklet)
            if time.monotonic() - saved_at > SECONDS_BETWEEN_PARTS:
                parts.save(unsaved)
                unsaved, saved_at = [], time.monotonic()
            yield tracklet
    finally:
        parts.save(unsaved)


def _settings(embedder: ClipEmbedder, *, strict: bool) -> dict[str, Any]:
    return {
        "fingerprint": embedder.fingerprint,
        "metric": embedder.metric,
        "clip_len": embedder.clip_len,
        "height": embedder.input_size[0],
        "width": embedder.input_size[1],
        "precision": embedder.precision,
        "strict": strict,
    }


def _features(
    split: TrackletSplit,
    embedder: ClipEmbedder,
    done: dict[int, EmbeddedTracklet],
    settings: dict[str, Any],
) -> Features:
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
            "model_fingerprint": embedder.fingerprint,
            "metric": embedder.metric,
            "settings": plain,
        },
    )


def _report(
    split: TrackletSplit, done: dict[int, EmbeddedTracklet], *, n_resumed: int, seconds: float
) -> ExtractionReport:
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


def _check_options(*, batch_frames: int, workers: int) -> None:
    options = (("batch_frames", batch_frames), ("workers", workers))
    faults = [f"{name} must be at least 1; got {value}" for name, value in options if value < 1]
    if faults:
        raise ConfigError(faults, source="the extraction")
