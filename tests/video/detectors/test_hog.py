"""HOG: what it can be relied on to do."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tacan.video.decode import open_video
from tacan.video.detectors.hog import open_hog


@pytest.mark.parametrize("shape", [(240, 320, 3), (100, 300, 3), (300, 40, 3)])
def test_an_empty_or_tiny_picture_has_nobody(shape: tuple[int, ...]) -> None:
    reader, digest = open_hog(threshold=0.2)
    assert len(reader.detect_one(np.full(shape, 120, np.uint8))) == 0
    assert "opencv" in digest


@pytest.mark.data
def test_a_large_upright_person_is_found(shared_data: Path) -> None:
    video_file = shared_data / "videos" / "one_by_one" / "one-by-one-person-detection.mp4"
    reader, _ = open_hog(threshold=0.0)
    n_found = 0
    with open_video(video_file) as video:
        for index in (100, 110, 120, 130, 140, 150):
            image = next(video.frames(first=index)).image
            found = reader.detect_one(image)
            n_found += len(found) > 0
            assert (found.boxes >= 0).all()
            assert (found.boxes <= [768, 432, 768, 432]).all()
            assert ((found.scores >= 0) & (found.scores <= 1)).all()
    assert n_found >= 1
