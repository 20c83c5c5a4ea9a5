"""People that were seen, kept on disk to be searched.

A gallery is a folder: a SQLite database that has the say, the crops, and a copy of the vectors
made for searching.
"""

from tacan.gallery.deleting import Deletion, delete_tracklets
from tacan.gallery.errors import (
    GalleryBusyError,
    GalleryError,
    GalleryModelError,
    GallerySchemaError,
)
from tacan.gallery.exporting import export_csv, export_features, export_folder
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
from tacan.gallery.verifying import Problem, Verification, verify

__all__ = [
    "Deletion",
    "Gallery",
    "GalleryBusyError",
    "GalleryError",
    "GalleryInfo",
    "GalleryModelError",
    "GallerySchemaError",
    "ModelCard",
    "NewSource",
    "NewTracklet",
    "Problem",
    "Source",
    "StoredCrop",
    "StoredTracklet",
    "TrackletFilter",
    "Trajectory",
    "Verification",
    "delete_tracklets",
    "export_csv",
    "export_features",
    "export_folder",
    "open_gallery",
    "verify",
]
