from __future__ import annotations

import pytest

from tacan.errors import GalleryError
from tacan.gallery import open_gallery
from tacan.gallery.find_sources import find_sources

from .conftest import fill


def test_a_source_is_found_by_path_and_by_a_name_that_is_its_alone(make_gallery):
    folder = make_gallery("door", "yard")
    with open_gallery(folder, write=True) as gallery:
        fill(gallery, "hall", path="/other/door.mp4", name="door.mp4")
        for wanted in ("/videos/yard.mp4", "yard.mp4"):
            assert [source.camera for source in find_sources(gallery, wanted)] == ["yard"]
        assert [s.camera for s in find_sources(gallery, "/other/door.mp4")] == ["hall"]
        with pytest.raises(GalleryError, match=r"stands for /other/door.mp4, /videos/door.mp4"):
            find_sources(gallery, "door.mp4")
        for wanted in ("none.mp4", "", "a\0b", "x" * 5000):
            with pytest.raises(GalleryError, match="unknown to it"):
                find_sources(gallery, wanted)


def test_a_file_of_two_cameras_is_two_sources(make_gallery):
    folder = make_gallery("door")
    with open_gallery(folder, write=True) as gallery:
        fill(gallery, "hall", path="/videos/door.mp4", name="door.mp4")
        assert [s.camera for s in find_sources(gallery, "door.mp4")] == ["door", "hall"]
