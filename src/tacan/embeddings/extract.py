"""Tracklets to embeddings: dense clips, in bounded memory, whatever a tracklet's length.

    crops -> threads that read ahead -> clips of T frames -> batches -> model -> sums per tracklet

Legend: n clips, m clips of a tracklet, T frames, D embedding size, H x W pixels.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

from tacan.cores import available_cores
from tacan.embeddings.batches import embed_in_batches
from tacan.embeddings.embedder import ClipEmbedder
from tacan.embeddings.embedding_report import ExtractionReport, make_features, make_report
from tacan.embeddings.parts import EmbeddedTracklet, Parts, extraction_key, file_states
from tacan.embeddings.reading import FRAMES_AT_ONCE, Stretch, UnreadableCrop, read_ahead
from tacan.errors import ConfigError, StorageError
from tacan.features.features_file import Features, save_features
from tacan.progress import Progress, silent
from tacan.records import Tracklet, TrackletSplit

__all__ = [
    "Elsewhere",
    "ExtractionReport",
    "UnreadableCrop",
    "embed",
    "embed_to_file",
    "embed_tracklets",
    "partial_folder",
]

Elsewhere = Callable[[Sequence[int], Progress], Iterable[EmbeddedTracklet]]
"""Gives the tracklets of these numbers as they are embedded; progress is in their frames."""

SECONDS_BETWEEN_PARTS = 30.0
MOST_READERS = 8


def embed(
    split: TrackletSplit,
    embedder: ClipEmbedder,
    *,
    batch_frames: int = 64,
    workers: int | None = None,
    strict: bool = False,
    partial: Path | None = None,
    elsewhere: Elsewhere | None = None,
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
        Threads that read and resize crops ahead of the model: when not given one for each core,
        at most 8.
    strict
        Whether a crop that can't be read is an error. Otherwise it is passed over, clips are made
        of the frames that can be read, and a tracklet with none left is left out.
    partial
        A folder for finished tracklets, written every half minute and when the extraction is
        interrupted. The same call after an interruption goes on from there, and does tracklets
        whose files have changed anew. The folder is left in place: `embed_to_file` removes it
        when the features are on disk.
    elsewhere
        Embeds tracklets, given by their numbers in `split`, in place of this process.
    progress
        Told of frames.

    Returns
    -------
    The features, in the order of `split` (`embeddings` is float32 [N, D], `pids` int64 [N]), with
    every clip's weight, and what was passed over. With w_i the weights of a tracklet's clips and
    e_i their embeddings, its vector is what the model makes of the sum of w_i e_i over that of w_i.
    A vector differs by less than 1e-5 from that of all its tracklet's clips in one batch.

    Raises
    ------
    CropError
        With `strict`, for the first crop that can't be read.
    DataError
        When no tracklet has a readable crop.
    ConfigError
        For a batch or a number of workers below 1.

    >>> model = tacan.open_model("street")  # doctest: +SKIP
    >>> features, report = embed(load_dataset("folder", "people"), model)  # doctest: +SKIP
    >>> features.embeddings.shape, features.pids.shape, report.summary()  # doctest: +SKIP
    ((12, 512), (12,), '12 tracklets, 288 frames')
    """
    workers = min(available_cores(), MOST_READERS) if workers is None else workers
    _check_options(batch_frames=batch_frames, workers=workers)
    began = time.monotonic()
    settings = _settings(embedder, strict=strict)
    parts = None
    if partial is not None:
        states = [file_states(tracklet) for tracklet in split]
        parts = Parts(partial, key=extraction_key(split, settings), states=states)
    done = {} if parts is None else {tracklet.index: tracklet for tracklet in parts.open()}
    n_resumed = len(done)
    todo = [index for index in range(len(split)) if index not in done]
    n_before = split.n_frames - sum(len(split.tracklets[index]) for index in todo)
    heard = _moved(progress, n_before, split.n_frames)
    how = {"batch_frames": batch_frames, "workers": workers, "strict": strict}
    if elsewhere is None:
        embedded = embed_tracklets(split.tracklets, todo, embedder, **how, progress=heard)
    else:
        embedded = elsewhere(todo, heard)
    with closing(_keep(embedded, parts)) as kept:
        done |= {tracklet.index: tracklet for tracklet in kept}
    report = make_report(split, done, n_resumed=n_resumed, seconds=time.monotonic() - began)
    return make_features(split, done, settings), report


def embed_tracklets(
    tracklets: Sequence[Tracklet],
    todo: Sequence[int],
    embedder: ClipEmbedder,
    *,
    batch_frames: int,
    workers: int,
    strict: bool,
    progress: Progress = silent,
) -> Generator[EmbeddedTracklet]:
    """The tracklets of the numbers `todo`, embedded as `embed` does it, in their order.

    Progress is in frames of these.
    """
    stretches = read_ahead(
        tracklets,
        todo,
        input_size=embedder.input_size,
        workers=workers,
        depth=workers + -(-2 * batch_frames // FRAMES_AT_ONCE),
        strict=strict,
    )
    total = sum(len(tracklets[index]) for index in todo)
    counted = _count(stretches, progress, total=total)
    with closing(stretches):
        yield from embed_in_batches(counted, embedder, batch_frames=batch_frames)


def partial_folder(path: Path) -> Path:
    """Where `embed_to_file` keeps unfinished work for the features file `path`."""
    return path.with_name(f"{path.name}.partial")


def embed_to_file(
    split: TrackletSplit,
    embedder: ClipEmbedder,
    path: Path,
    *,
    batch_frames: int = 64,
    workers: int | None = None,
    strict: bool = False,
    notes: dict[str, Any] | None = None,
    elsewhere: Elsewhere | None = None,
    progress: Progress = silent,
) -> ExtractionReport:
    """`embed`, with its result in the features file `path` and `notes` in the file's meta.

    Unfinished work lies in `path` with `.partial` behind it until the features are written.
    Raises what `embed` raises, and `StorageError`.
    """
    if path.is_dir():
        raise StorageError(
            "the features go into a file", got=f"the folder {path}", remedy="Add a file name to it."
        )
    partial = partial_folder(path)
    features, report = embed(
        split,
        embedder,
        batch_frames=batch_frames,
        workers=workers,
        strict=strict,
        partial=partial,
        elsewhere=elsewhere,
        progress=progress,
    )
    save_features(path, replace(features, meta=features.meta | (notes or {})))
    Parts(partial, key="").remove()
    return report


def _moved(progress: Progress, before: int, total: int) -> Progress:
    """The listener for those who know nothing of what was done before."""
    return lambda done, _: progress(before + done, total)


def _count(stretches: Iterable[Stretch], progress: Progress, *, total: int) -> Iterator[Stretch]:
    done = 0
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


def _check_options(*, batch_frames: int, workers: int) -> None:
    options = (("batch_frames", batch_frames), ("workers", workers))
    faults = [f"{name} must be at least 1; got {value}" for name, value in options if value < 1]
    if faults:
        raise ConfigError(faults, source="the extraction")
