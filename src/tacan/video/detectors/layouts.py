"""How detection networks answer: the layouts that are understood, recognised by their outputs.

A network is shown one grey picture. The shapes and values of its outputs say which tools it was
exported with, and so how pictures must be given to it and how its boxes are read.

Legend: a cells of the grids of stride 8, 16 and 32, c classes, q queries, n rows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tacan.errors import DetectorError
from tacan.video.detectors.picture_input import PictureInput
from tacan.video.detectors.yolox import decode_grid, grid_cells, is_decoded
from tacan.video.video_records import PEOPLE, is_of_people

__all__ = ["LAYOUTS", "Layout", "Outputs", "Probe", "recognise"]

Outputs = Mapping[str, NDArray[Any]]
"""A network's outputs by their names."""
Answer = tuple[NDArray[np.float32], NDArray[np.float32]]
"""Boxes x1, y1, x2, y2 [n, 4] and how surely each is a person, float32 [n]."""

_SMALL = 2.0
"""No box of a whole grid in pixels is within so few: those that are, are shares of the input."""


@dataclass(frozen=True, slots=True)
class Probe:
    """What a network answered to a grey picture of `width` x `height`, and its classes' names."""

    outputs: Outputs
    width: int
    height: int
    class_names: Mapping[int, str]

    @property
    def n_cells(self) -> int:
        return len(grid_cells(self.width, self.height)[0])

    def person(self, otherwise: int) -> int:
        """The number of the class of people: by its name, or as is usual for the layout.

        Raises `DetectorError` where the classes have names, and none of them is that of people.
        """
        if not self.class_names:
            return otherwise
        for number, name in self.class_names.items():
            if is_of_people(name):
                return number
        known = ", ".join(list(self.class_names.values())[:8])
        raise DetectorError(
            f"a detector must have a class {' or '.join(PEOPLE)}",
            got=f"{len(self.class_names)} classes: {known}"
            + (", ..." if len(self.class_names) > 8 else ""),
            remedy="Use one that was trained on people.",
        )

    def only(self, n_dimensions: int) -> NDArray[np.float32] | None:
        """The one output of so many dimensions, of one image; None where there isn't just one."""
        found = [each for each in self.outputs.values() if each.ndim == n_dimensions]
        return found[0] if len(found) == 1 and len(found[0]) == 1 else None


@dataclass(frozen=True, slots=True)
class Layout:
    """One way in which networks take pictures and answer."""

    name: str
    picture: PictureInput
    read: Callable[[Outputs, float], Answer]
    """The boxes of an answer from a score on; others are left out where that saves work."""
    shares: bool = False
    """Whether boxes are shares of the input's sides, in place of its pixels."""
    iou: float = 0.6
    """Of two boxes that share more than this, the better one stays."""


class Known(NamedTuple):
    """A family of layouts: the form of its outputs in words, and what recognises it."""

    form: str
    recognise: Callable[[Probe], Layout | None]


def recognise(probe: Probe) -> Layout:
    """The layout of the outputs.

    Raises `DetectorError`, which says what was met and what is understood, where there is none,
    and where the network knows no people.
    """
    for known in LAYOUTS.values():
        if (layout := known.recognise(probe)) is not None:
            return layout
    met = ", ".join(f"{name} {list(each.shape)}" for name, each in probe.outputs.items())
    forms = "; ".join(f"{name}: {known.form}" for name, known in LAYOUTS.items())
    raise DetectorError(
        f"the outputs of a detector must be of a known form. For {probe.width} x {probe.height} "
        f"pixels, which have a = {probe.n_cells} cells, these are: {forms}",
        got=met,
        remedy="Export it in one of them, or give ready boxes with mot:FILE.",
    )


def _ssd(probe: Probe) -> Layout | None:
    rows = probe.only(4)
    if rows is None or len(probe.outputs) != 1 or rows.shape[1] != 1 or rows.shape[3] != 7:
        return None
    person = probe.person(1)

    def read(outputs: Outputs, _: float) -> Answer:
        (found,) = outputs.values()
        found = found.reshape(-1, 7)
        ends = np.flatnonzero(found[:, 0] < 0)
        found = found[: ends[0]] if len(ends) else found
        found = found[found[:, 1] == person]
        return found[:, 3:], found[:, 2].copy()

    return Layout("ssd", PictureInput("stretch", "bgr", 255), read, shares=True)


