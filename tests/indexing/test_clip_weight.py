from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from tacan.embeddings.shipped import SHIPPED_WEIGHTS
from tacan.files import GALLERY_DATABASE
from tacan.gallery import ModelInfo, open_gallery
from tacan.indexing.clip_weight import LENT, usual_clip_weight

CARD = ModelInfo("onnx:net.onnx", "f" * 16, 8, "cosine", "street")


def forget(gallery: Path, name: str) -> None:
    with closing(sqlite3.connect(gallery / GALLERY_DATABASE)) as database, database:
        assert database.execute("DELETE FROM metadata WHERE name = ?", (name,)).rowcount == 1


def test_a_gallery_keeps_its_clip_weight(tmp_path: Path) -> None:
    open_gallery(tmp_path / "g", write=True, create_with=CARD).close()
    assert usual_clip_weight(tmp_path / "g", "onnx:net.onnx") == "street"
    assert usual_clip_weight(tmp_path / "g", "street") == "none"


@pytest.mark.parametrize("name", ["g", "n" * 5000])
def test_in_a_new_gallery_a_frozen_encoder_is_lent_the_one_that_ships(
    tmp_path: Path, name: str
) -> None:
    assert usual_clip_weight(tmp_path / name, "onnx:net.onnx") == LENT
    assert LENT in SHIPPED_WEIGHTS
    assert usual_clip_weight(tmp_path / name, "street") == "none"


def test_an_older_gallery_goes_on_without(tmp_path: Path) -> None:
    old = replace(CARD, clip_weight="none")
    open_gallery(tmp_path / "g", write=True, create_with=old).close()
    forget(tmp_path / "g", "clip_weight")
    with open_gallery(tmp_path / "g") as opened:
        assert opened.model == old
    assert usual_clip_weight(tmp_path / "g", "onnx:net.onnx") == "none"


def test_a_gallery_that_was_cut_short_is_left_to_who_writes_to_it(tmp_path: Path) -> None:
    open_gallery(tmp_path / "g", write=True, create_with=CARD).close()
    forget(tmp_path / "g", "identity")
    assert usual_clip_weight(tmp_path / "g", "onnx:net.onnx") == "none"
