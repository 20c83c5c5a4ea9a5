"""A query without a person, or with several, is told."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from tacan.errors import DetectorError
from tacan.images.read import read_crop
from tacan.search.people_in_query import (
    box_form,
    notes_on_box,
    notes_on_pictures,
)
from tacan.synthetic.tracklets.contact_sheet import contact_sheet
from tacan.video.detect import Detector, open_detector
from tacan.video.video_records import Detections

FRAME = np.full((200, 300, 3), 90, np.uint8)
PERSON = (100, 50, 140, 150)


class Stub:
    """Sees the people of `boxes` in a whole frame, wherever it is cut."""

    name, fingerprint, input_side = "stub", "stub", 640

    def __init__(self, *boxes: tuple[int, int, int, int], score: float = 0.9) -> None:
        self.boxes, self.score = boxes, score

    def detect(self, images: Sequence[np.ndarray], *, tiles: bool = False) -> list[Detections]:
        found = []
        for image in images:
            # The frame's pixels hold their own coordinates, so that a cut is known by its corner.
            x, y = int(image[0, 0, 0]) * 2, int(image[0, 0, 1])
            boxes = np.array(self.boxes, np.float32).reshape(-1, 4) - [x, y, x, y]
            scores = np.full(len(boxes), self.score, np.float32)
            found.append(Detections(boxes.astype(np.float32), scores))
        return found


def frame() -> np.ndarray:
    image = FRAME.copy()
    image[..., 0] = np.arange(300) // 2
    image[..., 1] = np.arange(200)[:, None]
    return image


def on_box(box: tuple[float, float, float, float], detector: Detector) -> str:
    return " ".join(notes_on_box(frame(), box, lambda: detector))


def test_a_box_around_one_person_needs_no_word() -> None:
    assert on_box(PERSON, Stub(PERSON)) == ""
    assert on_box((95, 40, 150, 160), Stub(PERSON, (0, 0, 30, 90))) == ""


def test_a_box_without_anybody_is_told_with_those_in_sight() -> None:
    note = on_box((220, 60, 260, 160), Stub(PERSON, (20, 40, 60, 150)))
    assert "(stub) sees nobody in this box" in note
    assert "at 100,50,40,100 and 20,40,40,110" in note, "the nearest first"
    assert "in sight" not in on_box((220, 60, 260, 160), Stub())
    assert "nobody" in on_box(PERSON, Stub(PERSON, score=0.2)), "an unsure detection is nobody"


def test_a_box_with_several_people_names_them() -> None:
    note = on_box((90, 40, 200, 160), Stub(PERSON, (150, 50, 190, 150)))
    assert "2 people in this box, at 100,50,40,100 and 150,50,40,100" in note
    small = on_box((95, 45, 145, 155), Stub(PERSON, (120, 60, 130, 90)))
    assert small == "", "somebody far behind"


def test_a_box_that_does_not_fit_says_which_would() -> None:
    for box in ((20, 0, 220, 200), (105, 55, 120, 80)):
        assert "somebody at 100,50,40,100: ask with that box" in on_box(box, Stub(PERSON))


def count_stub(*counts: int) -> Detector:
    class Counted(Stub):
        def detect(self, images: Sequence[np.ndarray], *, tiles: bool = False) -> list[Detections]:
            boxes = [np.tile(np.array([[0, 0, 9, 30]], np.float32), (n, 1)) for n in counts]
            return [Detections(b, np.full(len(b), 0.9, np.float32)) for b in boxes]

    return Counted()


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ((1,), ()),
        ((1, 1), ()),
        ((0,), ("sees nobody in this picture",)),
        ((0, 1), ("sees nobody in 1 of 2 pictures",)),
        ((3,), ("sees 3 people in this picture",)),
        ((2, 0, 1), ("sees nobody in 1 of 3 pictures", "several people in 1 of 3 pictures")),
    ],
)
def test_pictures(counts: tuple[int, ...], expected: tuple[str, ...]) -> None:
    notes = notes_on_pictures([FRAME] * len(counts), lambda: count_stub(*counts))
    assert len(notes) == len(expected)
    assert all(words in note for words, note in zip(expected, notes, strict=True))


def test_a_detector_that_cannot_be_had_stops_no_search() -> None:
    def gone() -> Detector:
        raise DetectorError("a detector must be here", got="none", remedy="Get one.")

    for notes in (notes_on_pictures([FRAME], gone), notes_on_box(FRAME, PERSON, gone)):
        assert "was not looked at: a detector must be here" in notes[0]


def test_the_detector_that_ships_sees_generated_people_and_no_pavement(tmp_path: Path) -> None:
    street = open_detector("street", threads=1)
    sheet = read_crop(contact_sheet(tmp_path / "sheet.png", identities=2, cameras=2, seed=2))
    cells = [sheet[y : y + 128, x : x + 64] for y in (2, 132) for x in (2, 68)]
    assert notes_on_pictures(cells, lambda: street) == ()
    beside = np.concatenate([cells[0], cells[2]], axis=1)
    assert "2 people" in notes_on_pictures([beside], lambda: street)[0]
    pavement = np.random.default_rng(0).integers(100, 130, (128, 64, 3), dtype=np.uint8)
    assert "nobody" in notes_on_pictures([pavement], lambda: street)[0]


def test_without_libgl_the_search_goes_on() -> None:
    def broken() -> Detector:
        raise ImportError("libGL.so.1: cannot open shared object file: No such file")

    for notes in (notes_on_pictures([FRAME], broken), notes_on_box(FRAME, PERSON, broken)):
        assert "libGL.so.1 is missing" in notes[0]
        assert "opencv-python-headless" in notes[0]


def test_box_form() -> None:
    assert box_form(np.array([10.2, 20, 40, 99.6])) == "10,20,30,80"


def test_the_borders_of_who_is_in_a_box() -> None:
    """At .3 of the union somebody is shown; with half of a box one of several is; half as high as
    the highest is no longer far behind."""
    assert on_box((100, 50, 140, 80), Stub(PERSON)) == ""
    assert "somebody at 100,50,40,100" in on_box((100, 50, 140, 78), Stub(PERSON))
    both = Stub(PERSON, (150, 50, 190, 150))
    assert "2 people in this box" in on_box((120, 50, 170, 150), both)
    assert "nobody in this box" in on_box((122, 50, 168, 150), both)
    assert "2 people" in on_box((90, 40, 150, 160), Stub(PERSON, (120, 60, 130, 110)))
    assert on_box((90, 40, 150, 160), Stub(PERSON, (120, 60, 130, 108))) == ""


def test_who_is_in_sight_is_not_in_the_box() -> None:
    class FromAfar(Stub):
        def detect(self, images: Sequence[np.ndarray], *, tiles: bool = False) -> list[Detections]:
            none = Detections(np.zeros((0, 4), np.float32), np.zeros(0, np.float32))
            return [
                super(FromAfar, self).detect([image])[0] if image.shape == FRAME.shape else none
                for image in images
            ]

    assert "in sight" not in on_box((100, 50, 140, 80), FromAfar(PERSON))
    assert "people at 100,50,40,100" in on_box((100, 50, 140, 78), FromAfar(PERSON))
