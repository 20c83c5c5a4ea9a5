from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tacan.embeddings.embedder import ClipEmbedder
from tacan.embeddings.open import open_model
from tacan.errors import CropError, GalleryModelError
from tacan.gallery.gallery import Gallery
from tacan.gallery.gallery_records import ModelInfo
from tacan.gallery.opening import open_gallery
from tacan.search.parse import parse_query
from tacan.search.query import TrackletNames, make_query
from tests.search.conftest import new_source, picture, tracklet


def never() -> ClipEmbedder:
    raise AssertionError("a model was opened that is not needed")


@pytest.fixture
def crops(tmp_path: Path) -> Path:
    folder = tmp_path / "someone"
    folder.mkdir()
    for n in range(5):
        (folder / f"{n}.jpg").write_bytes(picture((200, 40, 90), n))
    return folder


def ask(word: str, gallery: Gallery):
    return parse_query([word], names=TrackletNames(gallery))[0]


def test_a_tracklet_needs_no_model(gallery: Gallery) -> None:
    query = make_query(ask("yard/2", gallery), gallery, open_model=never)
    assert query.tracklet is not None
    assert query.tracklet.name == "yard/2"
    np.testing.assert_array_equal(query.vector, gallery.vector(query.tracklet.id))


def test_names_of_a_gallery(gallery: Gallery) -> None:
    names = TrackletNames(gallery)
    assert "yard/8" in names
    assert "yard/9" not in names
    assert "yard" not in names
    assert len(list(names)) == 24
    with pytest.raises(Exception, match=r"yard/8"):
        parse_query(["yard/88"], names=names)


def test_pictures_go_through_the_gallerys_model(gallery: Gallery, crops: Path, model: Path) -> None:
    query = make_query(ask(str(crops), gallery), gallery, open_model=lambda: open_model(str(model)))
    assert query.tracklet is None
    assert query.vector.shape == (8,)
    assert query.strip is not None
    assert len(query.strip.pictures) == 5
    assert query.strip.clip_frames.tolist() == [[0, 3], [4, 4]]


def test_another_model_is_refused(tmp_path: Path, crops: Path, model: Path) -> None:
    card = ModelInfo("another", "f" * 64, 8)
    with open_gallery(tmp_path / "g", write=True, create_with=card) as made:
        with pytest.raises(GalleryModelError, match="another") as caught:
            make_query(ask(str(crops), made), made, open_model=lambda: open_model(str(model)))
        assert "--model" in str(caught.value)


def test_a_damaged_picture_is_named(gallery: Gallery, crops: Path) -> None:
    data = (crops / "3.jpg").read_bytes()
    (crops / "3.jpg").write_bytes(data[: len(data) // 2])
    with pytest.raises(CropError, match=r"3\.jpg"):
        make_query(ask(str(crops), gallery), gallery, open_model=never)


def test_a_box_in_an_indexed_video_is_the_tracklet_there(
    tmp_path: Path, card: ModelInfo, video: Path, model: Path
) -> None:
    import hashlib

    digest = hashlib.sha256(video.read_bytes()).hexdigest()
    vector = np.arange(card.embedding_dim)
    with open_gallery(tmp_path / "g", write=True, create_with=card) as made:
        source = made.begin_source(new_source("gate", sha256=digest))
        made.add(source.id, [tracklet(1, vector)], fingerprint=card.fingerprint)
        found = make_query(ask(f"{video}@1.5:31,10,20,40", made), made, open_model=never)
        assert found.tracklet is not None
        assert found.tracklet.name == "gate/1"
        assert "gate/1" in found.notes[0]
        np.testing.assert_array_equal(found.vector, vector)

        # Nobody was tracked in the corner: its crop is searched with.
        corner = make_query(
            ask(f"{video}@1.5:80,50,16,22", made),
            made,
            open_model=lambda: open_model(str(model)),
        )
        assert corner.tracklet is None
        assert "No tracklet" in corner.notes[0]
        assert "sees nobody in this box" in corner.notes[1]
        assert corner.strip is not None
        assert corner.strip.pictures[0].shape == (22, 16, 3)

        whole = make_query(
            ask(f"{video}@1.5:0,0,96,72", made), made, open_model=lambda: open_model(str(model))
        )
        assert "much larger than whom it shows: gate/1 at 31,10,20,40" in whole.notes[0]


def test_a_box_in_a_strange_video_is_a_crop(gallery: Gallery, video: Path, model: Path) -> None:
    query = make_query(
        ask(f"{video}@1:20,10,20,40", gallery),
        gallery,
        open_model=lambda: open_model(str(model)),
    )
    assert query.tracklet is None
    assert "not in the gallery" in query.notes[0]
