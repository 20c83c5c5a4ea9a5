"""What `tacan index` makes of real footage with no option at all, against what people counted."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest

from tacan.cli import main
from tacan.gallery import open_gallery


@pytest.mark.data
@pytest.mark.slow
def test_six_people_one_after_another_are_six_tracklets(tmp_path: Path, shared_data: Path) -> None:
    video = shared_data / "videos" / "one_by_one" / "one-by-one-person-detection.mp4"
    main(["index", str(tmp_path / "people.gallery"), str(video)])
    with open_gallery(tmp_path / "people.gallery") as gallery:
        walks = sorted(gallery.tracklets(), key=lambda tracklet: tracklet.first_seconds)
    assert len(walks) == 6
    for before, after in pairwise(walks):
        assert before.last_seconds < after.first_seconds
