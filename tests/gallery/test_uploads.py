"""Videos that were sent go with what was found in them, and no others."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from tacan.cli import main
from tacan.files import sha256
from tacan.gallery import delete_tracklets, open_gallery
from tacan.gallery.delete import choose_tracklets
from tacan.gallery.uploads import note_upload, uploads_folder, uploads_in

from .conftest import MODEL, new_source, new_tracklet

START = new_source("door").start
assert START is not None


def send(folder: Path, name: str, data: bytes, *, gallery: Path | None = None) -> Path:
    """A file as the page puts it there."""
    path = uploads_folder(folder) / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(data)
    note_upload(path, path, gallery=gallery or folder, sha256=sha256(path))
    return path


def index(folder: Path, path: Path, camera: str, numbers=(1, 2), *, state: str = "done") -> None:
    with open_gallery(folder, write=True, create_with=MODEL) as gallery:
        made = replace(
            new_source(camera), path=str(path), name=path.name, sha256=sha256(path), duration=60.0
        )
        source = gallery.begin_source(made)
        walks = [new_tracklet(number, n_crops=0) for number in numbers]
        gallery.add(source.id, walks, fingerprint=MODEL.fingerprint)
        if state == "done":
            gallery.finish_source(source.id)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "people.gallery"


@pytest.mark.parametrize(
    "choice",
    [
        {"camera": "door"},
        {"source": "door.mp4"},
        {"names": ["door/1", "door/2"]},
        {"before": START + timedelta(seconds=60)},
    ],
)
def test_an_upload_goes_with_all_that_was_found_in_it(folder, tmp_path, choice):
    sent, other = send(folder, "door.mp4", b"door"), send(folder, "later.mp4", b"later")
    mine, own = tmp_path / "mine.mp4", sent.with_name("own.mp4")
    for path in (mine, own):
        path.write_bytes(path.name.encode())
        index(folder, path, "door", numbers=())
    index(folder, sent, "door")
    with open_gallery(folder, write=True) as gallery:
        assert [each.path for each in choose_tracklets(gallery, **choice).uploads] == [sent]
        assert sent.is_file()
        done = delete_tracklets(gallery, **choice)
        assert ([each.path for each in done.uploads], done.n_uploads_left) == ([sent], 0)
        assert gallery.store.people().log()[-1].detail == "2 tracklets, 1 upload"
    assert sorted(path.name for path in sent.parent.iterdir()) == [
        *(".later.mp4.upload", "later.mp4", "own.mp4")
    ]
    assert mine.is_file()
    assert other.is_file()


def test_an_upload_stays_while_others_were_found_in_it(folder):
    sent = send(folder, "door.mp4", b"door")
    index(folder, sent, "door")
    with open_gallery(folder, write=True) as gallery:
        for choice in ({"names": ["door/1"]}, {"before": START + timedelta(seconds=2)}):
            assert choose_tracklets(gallery, **choice).uploads == ()
        assert delete_tracklets(gallery, names=["door/1"]).n_uploads_left == 1
        assert sent.is_file()
        assert delete_tracklets(gallery, names=["door/2"]).uploads
    assert not sent.exists()


def test_an_upload_stays_while_another_source_is_of_it_or_it_is_being_indexed(folder):
    sent = send(folder, "door.mp4", b"door")
    index(folder, sent, "door")
    index(folder, sent, "yard")
    with open_gallery(folder, write=True) as gallery:
        assert delete_tracklets(gallery, camera="door").uploads == ()
    more = send(folder, "hall.mp4", b"hall")
    index(folder, more, "hall", state="indexing")
    with open_gallery(folder, write=True) as gallery:
        assert delete_tracklets(gallery, names=["hall/1", "hall/2"]).uploads == ()
        assert delete_tracklets(gallery, camera="hall").uploads
    assert sent.is_file()


def test_what_is_not_what_was_sent_is_never_touched(folder, tmp_path):
    changed = send(folder, "changed.mp4", b"sent")
    index(folder, changed, "door")
    changed.write_bytes(b"somebody's own")
    linked = send(folder, "linked.mp4", b"link")
    index(folder, linked, "door")
    target = tmp_path / "target.mp4"
    linked.rename(target)
    linked.symlink_to(target)
    foreign = send(folder, "foreign.mp4", b"foreign", gallery=tmp_path / "people")
    index(folder, foreign, "door")
    odd = send(folder, "odd.mp4", b"odd")
    index(folder, odd, "door")
    odd.with_name(".odd.mp4.upload").write_text("[1]", encoding="utf-8")
    assert uploads_in(folder) == ()
    with open_gallery(folder, write=True) as gallery:
        assert delete_tracklets(gallery, camera="door").uploads == ()
    assert all(path.is_file() for path in (changed, linked, target, foreign, odd))


def test_the_command_line_says_what_goes(folder, capsys):
    sent = send(folder, "door.mp4", b"door")
    index(folder, sent, "door")
    main(["gallery", "delete", str(folder), "--tracklet", "door/1", "--yes"])
    assert "1 video that was sent here still shows them" in capsys.readouterr().out
    main(["gallery", "delete", str(folder), "--camera", "door", "--yes"])
    assert "1 video that was sent here is gone, too: door.mp4." in capsys.readouterr().out
    assert not sent.exists()
