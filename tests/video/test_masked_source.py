"""Detections within the regions that count."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tacan.video.detection_source import open_detection_source
from tacan.video.masked_source import MaskedSource
from tacan.video.tracklet_settings import TrackletSettings
from tacan.video.video_records import VideoFrame

TRIANGLE = "\n  - [[0, 0], [1, 0], [1, 1]]\n"
FRAMES = [VideoFrame(i, i / 10, np.zeros((100, 200, 3), np.uint8)) for i in range(4)]


def settings(folder: Path, mask: str | None) -> TrackletSettings:
    """Two people who stand in every frame, one on the left and one on the right."""
    lines = [f"{i},{n},{x},20,10,60,0.9" for i in range(1, 5) for n, x in ((1, 20), (2, 150))]
    (folder / "a.txt").write_text("\n".join(lines))
    path = None
    if mask is not None:
        path = folder / "mask.yaml"
        path.write_text(mask)
    return TrackletSettings(detector=f"mot:{folder / 'a.txt'}", mask=path)


def test_people_in_regions_that_do_not_count_are_left_out_and_told(tmp_path: Path) -> None:
    left = settings(tmp_path, "ignore:\n  - [[0.5, 0], [1, 0], [1, 1], [0.5, 1]]\n")
    source = open_detection_source(left, video=Path("a.mp4"), camera="a", threads=1)
    assert isinstance(source, MaskedSource)
    for found in source.detect(FRAMES):
        assert found.tracks is not None
        assert found.tracks.tolist() == [1]
        assert found.detections.boxes.tolist() == [[20, 20, 30, 80]]
    assert source.name == "mot"
    assert source.notes() == ("4 of 8 detections are in regions that don't count (--mask)",)


def test_what_counts_is_part_of_the_fingerprint(tmp_path: Path) -> None:
    prints = {
        open_detection_source(
            settings(tmp_path, mask), video=Path("a.mp4"), camera="a", threads=1
        ).fingerprint
        for mask in (None, f"ignore:{TRIANGLE}", f"count:{TRIANGLE}")
    }
    assert len(prints) == 3


def test_nothing_is_said_where_all_count(tmp_path: Path) -> None:
    whole = settings(tmp_path, "count:\n  - [[0, 0], [1, 0], [1, 1], [0, 1]]\n")
    source = open_detection_source(whole, video=Path("a.mp4"), camera="a", threads=1)
    assert [len(found.detections) for found in source.detect(FRAMES)] == [2] * 4
    assert source.notes() == ()
