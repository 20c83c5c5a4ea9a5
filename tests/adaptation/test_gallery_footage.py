from __future__ import annotations

from pathlib import Path

from tacan.adaptation.footage import read_footage
from tacan.gallery import open_gallery
from tacan.linking import confirm, link_gallery, reject
from tests.gallery.conftest import MODEL, all_bytes, new_source, new_tracklet


def test_crops_and_certain_strangers_of_a_gallery(tmp_path: Path) -> None:
    """Tracklets that follow each other are in sight at once; a human spoke about two pairs."""
    path = tmp_path / "people.gallery"
    with open_gallery(path, write=True, create_with=MODEL) as gallery:
        source = gallery.begin_source(new_source())
        tracklets = [new_tracklet(number, n=20, n_crops=6) for number in range(1, 13)]
        gallery.add(source.id, tracklets, fingerprint=MODEL.fingerprint)
        gallery.finish_source(source.id)
        link_gallery(gallery)
        reject(gallery, "door/1", "door/9")
        confirm(gallery, "door/2", "door/7")
    (path / "crops" / "00001" / "000003" / "00.jpg").unlink()
    kept = path / "gallery.sqlite", path / "crops"
    before = kept[0].read_bytes(), all_bytes(kept[1])
    footage = read_footage(path, clip_len=1, at_most=100)
    # Not what SQLite keeps for its readers beside the database.
    assert (kept[0].read_bytes(), all_bytes(kept[1])) == before
    names = [tracklet.tracklet_id for tracklet in footage.tracklets]
    assert sorted(names) == sorted(f"door/{number}" for number in range(1, 13))

    def named(pairs) -> set[frozenset[str]]:
        return {frozenset((names[one], names[other])) for one, other in pairs.tolist()}

    strangers = named(footage.strangers)
    assert frozenset(("door/1", "door/9")) in strangers
    assert named(footage.together) == {frozenset(("door/2", "door/7"))}
    at_once = strangers - {frozenset(("door/1", "door/9"))}
    assert at_once
    assert all(abs(int(a[5:]) - int(b[5:])) == 1 for a, b in map(tuple, at_once))
    first = footage.tracklets[names.index("door/1")]
    assert first.frames == tuple(f"{place:02d}.jpg" for place in range(6))
    assert len(footage.tracklets[names.index("door/3")]) == 5
