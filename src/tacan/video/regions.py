"""Regions of a camera's picture in which people count, from a picture or from polygons in a file.

A person counts where the middle of the lower edge of the box lies: where the feet are.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from tacan.config.yaml_text import read_yaml
from tacan.errors import ConfigError, TacanError, VideoError
from tacan.files import sha256
from tacan.images.read import image_suffixes, read_crop

__all__ = ["Regions", "read_regions"]

_KEYS = ("count", "ignore")
_SLACK = 0.02
"""The proportions of a mask and of a video may differ by this share."""
_BEYOND = 1.1
"""A polygon in pixels may reach this far beyond the picture, in multiples of its sides."""
Polygon = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Regions:
    """Where people count: a picture, or polygons `count` and `ignore` (each [n, 2]: x, y)."""

    digest: str
    """SHA-256 of the file."""
    picture: NDArray[np.bool_] | None = None
    """bool [H, W], of the proportions of the video."""
    count: tuple[Polygon, ...] = ()
    """Only people in one of these count; everybody where there are none."""
    ignore: tuple[Polygon, ...] = ()
    """People in one of these don't count."""

    def counts(self, boxes: NDArray[np.float32], *, width: int, height: int) -> NDArray[np.bool_]:
        """Which boxes [n, 4] of a picture of `width` x `height` count, bool [n].

        Raises `VideoError` where a mask was drawn for a video of another size or proportions.
        """
        table = _drawn(self, width, height)
        middles = np.nan_to_num((boxes[:, 0] + boxes[:, 2]) / 2)
        columns = np.clip(middles, 0, width - 1).astype(np.int64)
        # x2 and y2 are just outside the box.
        rows = np.clip(np.nan_to_num(boxes[:, 3]) - 1, 0, height - 1).astype(np.int64)
        return table[rows, columns]


@lru_cache(maxsize=8)
def _drawn(regions: Regions, width: int, height: int) -> NDArray[np.bool_]:
    """Which pixels bool [height, width] count."""
    if regions.picture is not None:
        high, wide = regions.picture.shape
        if abs(wide * height / (high * width) - 1) > _SLACK:
            raise VideoError(
                "a mask must have the proportions of its video",
                got=f"{wide} x {high} for a video of {width} x {height}",
                remedy="Draw it over a picture of the video.",
            )
        resized = cv2.resize(
            regions.picture.astype(np.uint8), (width, height), interpolation=cv2.INTER_NEAREST
        )
        return resized.astype(bool)
    table = np.zeros((height, width), np.uint8)
    if not regions.count:
        table[:] = 1
    for polygons, value in ((regions.count, 1), (regions.ignore, 0)):
        for polygon in polygons:
            shares = bool((polygon <= 1).all())
            points = polygon * [width, height] if shares else polygon
            if (points > np.array([width, height]) * _BEYOND).any():
                raise VideoError(
                    "the polygons of a mask must lie in the picture",
                    got=f"a point at {points.max(axis=0).tolist()} in {width} x {height} pixels",
                    remedy="Give shares of the picture's width and height, good for every size.",
                )
            cv2.fillPoly(table, [np.round(points).astype(np.int32)], value)
    return table.astype(bool)


def read_regions(path: Path) -> Regions:
    """The regions in a picture, by its ending, or else in a file of polygons.

    Of a picture, what is white or light counts and what is dark doesn't. A file of polygons is
    YAML or JSON with lists of polygons, each a list of at least three points [x, y], in shares of
    the picture's width and height or in pixels of the upright picture:

        count:
          - [[0.1, 0.2], [0.9, 0.2], [0.9, 1.0], [0.1, 1.0]]
        ignore:
          - [[0.6, 0.2], [0.8, 0.2], [0.8, 0.5]]

    Raises `VideoError` for another content, and where nothing would count.
    """
    # Path.is_file raises for a name that is too long.
    if not os.path.isfile(path):  # noqa: PTH113
        raise VideoError("a mask must exist", got=str(path), remedy="Check the path.")
    try:
        if path.suffix.lower() in image_suffixes():
            regions = Regions(sha256(path), picture=read_crop(path).mean(axis=2) >= 128)
        else:
            regions = _polygons(path, read_yaml(path))
    except ConfigError as error:
        raise _faulty(path, "; ".join(error.faults)) from error
    except VideoError:
        raise
    except TacanError as error:
        raise _faulty(path, str(error.got)) from error
    if regions.picture is not None and not regions.picture.any():
        raise _faulty(path, "a picture that is dark everywhere, so that nobody would count")
    return regions


def _polygons(path: Path, content: Any) -> Regions:
    if not isinstance(content, Mapping) or not content or not set(content) <= set(_KEYS):
        found = list(content) if isinstance(content, Mapping) else type(content).__name__
        raise _faulty(path, f"{found} at its top")
    found = {key: _read_polygons(path, key, content.get(key) or []) for key in _KEYS}
    return Regions(sha256(path), count=found["count"], ignore=found["ignore"])


def _read_polygons(path: Path, key: str, entries: Any) -> tuple[Polygon, ...]:
    polygons: list[Polygon] = []
    for number, entry in enumerate(entries if isinstance(entries, list) else [entries], 1):
        try:
            polygon = np.array(entry, np.float64)
        except (TypeError, ValueError):
            polygon = np.zeros(0)
        fits = polygon.ndim == 2 and polygon.shape[1:] == (2,) and len(polygon) >= 3
        if not (fits and np.isfinite(polygon).all() and (np.abs(polygon) <= 1e5).all()):
            raise _faulty(path, f"polygon {number} of `{key}`: {str(entry)[:80]}")
        polygons.append(polygon)
    return tuple(polygons)


def _faulty(path: Path, found: str) -> VideoError:
    return VideoError(
        f"{path} must be a picture, light where people count, or YAML with `count:` and "
        "`ignore:`, lists of polygons of at least three points [x, y]",
        got=found,
        remedy="Correct the file; docs/detectors.md shows one.",
    )
