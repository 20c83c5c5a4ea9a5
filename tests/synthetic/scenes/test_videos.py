from __future__ import annotations

import av
import pytest

from tacan.errors import ConfigError, DatasetLayoutError, StorageError
from tacan.synthetic.scenes import SceneSettings, make_scenes, read_scenes
from tacan.video.mot import read_mot
from tests.synthetic.scenes.conftest import SMALL, contents


def test_there_is_a_video_and_a_truth_for_each_camera(small_scenes):
    root = small_scenes.root
    names = {"camera1.mp4", "camera2.mp4", "camera1.txt", "camera2.txt", "manifest.json"}
    assert set(contents(root)) == names
    boxes = 0
    for name, path in small_scenes.videos.items():
        with av.open(str(path)) as video:
            frames = list(video.decode(video=0))
            assert video.streams.video[0].average_rate == 10
        assert len(frames) == 6
        assert (frames[0].height, frames[0].width) == (120, 160)
        pictures = [frame.to_ndarray(format="rgb24").astype(int) for frame in frames]
        assert pictures[0].std() > 10
        assert abs(pictures[0] - pictures[-1]).max() > 30
        lines = (root / f"{name}.txt").read_text().splitlines()
        boxes += len(lines)
        for line in lines:
            fields = line.split(",")
            assert len(fields) == 9
            assert 1 <= int(fields[0]) <= 6
            assert 1 <= int(fields[1]) <= 4
            assert 0 <= float(fields[8]) <= 1
    assert boxes == small_scenes.boxes > 0


def test_the_truth_reads_as_ready_tracks(small_scenes):
    tracks = read_mot(small_scenes.root / "camera1.txt")
    assert tracks.has_tracks
    assert set(tracks.tracks()) <= {1, 2, 3, 4}


def test_the_manifest_says_who_was_seen_where(small_scenes):
    manifest = read_scenes(small_scenes.root)
    assert manifest["settings"]["seed"] == 3
    assert [camera["video"] for camera in manifest["cameras"]] == ["camera1.mp4", "camera2.mp4"]
    assert {camera["start"] for camera in manifest["cameras"]} == {"2026-01-05T12:00:00+00:00"}
    assert [person["id"] for person in manifest["people"]] == [1, 2, 3, 4]
    for person in manifest["people"]:
        for name, count in person["frames"].items():
            lines = [
                line.split(",")
                for line in (small_scenes.root / f"{name}.txt").read_text().splitlines()
            ]
            seen = [line for line in lines if int(line[1]) == person["id"] and float(line[8]) > 0]
            assert len(seen) == count


def test_the_same_bytes_from_one_process_or_two(small_scenes, tmp_path):
    make_scenes(tmp_path / "again", SceneSettings(**SMALL), workers=2)
    assert contents(tmp_path / "again") == contents(small_scenes.root)


def test_what_stands_there_is_replaced_on_request_only(small_scenes, tmp_path):
    with pytest.raises(StorageError, match="only on request"):
        make_scenes(small_scenes.root, SceneSettings(**SMALL))
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(StorageError, match="other files"):
        make_scenes(tmp_path, SceneSettings(**SMALL), force=True)
    with pytest.raises(DatasetLayoutError, match="manifest"):
        read_scenes(tmp_path)


def test_faulty_settings_are_told_at_once(tmp_path):
    wrong = {**SMALL, "cameras": 0, "people": 0, "seconds": -1, "width": 161, "start": "today"}
    with pytest.raises(ConfigError) as caught:
        make_scenes(tmp_path / "x", SceneSettings(**wrong))
    text = str(caught.value)
    for name in ("cameras", "people", "seconds", "width", "start"):
        assert name in text
    with pytest.raises(ConfigError, match="workers"):
        make_scenes(tmp_path / "x", SceneSettings(**SMALL), workers=0)
    assert not (tmp_path / "x").exists()
