"""Detectors that were left to choice, chosen once for each source and named in its settings."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from tacan.gallery import Source
from tacan.gallery.opening import gallery_exists, open_gallery
from tacan.indexing.video_source import VideoSource
from tacan.video.choose_detector import AUTO, choose_detector, is_named

__all__ = ["settle_detectors", "sources_before"]


def sources_before(gallery: Path) -> tuple[Source, ...]:
    """The sources in a gallery's folder; none where there is no gallery yet."""
    if not gallery_exists(gallery):
        return ()
    with open_gallery(gallery) as opened:
        return tuple(opened.sources())


def settle_detectors(
    sources: Sequence[VideoSource], *, before: Callable[[], Sequence[Source]], fetch: bool = False
) -> tuple[list[VideoSource], list[str]]:
    """The sources with a detector by name in place of `auto`, and what was chosen, line by line.

    A source that the gallery holds already (`before` gives them) keeps the detector that it was
    begun with; another one gets that of the newest source whose detector has a name, so that one
    gallery holds what one detector has found. Raises as `choose_detector` does.
    """
    left_open = any(source.settings.detector == AUTO for source in sources)
    held = before() if left_open else ()
    settled: list[VideoSource] = []
    said: dict[str, None] = {}
    for source in sources:
        if source.settings.detector != AUTO:
            settled.append(source)
            continue
        choice = choose_detector(before=_detector_before(source, held), fetch=fetch)
        said[choice.text] = None
        settings = source.settings.model_copy(update={"detector": choice.spec})
        settled.append(replace(source, settings=settings))
    return settled, list(said)


def _detector_before(source: VideoSource, held: Sequence[Source]) -> str | None:
    own = [
        other
        for other in held
        if (other.path, other.camera) == (str(source.path.resolve()), source.camera)
    ]
    for other in (*reversed(own), *reversed(held)):
        name = other.settings.get("detector")
        if isinstance(name, str) and is_named(name):
            return name
    return None
