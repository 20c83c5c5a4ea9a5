"""What the tracklets of a source depend on, beside its file and the model."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from tacan.errors import ConfigError

__all__ = ["IndexSettings", "changed_settings", "checked_settings", "setting_faults"]

Share = Annotated[float, Field(ge=0, le=1)]
Count = Annotated[int, Field(ge=1)]
Amount = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class IndexSettings(BaseModel):
    """How people are found, followed, cut out and embedded.

    They are stored with each source, so that a later run with others is noticed. These are the
    keys that an entry of a list of sources may have beside `path`, `camera` and `start`.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    detector: Annotated[str, Field(min_length=1)] = "hog"
    """Who finds people: `hog`, `yolox:FILE`, `openvino:FILE`, `torchvision:NAME`, `rfdetr:NAME`, or
    `mot:FILE` for ready boxes or tracks."""
    tiles: tuple[Count, Count] | None = None
    """Rows and columns that a frame is cut into for the detector, so that small people are found;
    the whole frame when not given."""
    threshold: Share | None = None
    """Least score of a detection; the detector's own when not given."""
    stride: Count = 1
    """Every which frame is looked at."""
    tracker: Literal["bytetrack", "sort"] = "bytetrack"
    """Who follows people from frame to frame."""
    patience: Amount = 1.0
    """Seconds after which the tracker gives up someone whom it does not see."""
    sure: Share = 0.4
    """Score from which on a detection may begin a track."""
    min_frames: Count = 5
    """Least number of processed frames in which a person is seen; fewer are nobody."""
    min_seconds: Amount = 0.5
    """Least time that a tracklet lasts."""
    min_height: Amount = 32.0
    """Least height of a person in pixels, as the median over the tracklet."""
    min_sharpness: Amount = 0.0
    """Least sharpness of a tracklet's sharpest crop; 0 takes all."""
    max_seconds: Annotated[float, Field(gt=0, allow_inf_nan=False)] = 300.0
    """A longer track is cut into tracklets of this length: someone who waits all day takes no more
    memory than someone who passes."""
    crops: Count = 16
    """Pictures kept of each tracklet: the best, spread over its time."""
    jpeg_quality: Annotated[int, Field(ge=1, le=100)] = 92
    """Their JPEG quality."""
    embedded_frames: Count | None = 32
    """Most frames of a tracklet that are embedded, in clips spread evenly over it; null for all."""


def setting_faults(settings: Mapping[str, Any]) -> list[str]:
    """What is wrong with `settings`, one sentence a fault; empty where they can be used."""
    try:
        IndexSettings.model_validate(settings)
    except ValidationError as error:
        return [_fault(item) for item in error.errors()]
    return []


def changed_settings(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """The settings that differ, with both values; `before` and `now` as JSON gives them back.

    >>> changed_settings({"stride": 1, "tracker": "sort"}, {"stride": 2, "tracker": "sort"})
    ['stride was 1 and is now 2']
    """
    names = [*now, *(name for name in before if name not in now)]
    return [
        f"{name} was {_shown(before.get(name))} and is now {_shown(now.get(name))}"
        for name in names
        if before.get(name) != now.get(name)
    ]


def checked_settings(settings: Mapping[str, Any], *, source: str) -> IndexSettings:
    """The settings, or `ConfigError` with all faults, as those of `source`."""
    faults = setting_faults(settings)
    if faults:
        raise ConfigError(faults, source=source)
    return IndexSettings.model_validate(settings)


def _shown(value: object) -> str:
    return "not given" if value is None else str(value)


def _fault(item: Any) -> str:
    name = ".".join(str(step) for step in item["loc"])
    if item["type"] != "extra_forbidden":
        return f"{name}: {item['msg'][0].lower()}{item['msg'][1:]}; got {item['input']!r}"
    known = ["path", "camera", "start", *IndexSettings.model_fields]
    near = difflib.get_close_matches(name, known, 1)
    return f"{name}: there is no such setting; " + (
        f"did you mean {near[0]!r}?" if near else f"known are {', '.join(known)}"
    )
