"""Sources of a gallery by the name or the path of their file."""

from __future__ import annotations

import os
from contextlib import suppress

from tacan.errors import GalleryError
from tacan.gallery.gallery import Gallery
from tacan.gallery.gallery_records import Source
from tacan.text import without_password

__all__ = ["find_sources"]


def find_sources(gallery: Gallery, wanted: str) -> tuple[Source, ...]:
    """The sources of the file `wanted`: its path or, where only one is called so, its name.

    There are several where a file was indexed for several cameras, or was another one before, and
    of a live camera, by its address with its password or without.
    Raises `GalleryError` for a file that is unknown, and for a name that stands for several.
    """
    sources = gallery.sources()
    path = wanted
    with suppress(ValueError, OSError):
        path = os.path.realpath(wanted)
    names = (wanted, path, without_password(wanted))
    found = [source for source in sources if source.path in names]
    found = found or [source for source in sources if source.name == wanted]
    paths = sorted({source.path for source in found})
    if len(paths) == 1:
        return tuple(found)
    raise GalleryError(
        "a source must be one that the gallery has, by its path or by a name that is its alone",
        got=f"{without_password(wanted)!r}, "
        + ("which stands for " + ", ".join(paths) if paths else "unknown to it"),
        remedy="`tacan gallery info` lists all with their paths.",
    )
