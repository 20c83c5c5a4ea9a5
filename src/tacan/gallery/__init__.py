"""A searchable store of the people seen in videos.

A gallery is a folder with a SQLite database (the only original), the crops, and a cache of the
vectors that searches read.
"""

from tacan.gallery.delete import Deletion, delete_tracklets
from tacan.gallery.export import export_csv, export_features, export_folder
from tacan.gallery.gallery import Gallery
from tacan.gallery.gallery_records import (
    GalleryInfo,
    ModelInfo,
    NewSource,
    NewTracklet,
    Source,
    StoredCrop,
    StoredTracklet,
    TrackletFilter,
    Trajectory,
)
from tacan.gallery.merge import MergeReport, merge_gallery
from tacan.gallery.opening import open_gallery
from tacan.gallery.person_records import Person
from tacan.gallery.retention import apply_retention, set_retention
from tacan.gallery.verify import Problem, Verification, verify_gallery

__all__ = [
    "Deletion",
    "Gallery",
    "GalleryInfo",
    "MergeReport",
    "ModelInfo",
    "NewSource",
    "NewTracklet",
    "Person",
    "Problem",
    "Source",
    "StoredCrop",
    "StoredTracklet",
    "TrackletFilter",
    "Trajectory",
    "Verification",
    "apply_retention",
    "delete_tracklets",
    "export_csv",
    "export_features",
    "export_folder",
    "merge_gallery",
    "open_gallery",
    "set_retention",
    "verify_gallery",
]
