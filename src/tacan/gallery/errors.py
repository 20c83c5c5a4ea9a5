"""The expected faults of a gallery, beside those of `tacan.errors`.

TacanError
└── GalleryError              a gallery that is missing, damaged, or asked for what it has not
    ├── GalleryBusyError          another process is writing to it
    ├── GalleryModelError         vectors or a query of another model
    └── GallerySchemaError        its database has a version that this software can't use
"""

from __future__ import annotations

from tacan.errors import DataError

__all__ = ["GalleryBusyError", "GalleryError", "GalleryModelError", "GallerySchemaError"]


class GalleryError(DataError):
    """A gallery is missing or damaged, or was asked for something that it does not hold."""


class GalleryBusyError(GalleryError):
    """Another process is writing to the gallery."""


class GalleryModelError(GalleryError):
    """Vectors or a query were made by another model than the gallery's."""


class GallerySchemaError(GalleryError):
    """The gallery's database has a schema that this version of the software can't use."""
