"""Conditions that models, sources, tracklets and vectors must meet to enter a gallery."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from tacan.errors import DataError, GalleryError, GalleryModelError
from tacan.gallery.gallery_records import ModelInfo, NewSource, NewTracklet
from tacan.gallery.timestamps import FIRST_TIMESTAMP, LAST_TIMESTAMP, to_microseconds
from tacan.retrieval.distances import METRICS

__all__ = [
    "check_fingerprint",
    "check_model_info",
    "check_source",
    "check_tracklet",
    "check_vector",
]

MAX_EMBEDDING_DIM = 2**16
MAX_SECONDS = 1e9


def check_model_info(model: ModelInfo) -> None:
    """Raises `GalleryModelError` for a model whose vectors no gallery can hold."""
    if (
        model.metric not in METRICS
        or not 1 <= model.embedding_dim <= MAX_EMBEDDING_DIM
        or not model.fingerprint
    ):
        raise GalleryModelError(
            f"a gallery's model must have a fingerprint, vectors of 1 to {MAX_EMBEDDING_DIM:,} "
            f"numbers, and a known metric ({', '.join(METRICS)})",
            got=model,
            remedy="Check how the model was exported.",
        )


def check_fingerprint(fingerprint: str, model: ModelInfo) -> None:
    """Raises `GalleryModelError` unless it is the fingerprint of the gallery's model."""
    if fingerprint != model.fingerprint:
        weighted = model.clip_weight != "none"
        weight = f" with the clip weight of {model.clip_weight}" if weighted else ""
        raise GalleryModelError(
            f"vectors and queries must be of the gallery's model, {model.name}{weight} "
            f"({model.fingerprint[:12]})",
            got=f"fingerprint {fingerprint[:12] or 'none'}",
            remedy="Use that model (--model) and clip weight (--clip-weight "
            f"{model.clip_weight}), as they were when the gallery was made: those that ship can "
            "change with the version. Or index the videos into a new gallery. A search for a "
            "tracklet of the gallery needs no model.",
        )


def check_source(source: NewSource) -> None:
    """Raises `GalleryError` for a camera whose name can't be part of a tracklet's, and for a start
    outside of the years 2 to 9998, at whose borders times can't be computed."""
    name = source.camera
    if not name or name != name.strip() or "/" in name or not name.isprintable():
        raise GalleryError(
            "a camera's name must be plain text without / and without spaces at its ends",
            got=repr(name),
            remedy="Name it such as entrance or car-park 2.",
        )
    _check_text(source.path, source.name, *_strings(source.settings))
    if source.start is None:
        return
    start = to_microseconds(source.start)
    if not FIRST_TIMESTAMP <= start <= LAST_TIMESTAMP - MAX_SECONDS * 1e6:
        raise GalleryError(
            "a source must start in the years 2 to 9966",
            got=source.start.isoformat(),
            remedy="Give its real start, or none.",
        )


def _check_text(*texts: str) -> None:
    """Raises `GalleryError` for text that isn't UTF-8, as a file's name may be."""
    for text in texts:
        try:
            text.encode()
        except UnicodeEncodeError as error:
            raise GalleryError(
                "names in a gallery must be text in UTF-8",
                got=ascii(text),
                remedy="Rename the file.",
            ) from error


def _strings(values: object) -> Iterator[str]:
    """All texts in a structure of lists and dictionaries."""
    if isinstance(values, str):
        yield values
    elif isinstance(values, Mapping):
        for key, value in values.items():
            yield from (*_strings(key), *_strings(value))
    elif isinstance(values, (list, tuple)):
        for value in values:
            yield from _strings(value)


def check_vector(vector: NDArray[np.floating], model: ModelInfo, what: str) -> NDArray[np.float32]:
    """A vector as float32 [D]. Raises `GalleryModelError` for another shape, `GalleryError` for
    NaN and infinity."""
    array = np.asarray(vector)
    if array.shape != (model.embedding_dim,):
        raise GalleryModelError(
            f"{what} must have {model.embedding_dim} numbers, as the vectors of {model.name} have",
            got=f"shape {array.shape}",
            remedy="Embed with the gallery's model.",
        )
    with np.errstate(over="ignore"):
        narrow = array.astype(np.float32)
    if not np.isfinite(narrow).all():
        raise GalleryError(
            f"{what} must be finite numbers",
            got="NaN or infinity",
            remedy="Check the model and its precision.",
        )
    return narrow


def check_tracklet(tracklet: NewTracklet, model: ModelInfo) -> None:
    """Raises `GalleryError` or `DataError` for a tracklet that contradicts itself."""
    name = f"tracklet {tracklet.number}"
    _check_text(tracklet.person or "")
    check_vector(tracklet.embedding, model, f"the vector of {name}")
    n, m = len(tracklet.frames), len(tracklet.clip_weights)
    shapes = (tracklet.seconds.shape, tracklet.boxes.shape, tracklet.clip_frames.shape)
    if shapes != ((n,), (n, 4), (m, 2)):
        raise DataError(
            f"{name} must have a time and a box for each frame, two frames for each clip",
            got=f"{n} frames, seconds {shapes[0]}, boxes {shapes[1]}; {m} clips, {shapes[2]}",
            remedy="Give arrays of one length.",
        )
    first, last = tracklet.first_seconds, tracklet.last_seconds
    if not 0 <= tracklet.number < 2**63 or not -MAX_SECONDS <= first <= last <= MAX_SECONDS:
        raise DataError(
            "a tracklet must have a number from 0 on, begin before it ends, and do so within "
            f"{MAX_SECONDS:,.0f} s",
            got=f"{name} from {first} s to {last} s",
            remedy="Check the tracker and the times of the video's frames.",
        )
    if not 0 <= tracklet.quality <= 1:
        raise DataError(
            "a quality must be from 0 to 1",
            got=f"{tracklet.quality} for {name}",
            remedy="Scale it.",
        )
