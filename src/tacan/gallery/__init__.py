"""People that were seen, kept on disk to be searched.

A gallery is a folder: a SQLite database that has the say, the crops, and a copy of the vectors
made for searching.
"""

from tacan.gallery.errors import (
    GalleryBusyError,
    GalleryError,
    GalleryModelError,
    GallerySchemaError,
)
from tacan.gallery.gallery import Gallery
from tacan.gallery.opening import open_gallery
from tacan.gallery.records import (
    GalleryInfo,
    ModelCard,
    NewSource,
    NewTracklet,
    Source,
    StoredCrop,
    StoredTracklet,
    TrackletFilter,
    Trajectory,
)

__all__ = [
    "Gallery",
    "GalleryBusyError",
    "GalleryError",
    "GalleryInfo",
    "GalleryModelError",
    "GallerySchemaError",
    "ModelCard",
    "NewSource",
    "NewTracklet",
    "Source",
    "StoredCrop",
    "StoredTracklet",
    "TrackletFilter",
    "Trajectory",
    "open_gallery",
]
