"""Settings of the way from a video to its tracklets, each written once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, Self

from cyclopts import Parameter
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ModelWrapValidatorHandler,
    ValidationError,
    model_validator,
)
from pydantic_core import PydanticCustomError

from tacan.config.fault_messages import fault_messages
from tacan.errors import ConfigError
from tacan.video.choose_detector import AUTO
from tacan.video.frame_rate import LIKELY_RATES

__all__ = ["PRECOMPUTED", "Count", "Tiles", "TrackletSettings"]

Share = Annotated[float, Field(ge=0, le=1)]
Count = Annotated[int, Field(ge=1)]
Amount = Annotated[float, Field(ge=0, allow_inf_nan=False)]


Tiles = tuple[int, int] | None
"""Rows and columns of tiles, or None for the whole frame alone."""


def _parse_tiles(given: Any) -> Any:
    """`2x3` or its two numbers -> (2, 3), rows and columns; `none` -> None; `auto` stays.

    >>> _parse_tiles("2x3")
    (2, 3)
    """
    if isinstance(given, list) and len(given) == 1:
        given = given[0]  # How the command line hands over what becomes a tuple.
    if given in (None, AUTO):
        return given
    if given == "none":
        return None
    parts = given.lower().split("x") if isinstance(given, str) else given
    if isinstance(parts, list | tuple) and len(parts) == 2:
        # A list of sources hands over numbers as text.
        rows, columns = (int(part) if str(part).isdecimal() else 0 for part in parts)
        if min(rows, columns) >= 1:
            return rows, columns
    raise PydanticCustomError("tiles", "tiles must be auto, none, or ROWSxCOLUMNS, such as 2x2")


def _auto_or_count(given: Any) -> Any:
    return None if given == AUTO else given


PRECOMPUTED = "mot"
"""The kind of detector that is a file of ready boxes or tracks."""
FOLLOWED_RATE = 10
"""Frames a second that are enough to follow people who walk."""


class TrackletSettings(BaseModel):
    """How people are found in a video, followed, and cut out.

    Raises `ConfigError`, which names every fault at once.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    also_known: ClassVar[tuple[str, ...]] = ()
    """Names beside those of the fields that a misspelt one could have meant."""

    detector: Annotated[str, Field(min_length=1)] = AUTO
    """The detector: `auto` (the best that is here), `street` (which ships), `yolox:nano`,
    `yolox:tiny` or `yolox:s`, `onnx:FILE` (YOLOX, YOLOv5 to v11, RT-DETR, D-FINE, RF-DETR and their
    like), `openvino:FILE`, `torchvision:NAME`, `rfdetr:NAME`, or `mot:FILE` for ready boxes or
    tracks. docs/detectors.md says what to take."""
    tiles: Annotated[
        Tiles | Literal["auto"],
        BeforeValidator(_parse_tiles),
        Parameter(metavar="auto|none|ROWSxCOLUMNS", n_tokens=1, negative=""),
    ] = AUTO
    """Overlapping tiles that the detector sees beside the whole frame, for people who are small in
    it; `none` shows it the frame alone, `auto` decides by the first seconds of each video."""
    detection_threshold: Annotated[Share | None, Field(serialization_alias="threshold")] = None
    """Least score of a detection; the detector's own when not given."""
    mask: Path | None = None
    """Regions in which people count, by where their feet are: a picture of the video's proportions,
    light where they count, or a file with the polygons `count` and `ignore` (docs/detectors.md).
    Everywhere when not given."""
    fps: Annotated[float | None, Field(ge=LIKELY_RATES[0], le=LIKELY_RATES[1])] = None
    """Frames a second of a video that does not say, such as a bare stream of H.264, or that says it
    wrongly; its own when not given."""
    stride: Annotated[
        Count | None, BeforeValidator(_auto_or_count), Parameter(metavar="auto|INT", negative="")
    ] = None
    """Every nth frame is processed; `auto` leaves ten frames a second or a few more, which follow
    walking people as well, and all frames of ready boxes."""
    tracker: Literal["bytetrack", "sort", "ocsort", "botsort", "cbiou"] = "botsort"
    """The tracker. Camera motion is not compensated by any."""
    max_lost_seconds: Annotated[Amount, Field(serialization_alias="patience")] = 1.0
    """A person who is not seen for longer than this starts a new track."""
    track_threshold: Annotated[Share, Field(serialization_alias="sure")] = 0.4
    """Least score of a detection that begins a track."""
    min_frames: Count = 5
    """Least number of processed frames in which a person is seen."""
    min_seconds: Amount = 0.5
    """Least time that a tracklet lasts."""
    min_height: Amount = 32.0
    """Least height of a person in pixels, as the median over the tracklet."""
    min_sharpness: Amount = 0.0
    """Least sharpness of a tracklet's sharpest crop; 0 takes all."""
    max_seconds: Annotated[float, Field(gt=0, allow_inf_nan=False)] = 300.0
    """A longer track is cut into tracklets of this length, so that memory stays bounded."""
    max_crops: Annotated[Count, Field(serialization_alias="crops")] = 16
    """Crops kept of each tracklet: the best, spread over its time."""
    jpeg_quality: Annotated[int, Field(ge=1, le=100)] = 92
    """Their JPEG quality, to 100."""

    def stride_at(self, fps: float) -> int:
        """The n of every nth frame, for a video of this rate.

        >>> [TrackletSettings().stride_at(fps) for fps in (5, 19, 20, 25, 29.97, 60)]
        [1, 1, 2, 2, 3, 6]
        """
        if self.stride is not None:
            return self.stride
        ready = self.detector.partition(":")[0] == PRECOMPUTED
        return 1 if ready else max(1, int(fps / FOLLOWED_RATE + 0.05))

    @model_validator(mode="wrap")
    @classmethod
    def _faults_together(cls, data: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        try:
            checked = handler(data)
        except ValidationError as error:
            faults = fault_messages(error, cls, also_known=cls.also_known)
            raise ConfigError(faults, source="the choice of settings") from error
        if checked.max_seconds < checked.min_seconds:
            fault = f"max_seconds must be at least min_seconds; got {checked.max_seconds}"
            raise ConfigError([fault], source="the choice of settings")
        return checked
