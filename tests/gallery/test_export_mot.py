from __future__ import annotations

import numpy as np
import pytest

from tacan.errors import GalleryError
from tacan.gallery import open_gallery
from tacan.gallery.export_mot import export_mot
from tacan.linking import confirm, link_gallery
from tests.linking.conftest import fill_cameras

from .conftest import MODEL


def test_each_camera_has_a_file_with_the_ids_of_people(tmp_path):
    with open_gallery(tmp_path / "gallery", write=True, create_with=MODEL) as gallery:
        fill_cameras(gallery)
        unlinked = export_mot(gallery, tmp_path / "before")
        link_gallery(gallery)
        confirm(gallery, "door/1", "door/2")  # one person in every frame of both
        written = export_mot(gallery, tmp_path / "after")
        people = {each.name: each.person_id for each in gallery.tracklets()}
        trajectory = gallery.trajectory(gallery.find("door/3"))
    assert [path.name for path in written] == ["door.txt", "yard.txt"]
    assert len({int(row[1]) for path in unlinked for row in np.loadtxt(path, delimiter=",")}) == 24
    door = np.loadtxt(written[0], delimiter=",")
    assert {int(number) for number in door[:, 1]} == {people[f"door/{n}"] for n in range(1, 13)}
    assert len({(frame, number) for frame, number in door[:, :2]}) == len(door) == 5 * 11
    third = door[door[:, 1] == people["door/3"]]
    np.testing.assert_array_equal(third[:, 0], trajectory.frames + 1)
    np.testing.assert_allclose(third[:, 2:4] + third[:, 4:6], trajectory.boxes[:, 2:], atol=0.02)
    assert (third[:, 6:] == [1, -1, -1, -1]).all()


def test_nothing_is_written_over(tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine.txt").write_text("mine")
    with open_gallery(tmp_path / "gallery", write=True, create_with=MODEL) as gallery:
        fill_cameras(gallery)
        with pytest.raises(GalleryError, match="new or empty folder"):
            export_mot(gallery, tmp_path / "out")