def _chosen(probe: Probe) -> Layout | None:
    """RT-DETR's, D-FINE's and DEIM's own exports: the best boxes, each with its class."""
    names = _by_part(probe.outputs, "labels", "boxes", "scores")
    if names is None or len(probe.outputs) != 3:
        return None
    labels, boxes, scores = (probe.outputs[name] for name in names)
    if (
        boxes.ndim != 3
        or boxes.shape[2] != 4
        or not labels.shape == scores.shape == (boxes.shape[:2])
    ):
        return None
    person = probe.person(0)

    def read(outputs: Outputs, _: float) -> Answer:
        labels, boxes, scores = (outputs[name][0] for name in names)
        people = labels == person
        return boxes[people], scores[people]

    shares = bool(np.abs(boxes).max(initial=0) <= _SMALL)
    return Layout("chosen", PictureInput("stretch"), read, shares=shares, iou=0.8)


def _queries(probe: Probe) -> Layout | None:
    """Networks of the family of DETR: a box and the logits of all classes for each query."""
    flat = {name: each for name, each in probe.outputs.items() if each.ndim == 3}
    names = _by_part(flat, "logits", "box") or _by_part(flat, "labels", "dets")
    if names is None and len(flat) == 2:
        names = tuple(sorted(flat, key=lambda name: flat[name].shape[2] == 4))
    if names is None:
        return None
    logits, boxes = (flat[name] for name in names)
    if boxes.shape[2] != 4 or logits.shape[:2] != boxes.shape[:2]:
        return None
    n_classes = logits.shape[2]
    # COCO's own numbers go to 90 and leave 0 free. With one number more, which stands for
    # nothing, the numbers of a query are probabilities that sum to 1, as in the first DETR.
    of_coco = n_classes in (91, 92)
    certain = bool(logits.min(initial=0) >= 0 and logits.max(initial=0) <= 1)
    person = probe.person(1 if of_coco else 0)

    def read(outputs: Outputs, _: float) -> Answer:
        logits, boxes = (outputs[name][0] for name in names)
        if certain:
            scores = logits
        elif n_classes == 92:
            powers = np.exp(logits - logits.max(axis=1, keepdims=True))
            scores = (powers / powers.sum(axis=1, keepdims=True))[:, :-1]
        else:
            scores = 1 / (1 + np.exp(-np.clip(logits, -50, 50)))
        people = scores.argmax(axis=1) == person
        return _corners(boxes[people]), scores[people, person].astype(np.float32)

    picture = PictureInput("stretch", imagenet=of_coco or "dets" in names)
    return Layout("queries", picture, read, shares=True, iou=0.8)


def _yolox(probe: Probe) -> Layout | None:
    rows = probe.only(3)
    if rows is None or rows.shape[1] != probe.n_cells or rows.shape[2] < 6:
        return None
    width, height, person = probe.width, probe.height, probe.person(0)

    def read_raw(outputs: Outputs, least: float) -> Answer:
        (rows,) = outputs.values()
        found, scores = _people(rows[0], person, least=least)
        return decode_grid(rows[0], width=width, height=height, chosen=found), scores

    if not is_decoded(rows[0], width=width, height=height):
        return Layout("yolox", PictureInput("corner", "bgr", 255), read_raw)
    if (rows[0, :, 4] == 1).all():
        # YOLOv6 has no objectness, and writes 1; its pictures are those of YOLOv5.
        return Layout("yolov6", PictureInput("centre"), _row_reader(person))
    return Layout("yolox-decoded", PictureInput("corner", "bgr", 255), _row_reader(person))


def _yolov5(probe: Probe) -> Layout | None:
    """YOLOv5 and YOLOv7: three anchors in each cell."""
    rows = probe.only(3)
    if rows is None or rows.shape[1] != 3 * probe.n_cells or rows.shape[2] < 6:
        return None
    shares = bool(np.abs(rows[0, :, :4]).max(initial=0) <= _SMALL)
    read = _row_reader(probe.person(0))
    return Layout("yolov5", PictureInput("centre"), read, shares=shares)


