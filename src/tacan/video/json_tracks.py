"""Tracks in JSON files:

    {"tracklets": [{"tracklet": 0, "camera": 1, "frames": [8, 10], "boxes": [[x1, y1, x2, y2], ...],
                    "scores": [...]}]}

with frames that count from 0; `scores` may be absent. A tracklet with a `class` that is no name of
people is left out. Where the tracklets name a `camera` or a `video` and there are several, the one
that is wanted has to be told.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tacan.errors import VideoError
from tacan.files import sha256
from tacan.video.precomputed_tracks import (
    COLUMNS,
    PrecomputedTracks,
    faulty_boxes,
    opened_boxes,
    tracks_of_table,
)
from tacan.video.video_records import is_of_people

__all__ = ["read_json_tracks"]

LARGEST_JSON = 100_000_000
"""Bytes of a file; to read JSON takes about ten times as much memory."""


def read_json_tracks(
    path: Path, *, camera: str | None = None, video: str | None = None, threshold: float = 0.0
) -> PrecomputedTracks:
    """The tracks in a JSON file, those of one `camera` or `video` where it holds several.

    Boxes of a score below `threshold` are not used. Raises `VideoError` for another content, or
    where the choice is open.
    """
    with opened_boxes(path, largest=LARGEST_JSON) as file:
        try:
            tracklets = json.load(file)["tracklets"]
            chosen = _of_one_source(path, tracklets, camera=camera, video=video)
            tables = [_json_rows(entry, index) for index, entry in enumerate(chosen)]
            other = [
                np.full(len(table), not is_of_people(str(entry.get("class", "person"))))
                for entry, table in zip(chosen, tables, strict=True)
            ]
        except RecursionError as error:
            raise faulty_boxes(path, "brackets within brackets") from error
        except (KeyError, TypeError, ValueError, AttributeError, ArithmeticError) as error:
            raise faulty_boxes(path, f"{type(error).__name__}: {error}") from error
    return tracks_of_table(
        path,
        np.concatenate([np.zeros((0, COLUMNS)), *tables]),
        lambda index: f"box {index + 1}",
        fingerprint=f"mot:{sha256(path)}:{camera}:{video}",
        threshold=threshold,
        other_class=np.concatenate([np.zeros(0, bool), *other]),
    )


def _json_rows(entry: Mapping[str, Any], index: int) -> NDArray[np.float64]:
    """Rows as `tracks_of_table` takes them, [n, 8], of one tracklet; `index` numbers it where it
    doesn't.

    Raises `ValueError` and others where it isn't one.
    """
    frames = np.array(entry["frames"], np.float64)
    boxes = np.array(entry["boxes"], np.float64).reshape(-1, 4)
    scores = np.array(entry.get("scores", np.ones(len(frames))), np.float64)
    if np.isnan(scores).any():
        raise ValueError("a score that is no number")
    track = np.full(len(frames), float(entry.get("tracklet", index)))
    return np.column_stack([frames, track, boxes, scores, np.full(len(frames), np.nan)])


def _of_one_source(
    path: Path, tracklets: list[Any], *, camera: str | None, video: str | None
) -> list[Any]:
    for key, wanted in (("video", video), ("camera", camera)):
        names = sorted({str(entry[key]) for entry in tracklets if key in entry})
        if wanted in names:
            return [entry for entry in tracklets if str(entry.get(key)) == wanted]
        if len(names) > 1:
            raise VideoError(
                f"the {key} must be one of those in {path}: {', '.join(names)}",
                got="none of them" if wanted is None else repr(wanted),
                remedy=f"Name the {key} as the file does.",
            )
    return tracklets
