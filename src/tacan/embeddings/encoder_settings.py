"""How a frozen encoder wants its pixels: defaults, a YAML file beside it, and options over both."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from tacan.config.fault_messages import fault_messages
from tacan.config.yaml_text import read_yaml
from tacan.errors import ConfigError

__all__ = ["EncoderSettings", "Pixels", "read_encoder_settings"]

Triple = tuple[float, float, float]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]

IMAGENET_MEAN: Triple = (0.485, 0.456, 0.406)
IMAGENET_STD: Triple = (0.229, 0.224, 0.225)


class EncoderSettings(BaseModel):
    """What can be said about a frozen encoder; None leaves it to the default.

    These are the keys of the YAML file beside an encoder's file (`FILE` with the ending `.yaml`)
    and the names of the options that stand above it.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    height: Annotated[int, Field(ge=8, le=2048)] | None = None
    """H, pixels that a crop is resized to: what the file says, or 256."""
    width: Annotated[int, Field(ge=8, le=2048)] | None = None
    """W, pixels that a crop is resized to: what the file says, or 128."""
    colours: Literal["rgb", "bgr"] | None = None
    """Order of the channels: `rgb`, but for `openvino:` `bgr`."""
    pixel_range: Literal["0-1", "0-255"] | None = None
    """Range of a pixel before the mean is subtracted: `0-1`, but for `openvino:` `0-255`."""
    mean: Triple | None = None
    """Mean of red, green and blue that is subtracted: ImageNet's for the range 0-1, else 0."""
    std: tuple[Positive, Positive, Positive] | None = None
    """Deviation of red, green and blue that is divided by: ImageNet's for 0-1, else 1."""
    output: str | None = None
    """Name of the output that holds the features: the first one."""
    metric: Literal["cosine", "euclidean"] | None = None
    """The distance that the features are meant for: `cosine`."""

    @classmethod
    def checked(cls, tree: dict[Any, Any], *, source: str) -> EncoderSettings:
        """The settings in `tree`. Raises `ConfigError` with all faults, as those of `source`."""
        try:
            return cls.model_validate(tree)
        except ValidationError as error:
            raise ConfigError(fault_messages(error, cls), source=source) from error

    def over(self, other: EncoderSettings) -> EncoderSettings:
        """These settings, and those of `other` where these say nothing."""
        return EncoderSettings(
            **(other.model_dump(exclude_none=True) | self.model_dump(exclude_none=True))
        )


class Pixels(BaseModel):
    """All of it decided: how crops become what one encoder wants, and what comes out is used."""

    model_config = ConfigDict(frozen=True)

    height: int
    width: int
    colours: Literal["rgb", "bgr"]
    pixel_range: Literal["0-1", "0-255"]
    mean: Triple
    std: Triple
    output: str | None
    metric: Literal["cosine", "euclidean"]

    @classmethod
    def decide(
        cls, settings: EncoderSettings, *, file_size: tuple[int | None, int | None] = (None, None)
    ) -> Pixels:
        """Fills in the defaults. `file_size` is the (H, W) that the encoder's file fixes, if any.

        Raises `ConfigError` where the settings ask for another size than the file's.
        """
        asked = (settings.height, settings.width)
        names = ("height", "width")
        faults = [
            f"{name} must be the {fixed} that the encoder's file fixes; got {wish}"
            for name, wish, fixed in zip(names, asked, file_size, strict=True)
            if None not in (wish, fixed) and wish != fixed
        ]
        if faults:
            raise ConfigError(faults, source="the encoder's settings")
        pixel_range = settings.pixel_range or "0-1"
        unit = pixel_range == "0-1"
        return cls(
            height=settings.height or file_size[0] or 256,
            width=settings.width or file_size[1] or 128,
            colours=settings.colours or "rgb",
            pixel_range=pixel_range,
            mean=settings.mean or (IMAGENET_MEAN if unit else (0.0, 0.0, 0.0)),
            std=settings.std or (IMAGENET_STD if unit else (1.0, 1.0, 1.0)),
            output=settings.output,
            metric=settings.metric or "cosine",
        )


def read_encoder_settings(file: Path) -> EncoderSettings:
    """The settings in the YAML file beside `file`; empty ones where there is no such file.

    Raises `ConfigError` with all faults: unknown keys, values out of range, no YAML.
    """
    path = file.with_suffix(".yaml") if file.name else file
    if not os.path.isfile(path):  # noqa: PTH113  (too long a name is no file)
        return EncoderSettings()
    tree = read_yaml(path) or {}
    if not isinstance(tree, dict):
        raise ConfigError(["it must hold settings, such as `height: 256`"], source=str(path))
    return EncoderSettings.checked(tree, source=str(path))
