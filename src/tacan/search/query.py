"""From what a user asks for to a vector that the gallery can be searched with."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from tacan.errors import GalleryModelError
from tacan.gallery.gallery_records import ModelInfo, StoredTracklet
from tacan.images.read import read_crop
from tacan.search.parse import Asked, Moment, Pictures, TrackletName
from tacan.search.pictures import Strip, embed_pictures, encode_picture, spread
from tacan.search.video_query import cut_moment, find_sources, find_tracklet

if TYPE_CHECKING:
    from tacan.embeddings.embedder import ClipEmbedder
    from tacan.gallery import Gallery

__all__ = ["Query", "TrackletNames", "check_model", "make_query"]


class TrackletNames:
    """The names in a gallery, as `words.read_words` asks for them."""

    def __init__(self, gallery: Gallery) -> None:
        self._gallery = gallery

    def __contains__(self, name: object, /) -> bool:
        return isinstance(name, str) and self._gallery.store.find(name) is not None

    def __iter__(self) -> Iterator[str]:
        return (tracklet.name for tracklet in self._gallery.tracklets())


@dataclass(frozen=True, slots=True, eq=False)
class Query:
    """Someone who is looked for.

    label
        What the user wrote.
    vector
        float32 [D], by the gallery's own model.
    tracklet
        The gallery's tracklet that the user means, where it is one; it is no answer to itself.
    strip
        The pictures that are asked with, where they are not those of `tracklet`.
    notes
        What the user should know about how the words were taken.
    """

    label: str
    vector: NDArray[np.float32]
    tracklet: StoredTracklet | None = None
    strip: Strip | None = None
    notes: tuple[str, ...] = ()


def make_query(asked: Asked, gallery: Gallery, *, open_model: Callable[[], ClipEmbedder]) -> Query:
    """The query for one thing that is asked for.

    A tracklet's vector is in the gallery, so `open_model` is only called for pictures. A moment
    in a video that was indexed stands for the tracklet there, if its box overlaps well enough.

    Raises `CropError` and `VideoError` for files that can't be read, `DataError` for a box
    outside of its picture, `GalleryModelError` for another model than the gallery's.
    """
    if isinstance(asked, TrackletName):
        return _from_tracklet(gallery, gallery.tracklet(asked.name), label=asked.name)
    if isinstance(asked, Pictures):
        pixels = [read_crop(path) for path in asked.paths]
        return _from_pixels(pixels, _checked(open_model(), gallery.model), label=asked.label)
    return _from_moment(asked, gallery, open_model)


def check_model(embedder: ClipEmbedder, card: ModelInfo) -> None:
    """Raises `GalleryModelError` unless the model is the one that made the gallery's vectors."""
    if embedder.fingerprint != card.fingerprint:
        raise GalleryModelError(
            f"a gallery must be searched with the model that made it, {card.name} "
            f"({card.fingerprint[:12]})",
            got=f"another one ({embedder.fingerprint[:12]})",
            remedy="Name that model with --model, as it was when the gallery was made; or ask "
            "with a tracklet of the gallery, which needs no model.",
        )


def _checked(embedder: ClipEmbedder, card: ModelInfo) -> ClipEmbedder:
    check_model(embedder, card)
    return embedder


def _from_tracklet(
    gallery: Gallery, tracklet: StoredTracklet, *, label: str, notes: tuple[str, ...] = ()
) -> Query:
    return Query(label, gallery.vector(tracklet.id), tracklet=tracklet, notes=notes)


def _from_pixels(
    pixels: Sequence[NDArray[np.uint8]],
    embedder: ClipEmbedder,
    *,
    label: str,
    notes: tuple[str, ...] = (),
) -> Query:
    vector, weights, clip_frames = embed_pictures(pixels, embedder)
    shown = [encode_picture(pixels[place], frame=int(place)) for place in spread(len(pixels))]
    return Query(label, vector, strip=Strip(tuple(shown), clip_frames, weights), notes=notes)


def _from_moment(asked: Moment, gallery: Gallery, open_model: Callable[[], ClipEmbedder]) -> Query:
    sources = find_sources(gallery.sources(), asked)
    tracklet = find_tracklet(gallery, sources, asked) if sources else None
    if tracklet is not None:
        note = f"This is tracklet {tracklet.name}, and the whole of it is searched with."
        return _from_tracklet(gallery, tracklet, label=asked.label, notes=(note,))
    reason = (
        "No tracklet of the gallery overlaps this box"
        if sources
        else "This video is not in the gallery"
    )
    pixels = cut_moment(asked)
    note = f"{reason}: one crop of the frame is searched with."
    embedder = _checked(open_model(), gallery.model)
    return _from_pixels([pixels], embedder, label=asked.label, notes=(note,))
