from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from tacan.errors import DataError
from tacan.search import parse
from tacan.search.parse import Pictures, TrackletName, VideoBox, parse_query
from tacan.search.video_query import find_sources

NAMES = ("entrance/1", "entrance/12", "yard/3")


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "crops").mkdir()
    pixels = np.zeros((8, 4, 3), np.uint8)
    for name in ("a.jpg", "b.PNG", "crops/2.jpg", "crops/1.jpg"):
        Image.fromarray(pixels).save(tmp_path / name)
    (tmp_path / "crops" / "notes.txt").write_text("none of them")
    (tmp_path / "walk.mp4").write_bytes(b"0")
    return tmp_path


def test_each_kind_of_word(here: Path) -> None:
    asked = parse_query(["yard/3", "crops", "a.jpg", "walk.mp4@12.5:310,80,60,150"], names=NAMES)
    assert asked == (
        TrackletName("yard/3"),
        Pictures((Path("crops/1.jpg"), Path("crops/2.jpg")), label="crops", is_folder=True),
        Pictures((Path("a.jpg"),), label="a.jpg"),
        VideoBox(
            Path("walk.mp4"), 12.5, (310.0, 80.0, 370.0, 230.0), label="walk.mp4@12.5:310,80,60,150"
        ),
    )


def test_images_together_are_one_person_and_with_each_they_are_not(here: Path) -> None:
    words = ["a.jpg", "yard/3", "b.PNG", "a.jpg"]
    together = parse_query(words, names=NAMES)
    assert together == (
        Pictures((Path("a.jpg"), Path("b.PNG"), Path("a.jpg")), label="a.jpg and 2 more"),
        TrackletName("yard/3"),
    )
    assert len(parse_query(words, names=NAMES, each=True)) == 4


def test_folders_are_never_thrown_together(here: Path) -> None:
    assert len(parse_query(["crops", "crops"], names=NAMES)) == 2


def test_a_name_in_the_gallery_comes_before_a_file_of_that_name(here: Path) -> None:
    (here / "yard").mkdir()
    Image.fromarray(np.zeros((8, 4, 3), np.uint8)).save(here / "yard" / "3.jpg")
    names = (*NAMES, "yard/3.jpg")
    assert parse_query(["yard/3.jpg"], names=names) == (TrackletName("yard/3.jpg"),)
    assert isinstance(parse_query(["./yard/3.jpg"], names=names)[0], Pictures)


@pytest.mark.parametrize(
    ("when", "seconds"), [("7", 7.0), ("1:02.5", 62.5), ("1:00:01", 3601.0), ("0", 0.0)]
)
def test_times_in_a_video(when: str, seconds: float) -> None:
    (asked,) = parse_query([f"C:@disk/walk.mp4@{when}:-3,2.5,10,20"], names=())
    assert isinstance(asked, VideoBox)
    assert asked.path == Path("C:@disk/walk.mp4")
    assert asked.seconds == seconds
    assert asked.box == (-3.0, 2.5, 7.0, 22.5)


@pytest.mark.parametrize(
    ("word", "message"),
    [
        ("entrance/13", "entrance/12"),
        ("entrence/1", "entrance/1"),
        ("aa.jpg", "Is it a.jpg?"),
        ("crop", "Is it crops?"),
        ("zzzzzzzz", "names like entrance/1"),
        ("walk.mp4", "FILE@SECONDS:x,y,w,h"),
        ("walk.mp4@1:60:1,2,3,4", "MM:SS"),
        ("walk.mp4@1:2:3:4:1,2,3,4", "MM:SS"),
        ("walk.mp4@1..2:1,2,3,4", "MM:SS"),
        ("walk.mp4@5:1,2,3", "x,y,w,h"),
        ("walk.mp4@5:1,2,0,4", "wider and higher"),
        ("walk.mp4@5:nan,2,3,4", "x,y,w,h"),
        ("empty", "without an image"),
        ("phone.HEIC", "save it as JPEG"),
        ("phones", "IMG_1.heic (a picture of a format"),
    ],
)
def test_faults_say_what_is_near(here: Path, word: str, message: str) -> None:
    (here / "empty").mkdir()
    (here / "phones").mkdir()
    (here / "phone.HEIC").touch()
    (here / "phones" / "IMG_1.heic").touch()
    with pytest.raises(DataError) as caught:
        parse_query([word], names=NAMES)
    assert message in str(caught.value)


def test_an_empty_gallery_and_an_empty_search() -> None:
    with pytest.raises(DataError, match="no tracklets yet"):
        parse_query(["zzzzzzz"], names=())
    with pytest.raises(DataError, match="ask for someone"):
        parse_query([], names=NAMES)


@pytest.mark.parametrize(
    "word",
    [
        *("a\0b", "\0@1:1,2,3,4", "x" * 300, "x" * 5000, "y" * 100_000, f"{'a/' * 3000}b"),
        *("name \udcff that is no UTF-8", "half \ud800", "loop", "loop/a.jpg", ""),
        *("v.mp4@" + "9" * 400 + ":1,2,3", "v.mp4@1:1e400,1,1,1", "v.mp4@1:1,2,nan,4"),
    ],
)
def test_words_that_ask_for_nobody_are_refused_in_a_short_message(here: Path, word: str) -> None:
    (here / "loop").symlink_to("loop")
    with pytest.raises(DataError) as caught:
        parse_query([word], names=NAMES)
    assert len(str(caught.value)) < 1500


def test_a_folder_that_cannot_be_read_is_named(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(folder: Path) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(parse, "read_folder_content", refuse)
    with pytest.raises(DataError, match="crops: Permission denied"):
        parse_query(["crops"], names=NAMES)


@pytest.mark.fuzz
@settings(max_examples=400, deadline=None)
@given(
    words=st.lists(
        st.one_of(
            st.text(max_size=40),
            st.binary(max_size=40).map(os.fsdecode),
            st.builds("{}@{}:{}".format, st.text(max_size=8), st.text(), st.text()),
            st.builds(
                "{}@{}:{},{},{},{}".format,
                st.text(max_size=8),
                st.floats(),
                *(st.floats() for _ in range(4)),
            ),
            st.text("0123456789:.,@e-+/", max_size=40),
        ),
        max_size=3,
    ),
    each=st.booleans(),
)
def test_any_words_are_read_or_refused(words: list[str], each: bool) -> None:
    try:
        parsed = parse_query(words, names=NAMES, each=each)
    except DataError:
        return
    for one in parsed:
        if isinstance(one, VideoBox):
            assert 0 <= one.seconds < float("inf")
            assert np.isfinite(one.box).all()
            assert find_sources((), one) == ()