def _yolov8(probe: Probe) -> Layout | None:
    """Ultralytics' YOLOv8 to v11, and their relatives for outlines and poses."""
    table = probe.only(3)
    if table is None or table.shape[2] != probe.n_cells or table.shape[1] < 5:
        return None
    # Behind the classes may stand what an outline or a pose is made of.
    masks = probe.only(4)
    n_more = 0 if masks is None else masks.shape[1]
    n_classes = len(probe.class_names) or max(table.shape[1] - 4 - n_more, 1)
    person = probe.person(0)

    def read(outputs: Outputs, _: float) -> Answer:
        (table,) = (each[0] for each in outputs.values() if each.ndim == 3)
        scores = table[4 : 4 + n_classes]
        people = scores.argmax(axis=0) == person
        return _corners(table[:4, people].T), scores[person, people]

    shares = bool(np.abs(table[0, :4]).max(initial=0) <= _SMALL)
    return Layout("yolov8", PictureInput("centre"), read, shares=shares)


def _yolov10(probe: Probe) -> Layout | None:
    """Ultralytics' exports that choose the best boxes themselves."""
    rows = probe.only(3)
    if rows is None or len(probe.outputs) != 1 or rows.shape[2] != 6:
        return None
    person = probe.person(0)

    def read(outputs: Outputs, _: float) -> Answer:
        (rows,) = outputs.values()
        people = rows[0, rows[0, :, 5] == person]
        return people[:, :4], people[:, 4].copy()

    return Layout("yolov10", PictureInput("centre"), read, iou=0.8)


LAYOUTS = {
    "SSD": Known("[1, 1, n, 7]", _ssd),
    "RT-DETR, D-FINE": Known("labels [1, q], boxes [1, q, 4], scores [1, q]", _chosen),
    "DETR, RT-DETR, D-FINE, RF-DETR": Known("logits [1, q, c] and boxes [1, q, 4]", _queries),
    "YOLOX, YOLOv6": Known("[1, a, 5 + c]", _yolox),
    "YOLOv5, YOLOv7": Known("[1, 3 a, 5 + c]", _yolov5),
    "YOLOv8 to v11": Known("[1, 4 + c, a]", _yolov8),
    "YOLOv10, or with its own choice": Known("[1, n, 6]", _yolov10),
}
"""Each family of layouts, in the order in which they are tried."""


def _row_reader(person: int) -> Callable[[Outputs, float], Answer]:
    """Reads rows [n, 5 + c] of centre, size, objectness and classes."""

    def read(outputs: Outputs, least: float) -> Answer:
        (rows,) = (each[0] for each in outputs.values() if each.ndim == 3)
        found, scores = _people(rows, person, least=least)
        return _corners(rows[found, :4]), scores

    return read


def _people(
    rows: NDArray[np.float32], person: int, *, least: float
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Which rows [n, 5 + c] are people of a score of at least `least`, [k], and their scores [k].

    A box whose best class is another one, such as a dog, is no person.
    """
    scores = rows[:, 4] * rows[:, 5 + person]
    found = np.flatnonzero(scores >= least)
    found = found[rows[found, 5:].argmax(axis=1) == person]
    return found, scores[found].astype(np.float32)


def _corners(boxes: NDArray[np.float32]) -> NDArray[np.float32]:
    """Centre, width and height [n, 4] -> x1, y1, x2, y2."""
    halves = boxes[:, 2:] / 2
    corners = np.concatenate([boxes[:, :2] - halves, boxes[:, :2] + halves], axis=1)
    return corners.astype(np.float32, copy=False)


def _by_part(outputs: Outputs, *parts: str) -> tuple[str, ...] | None:
    """The outputs whose names have these parts, one each; None where one is missing or twice."""
    found = [[name for name in outputs if part in name.lower()] for part in parts]
    return tuple(names[0] for names in found) if all(len(n) == 1 for n in found) else None
