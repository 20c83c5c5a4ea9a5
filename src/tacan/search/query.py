"""From a parsed query to a vector that the gallery can be searched with."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from tacan.errors import DataError
from tacan.gallery.gallery_records import ModelInfo, StoredTracklet
from tacan.gallery.record_checks import check_fingerprint
from tacan.images.read import read_crop
from tacan.search.parse import ParsedQuery, Pictures, TrackletName, VideoBox
from tacan.search.people_in_query import (
    OpenDetector,
    detector_at_hand,
    notes_on_box,
    notes_on_pictures,
)
from tacan.search.pictures import Strip, embed_pictures, spread
from tacan.search.video_query import (
    MIN_OVERLAP,
    TrackletAt,
    cut_asked,
    find_sources,
    picture_at,
    tracklets_at,
)
from tacan.text import joined

if TYPE_CHECKING:
    from tacan.embeddings.embedder import ClipEmbedder
    from tacan.gallery import Gallery

__all__ = ["Query", "TrackletNames", "combine_queries", "gallery_model_opener", "make_query"]


MAX_NEAR = 3
"""Most tracklets that are named for a box with nobody in it."""


class TrackletNames:
    """The names in a gallery, as `parse_query` asks for them."""

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
    vector, fingerprint
        float32 [D], and the fingerprint of the model that made it.
    tracklet
        The gallery's tracklet that the user means, where it is one; it is no match for itself.
    strip
        The pictures of the query, where they are not those of `tracklet`.
    notes
        What the user should know about how the words were taken.
    examples, against
        The queries that this one is made of, where several show the person, and those that show
        other people. `vector` is then the first example's.
    """

    label: str
    vector: NDArray[np.float32]
    fingerprint: str
    tracklet: StoredTracklet | None = None
    strip: Strip | None = None
    notes: tuple[str, ...] = ()
    examples: tuple[Query, ...] = ()
    against: tuple[Query, ...] = ()

    @property
    def parts(self) -> tuple[Query, ...]:
        """The examples; the query itself where it is not made of others."""
        return self.examples or (self,)

    @property
    def logged(self) -> str:
        """Who is searched for, without a path: it may hold a person's name."""
        names = ("pictures" if one.tracklet is None else one.tracklet.name for one in self.parts)
        return " and ".join(dict.fromkeys(names))


def combine_queries(examples: Sequence[Query], *, against: Sequence[Query] = ()) -> Query:
    """One query of several that show the same person, and of others that show somebody else.

    `retrieval.examples` says what the distances are. Raises `DataError` where nobody is asked for,
    and where somebody is both asked for and not.
    """
    if not examples:
        raise DataError(
            "a search must ask for someone",
            got="only those whom it is not",
            remedy="Name at least one example of the person.",
        )
    asked = {one.tracklet.id for one in examples if one.tracklet is not None}
    for one in against:
        if one.tracklet is not None and one.tracklet.id in asked:
            raise DataError(
                "who is searched for can't be somebody else",
                got=f"{one.label} as both",
                remedy="Leave it out on one side.",
            )
    if len(examples) == 1 and not against:
        return examples[0]
    label = joined([one.label for one in examples])
    notes = [note for one in (*examples, *against) for note in one.notes]
    if len(examples) > 1:
        notes.append(f"Distances are means over {len(examples)} examples.")
    if against:
        others = joined([one.label for one in against])
        label += f", not {others}"
        notes.append(
            f"Who is nearer to somebody else ({others}) than to the person stands lower, and is "
            "never more than unsure."
        )
    return replace(
        examples[0],
        label=label,
        tracklet=None if len(examples) > 1 else examples[0].tracklet,
        strip=None if len(examples) > 1 else examples[0].strip,
        notes=tuple(notes),
        examples=tuple(examples),
        against=tuple(against),
    )


