"""What a source, a tracklet and a vector must be to get into a gallery."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tacan.errors import DataError
from tacan.gallery.errors import GalleryError, GalleryModelError
from tacan.gallery.records import ModelCard, NewSource, NewTracklet
from tacan.retrieval.distances import METRICS

__all__ = ["check_card", "check_source", "check_tracklet", "check_vector"]


def check_card(card: ModelCard) -> None:
    """Raises `GalleryModelError` for a model that no gallery can hold."""
    if card.metric not in METRICS or card.embedding_dim < 1 or not card.fingerprint:
        raise GalleryModelError(
            "a gallery's model must have a fingerprint, vectors and a known metric "
            f"({', '.join(METRICS)})",
            got=card,
            remedy="Mend the model's card.",
        )


def check_source(source: NewSource) -> None:
    """Raises `GalleryError` for a camera whose name can't be part of a tracklet's."""
    name = source.camera
    if not name or name != name.strip() or "/" in name or not name.isprintable():
        raise GalleryError(
            "a camera's name must be plain text without / and without spaces at its ends",
            got=repr(name),
            remedy="Name it such as entrance or car-park 2.",
        )


def check_vector(vector: NDArray[np.floating], card: ModelCard, what: str) -> NDArray[np.float32]:
    """A vector as float32 [D]. Raises `GalleryModelError` for another shape, `GalleryError` for
    NaN and infinity."""
    array = np.asarray(vector)
    if array.shape != (card.embedding_dim,):
        raise GalleryModelError(
            f"{what} must have {card.embedding_dim} numbers, as the vectors of {card.name} have",
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


def check_tracklet(tracklet: NewTracklet, card: ModelCard) -> None:
    """Raises `GalleryError` or `DataError` for a tracklet that contradicts itself."""
    name = f"tracklet {tracklet.number}"
    check_vector(tracklet.embedding, card, f"the vector of {name}")
    n, m = len(tracklet.frames), len(tracklet.clip_weights)
    shapes = (tracklet.seconds.shape, tracklet.boxes.shape, tracklet.clip_frames.shape)
    if shapes != ((n,), (n, 4), (m, 2)):
        raise DataError(
            f"{name} must have a time and a box for each frame, two frames for each clip",
            got=f"{n} frames, seconds {shapes[0]}, boxes {shapes[1]}; {m} clips, {shapes[2]}",
            remedy="Give arrays of one length.",
        )
    if tracklet.number < 0 or tracklet.first_seconds > tracklet.last_seconds:
        raise DataError(
            "a tracklet must have a number from 0 on, and begin before it ends",
            got=f"{name} from {tracklet.first_seconds} s to {tracklet.last_seconds} s",
            remedy="Check the tracker.",
        )
    if not 0 <= tracklet.quality <= 1:
        raise DataError(
            "a quality must be from 0 to 1",
            got=f"{tracklet.quality} for {name}",
            remedy="Scale it.",
        )
