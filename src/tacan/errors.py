"""Every expected fault of TACAN, as one small tree.

    TacanError
    ├── DataError             what lies on disk
    │   ├── DatasetLayoutError    a root that is missing, or not laid out as its data set is
    │   ├── CropError             a crop that can't be read
    │   ├── VideoError            a video, or boxes for one, that can't be read
    │   ├── FeaturesError         a features file that is damaged or contradicts itself
    │   └── GalleryError          a gallery that is missing, damaged, or asked for what it has not
    │       ├── GalleryBusyError      another process is writing to it
    │       ├── GalleryModelError     vectors or a query of another model
    │       └── GallerySchemaError    its database has a version that this software can't use
    ├── ConfigError           settings that are unknown, out of range or contradictory
    ├── ModelError
    │   ├── EncoderError          a backbone, weight file or runtime that can't be had
    │   ├── DetectorError         a people detector or its weights that can't be had
    │   └── CheckpointError       a checkpoint that is missing, damaged, unsafe or of another shape
    ├── TrainingError         training that can't go on
    │   └── NonFiniteLossError    the loss became NaN or infinite
    ├── ClusterError          machines that can't be reached, were lost, or lack something
    └── StorageError          a file that could not be written

A message always states the rule, the value that was met, and the remedy:

>>> print(CropError("a crop must be a whole image", got="a.jpg: 0 bytes", remedy="Delete it."))
a crop must be a whole image; got a.jpg: 0 bytes. Delete it.

The command line prints the message and exits with status 1. Anything that is not a
`TacanError` is a defect of the software.
"""

from __future__ import annotations

from collections.abc import Sequence

__all__ = [
    "CheckpointError",
    "ClusterError",
    "ConfigError",
    "CropError",
    "DataError",
    "DatasetLayoutError",
    "DetectorError",
    "EncoderError",
    "FeaturesError",
    "GalleryBusyError",
    "GalleryError",
    "GalleryModelError",
    "GallerySchemaError",
    "ModelError",
    "NonFiniteLossError",
    "StorageError",
    "TacanError",
    "TrainingError",
    "VideoError",
]


class TacanError(Exception):
    """An expected fault: the rule that was broken, what was met instead, what to do."""

    def __init__(self, rule: str, *, got: object = None, remedy: str | None = None) -> None:
        self.rule = rule
        self.got = got
        self.remedy = remedy
        super().__init__(str(self))

    def __str__(self) -> str:
        met = "" if self.got is None else f"; got {self.got}"
        return f"{self.rule}{met}." + ("" if self.remedy is None else f" {self.remedy}")

    def __reduce__(self) -> tuple[object, ...]:
        # Errors cross process borders (data loader workers), and so must keep their parts.
        return _rebuild, (type(self), self.__dict__.copy())


def _rebuild(kind: type[TacanError], parts: dict[str, object]) -> TacanError:
    error = kind.__new__(kind)
    error.__dict__.update(parts)
    error.args = (str(error),)
    return error


class DataError(TacanError):
    """What lies on disk is not what it should be."""


class DatasetLayoutError(DataError):
    """A data set's root is missing, or is not laid out as that data set is."""


class CropError(DataError):
    """A crop can't be read: missing, empty, truncated, or not an image."""


class VideoError(DataError):
    """A video, or a file of boxes for one, is missing, empty, damaged, or something else."""


class FeaturesError(DataError):
    """A features file is damaged, incomplete, or contradicts itself."""


class GalleryError(DataError):
    """A gallery is missing or damaged, or was asked for something that it does not hold."""


class GalleryBusyError(GalleryError):
    """Another process is writing to the gallery."""


class GalleryModelError(GalleryError):
    """Vectors or a query were made by another model than the gallery's."""


class GallerySchemaError(GalleryError):
    """The gallery's database has a schema that this version of the software can't use."""


class ClusterError(TacanError):
    """Machines that work together can't be reached, were lost, or lack something."""


class ConfigError(TacanError):
    """Settings are unknown, out of range, or contradict each other. `faults` holds them all."""

    def __init__(self, faults: Sequence[str], *, source: str = "the configuration") -> None:
        self.faults = tuple(faults)
        self.source = source
        super().__init__(f"{source} must hold known settings that agree with each other")

    def __str__(self) -> str:
        number = len(self.faults)
        head = f"{self.source} has {number} fault{'s' if number != 1 else ''}:"
        return "\n".join([head, *(f"  - {fault}" for fault in self.faults)])


class ModelError(TacanError):
    """A model can't be built or used."""


class EncoderError(ModelError):
    """A backbone, weight file or runtime can't be had."""


class DetectorError(ModelError):
    """A people detector, its weights or its runtime can't be had."""


class CheckpointError(ModelError):
    """A checkpoint is missing, damaged, unsafe, or of another shape than the model."""


class TrainingError(TacanError):
    """Training can't go on."""


class NonFiniteLossError(TrainingError):
    """The loss became NaN or infinite."""


class StorageError(TacanError):
    """A file could not be written. What stood there before is untouched."""
