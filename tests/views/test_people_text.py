from __future__ import annotations

from datetime import UTC
from pathlib import Path

from tacan.gallery import open_gallery
from tacan.linking import confirm, link_gallery
from tacan.linking.people import everybody
from tacan.views.people_text import people_text
from tests.gallery.conftest import MODEL, new_source, new_tracklet


def listed(folder: Path, *, second_has_a_clock: bool) -> str:
    with open_gallery(folder, write=True, create_with=MODEL) as gallery:
        for number, camera in enumerate(("door", "yard"), start=1):
            known = {} if camera == "yard" and second_has_a_clock else {"start": None}
            source = gallery.begin_source(new_source(camera, **known))
            gallery.add(source.id, [new_tracklet(number)], fingerprint=MODEL.fingerprint)
            gallery.finish_source(source.id)
        link_gallery(gallery)
        confirm(gallery, "door/1", "yard/1")
        return people_text(everybody(gallery), zone=UTC)


def test_without_any_clock_times_are_those_in_the_videos(tmp_path: Path) -> None:
    told = listed(tmp_path / "g", second_has_a_clock=False)
    assert "0:01.0 in door.mp4  0:02.4 in yard.mp4" in told
    assert "were indexed without --start" in told


def test_the_clock_counts_where_one_is_known(tmp_path: Path) -> None:
    told = listed(tmp_path / "g", second_has_a_clock=True)
    assert "12:00:02 +00:00" in told
    assert "mp4" not in told
    assert "--start" not in told