def make_query(
    parsed: ParsedQuery,
    gallery: Gallery,
    *,
    open_model: Callable[[], ClipEmbedder],
    open_detector: OpenDetector = detector_at_hand,
) -> Query:
    """The query for what a user has written.

    A tracklet's vector is in the gallery, so `open_model` is only called for pictures. A box in a
    video that was indexed stands for the tracklet there, if its box overlaps well enough. What
    `open_detector` opens looks whether pictures and other boxes show one person; the notes say
    where they don't.

    Raises `CropError` and `VideoError` for files that can't be read, `DataError` for a box
    outside of its picture, `GalleryModelError` for another model than the gallery's.
    """
    if isinstance(parsed, TrackletName):
        return _from_tracklet(gallery, gallery.tracklet(parsed.name), label=parsed.name)
    if isinstance(parsed, Pictures):
        pixels = [read_crop(path) for path in parsed.paths]
        shown = [pixels[i] for i in spread(len(pixels))]
        notes = notes_on_pictures(shown, open_detector)
        return _from_pixels(pixels, gallery, open_model, label=parsed.label, notes=notes)
    return _from_video_box(parsed, gallery, open_model, open_detector)


def gallery_model_opener(
    model: ModelInfo,
    *,
    name: str | None = None,
    clip_weight: str | None = None,
    device: str = "auto",
) -> Callable[[], ClipEmbedder]:
    """A function that opens a gallery's model when it is first needed, and only once.

    `name` and `clip_weight` say where the model and the model of its clip weight lie now, if that
    is not where they were when the gallery was made.
    """
    spec = name or model.name
    weight = clip_weight or model.clip_weight

    @cache
    def opened() -> ClipEmbedder:
        from tacan.embeddings.open import FROZEN, open_model  # imports torch, which is slow

        # For a few pictures another runtime takes longer to start than it gains.
        frozen = spec.partition(":")[0] in FROZEN
        runtime = "auto" if frozen else "torch"
        return open_model(spec, device=device, runtime=runtime, clip_weight=weight)

    return opened


def _from_tracklet(
    gallery: Gallery, tracklet: StoredTracklet, *, label: str, notes: tuple[str, ...] = ()
) -> Query:
    vector = gallery.vector(tracklet.id)
    return Query(label, vector, gallery.model.fingerprint, tracklet=tracklet, notes=notes)


def _from_pixels(
    pixels: Sequence[NDArray[np.uint8]],
    gallery: Gallery,
    open_model: Callable[[], ClipEmbedder],
    *,
    label: str,
    notes: tuple[str, ...] = (),
) -> Query:
    embedder = open_model()
    check_fingerprint(embedder.fingerprint, gallery.model)
    vector, weights, clip_frames = embed_pictures(pixels, embedder)
    shown = spread(len(pixels))
    strip = Strip(tuple(pixels[i] for i in shown), shown, clip_frames, weights)
    return Query(label, vector, embedder.fingerprint, strip=strip, notes=notes)


def _from_video_box(
    asked: VideoBox,
    gallery: Gallery,
    open_model: Callable[[], ClipEmbedder],
    open_detector: OpenDetector,
) -> Query:
    sources = find_sources(gallery.sources(), asked)
    there = tracklets_at(gallery, sources, asked) if sources else ()
    if there and there[0].overlap >= MIN_OVERLAP:
        return _from_tracklet(
            gallery, there[0].tracklet, label=asked.label, notes=(_followed_there(there),)
        )
    note = "This video is not in the gallery" if not sources else _nobody_there(there)
    picture = picture_at(asked)
    return _from_pixels(
        [cut_asked(picture, asked)],
        gallery,
        open_model,
        label=asked.label,
        notes=(
            f"{note}: one crop of the frame is searched with.",
            *notes_on_box(picture, asked.box, open_detector),
        ),
    )


def _followed_there(there: Sequence[TrackletAt]) -> str:
    name = there[0].tracklet.name
    others = [one.form for one in there[1:] if one.is_shown]
    note = f"This is tracklet {name}, and the whole of it is searched with."
    if others:
        note += (
            f" The box shows several people: also {', '.join(others)}. Ask with a name, or with a "
            "closer box, for one of them."
        )
    return note


def _nobody_there(there: Sequence[TrackletAt]) -> str:
    shown = [one.form for one in there if one.is_shown]
    if shown:
        return (
            f"The box is much larger than whom it shows: {', '.join(shown)}. Ask with a name, or "
            "with a closer box, for one of them"
        )
    note = "No tracklet of the gallery overlaps this box, so it may show nobody, or several people"
    if not there:
        return f"{note}; nobody else is in sight then"
    return f"{note}; in sight are {', '.join(one.form for one in there[:MAX_NEAR])}"
