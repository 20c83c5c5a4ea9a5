"""Tracks in JSON files."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from tacan.errors import VideoError
from tacan.video.mot import open_precomputed_tracks


def written(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


def two_cameras(path: Path) -> Path:
    entry = {"frames": [0, 2], "boxes": [[1, 2, 30, 40], [2, 2, 31, 40]]}
    content = {
        "tracklets": [
            {"camera": 1, "tracklet": 5, "pid": 3, **entry},
            {"camera": 2, "tracklet": 5, "pid": 3, **entry, "scores": [0.5, 0.25]},
            {"camera": 2, "tracklet": 6, "pid": 4, "frames": [2], "boxes": [[50, 2, 60, 40]]},
        ]
    }
    return written(path, json.dumps(content))


def test_json_tracks_of_one_camera(tmp_path: Path) -> None:
    path = two_cameras(tmp_path / "labels.json")
    ready = open_precomputed_tracks(path, camera="2")
    found, tracks = ready.at(2)
    assert tracks.tolist() == [5, 6]
    np.testing.assert_allclose(found.scores, [0.25, 1.0])
    assert found.boxes.tolist() == [[2, 2, 31, 40], [50, 2, 60, 40]]
    assert list(open_precomputed_tracks(path, camera="1").tracks()) == [5]
    assert ready.fingerprint != open_precomputed_tracks(path, camera="1").fingerprint


@pytest.mark.parametrize("camera", [None, "3"])
def test_the_camera_must_be_told_where_there_are_several(
    tmp_path: Path, camera: str | None
) -> None:
    with pytest.raises(VideoError, match="1, 2"):
        open_precomputed_tracks(two_cameras(tmp_path / "labels.json"), camera=camera)


@pytest.mark.parametrize(
    "text",
    [
        "[]",
        "{}",
        "{",
        '{"tracklets": [{"frames": [0], "boxes": []}]}',
        '{"tracklets": [{"frames": [0], "boxes": [[1, 2, 3]]}]}',
        '{"tracklets": [3]}',
        '{"tracklets": [{"boxes": []}]}',
    ],
)
def test_other_json_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(VideoError, match="JSON"):
        open_precomputed_tracks(written(tmp_path / "a.json", text))


@pytest.mark.parametrize(
    "entry",
    [
        '{"frames": [1e400], "boxes": [[1, 2, 3, 4]]}',
        '{"frames": [-1], "boxes": [[1, 2, 3, 4]]}',
        '{"frames": [' + "9" * 400 + '], "boxes": [[1, 2, 3, 4]]}',
        '{"frames": ["a"], "boxes": [[1, 2, 3, 4]]}',
        '{"frames": "1", "boxes": [[1, 2, 3, 4]]}',
        '{"frames": {"0": 1}, "boxes": [[1, 2, 3, 4]]}',
        '{"frames": [1], "boxes": [[1, 2, 3, NaN]]}',
        '{"frames": [1], "boxes": [[1, 2], [3, 4, 5]]}',
        '{"frames": [1], "boxes": [[1, 2, 3, 4]], "scores": [null]}',
        '{"frames": [1], "boxes": [[1, 2, 3, 4]], "tracklet": "1e999"}',
        '{"frames": [1], "boxes": [[1, 2, 3, 4]], "tracklet": []}',
        "[" * 100_000,
        '{"tracklets": ' * 100_000,
    ],
    ids=range(13),
)
def test_json_that_can_be_no_tracks(tmp_path: Path, entry: str) -> None:
    path = written(tmp_path / "a.json", f'{{"tracklets": [{entry}]}}')
    with pytest.raises(VideoError, match="JSON"):
        open_precomputed_tracks(path)


def test_tracks_of_other_things_than_people_are_left_out(tmp_path: Path) -> None:
    entry = {"frames": [0], "boxes": [[1, 2, 30, 40]]}
    content = {
        "tracklets": [
            {"tracklet": 1, "class": "person", **entry},
            {"tracklet": 2, "class": "car", **entry},
            {"tracklet": 3, **entry},
        ]
    }
    ready = open_precomputed_tracks(written(tmp_path / "a.json", json.dumps(content)))
    assert ready.at(0)[1].tolist() == [1, 3]
