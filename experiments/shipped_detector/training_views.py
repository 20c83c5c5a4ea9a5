"""Training views: parts of the rendered pictures, as a poor camera would have them.

A view is one picture, or a mosaic of four. People keep their boxes (what of them is seen); whoever
is mostly hidden or cut off is neither asked for nor counted as a mistake. A third of the pictures
get a photograph without people behind their people, and some views hold such a photograph alone.
"""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

__all__ = ["ViewMaker"]

_ENDINGS = {".jpg", ".jpeg", ".png", ".webp"}
_LONGEST = 900
"""Pixels: photographs are scaled down to this."""
_LEAST_SEEN, _LEAST_INSIDE = 0.25, 0.2
"""Who is seen less, or has less of the whole body inside the view, is left out of the loss."""
_LEAST_TALL, _LEAST_WIDE = 14, 5

Boxes = NDArray[np.float64]
View = tuple[NDArray[np.float32], Boxes, Boxes]
"""Pixels [h, w, 3], boxes [n, 4] to be found and boxes [k, 4] to be left out."""


class ViewMaker:
    """Makes views of `size` x `size` pixels of `pictures` and of photographs in `backgrounds`."""

    def __init__(self, pictures: list[Path], backgrounds: list[Path], *, size: int) -> None:
        self.pictures = pictures
        self.size = size
        self.photographs = [
            photograph
            for folder in backgrounds
            for file in sorted(folder.rglob("*"))
            if file.suffix.lower() in _ENDINGS and (photograph := _photograph(file)) is not None
        ]

    def make(
        self, rng: np.random.Generator
    ) -> tuple[NDArray[np.uint8], NDArray[np.float32], NDArray[np.float32]]:
        """RGB pixels [size, size, 3], boxes to be found [n, 4], boxes to be left out [k, 4]."""
        image, wanted, ignored = (
            self._one(rng, self.size) if rng.random() < 0.45 else self._mosaic(rng)
        )
        tall = wanted[:, 3] - wanted[:, 1] >= 10
        ignored = np.concatenate([ignored, wanted[~tall]])
        image = _degraded(rng, _recoloured(rng, image))
        return image, wanted[tall].astype(np.float32), ignored.astype(np.float32)

    def _mosaic(self, rng: np.random.Generator) -> View:
        size = self.size
        image = np.empty((size, size, 3), np.float32)
        wanted: list[Boxes] = [np.zeros((0, 4))]
        ignored: list[Boxes] = [np.zeros((0, 4))]
        middle = rng.integers(size // 4, 3 * size // 4 + 1, 2).tolist()
        for top, bottom in ((0, middle[0]), (middle[0], size)):
            for left, right in ((0, middle[1]), (middle[1], size)):
                height, width = bottom - top, right - left
                part, found, rest = self._one(rng, max(height, width))
                image[top:bottom, left:right] = part[:height, :width]
                for boxes, is_wanted in ((found, True), (rest, False)):
                    cut = boxes.clip([0, 0, 0, 0], [width, height] * 2)
                    kept = _area(cut) / np.maximum(_area(boxes), 1e-6)
                    cut += np.array([left, top, left, top])
                    clear = (kept > 0.35) & is_wanted
                    wanted.append(cut[clear])
                    ignored.append(cut[~clear & (kept > 0)])
        return image, np.concatenate(wanted), np.concatenate(ignored)

    def _one(self, rng: np.random.Generator, size: int) -> View:
        """A part of one picture, magnified, mirrored and moved; or a photograph without people."""
        if rng.random() < 0.12:
            empty = np.zeros((0, 4))
            return _recoloured(rng, self._background(rng, size, size)), empty, empty
        image, people, boxes, seen = _read(self.pictures[rng.integers(len(self.pictures))])
        height, width = image.shape[:2]
        pixels = image.astype(np.float32)
        if rng.random() < 0.35:
            share = cv2.GaussianBlur(people, (3, 3), 0)[..., None] / 255.0
            behind = _recoloured(rng, self._background(rng, height, width))
            pixels = np.clip(pixels * share + behind * (1 - share), 0, 255).astype(np.float32)
        if rng.random() < 0.5:
            pixels, boxes = pixels[:, ::-1], boxes.copy()
            boxes[:, [0, 2, 4, 6]] = width - boxes[:, [2, 0, 6, 4]]
        scale, offset = self._window(rng, size, (width, height), boxes, seen)
        matrix = np.array([[scale[0], 0, offset[0]], [0, scale[1], offset[1]]], np.float32)
        way = cv2.INTER_AREA if scale[1] < 1 else cv2.INTER_LINEAR
        pixels = cv2.warpAffine(
            np.ascontiguousarray(pixels), matrix, (size, size), flags=way, borderValue=(114,) * 3
        )
        moved = boxes * np.tile(scale, 4) + np.tile(offset, 4)
        return pixels.astype(np.float32), *_sorted_out(moved[:, :4], moved[:, 4:], seen, size)

    def _window(
        self,
        rng: np.random.Generator,
        size: int,
        picture: tuple[int, int],
        boxes: Boxes,
        seen: NDArray[np.float64],
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Scale and offset (x, y) of a view: any part, or about one person who fills the height."""
        scale = float(np.exp(rng.uniform(np.log(0.45), np.log(1.9))))
        clear = np.flatnonzero(seen > 0.6)
        person = None
        if len(clear) and rng.random() < 0.35:
            person = boxes[clear[rng.integers(len(clear))], 4:]
            tall = max(person[3] - person[1], 1)
            scale = float(np.clip(rng.uniform(0.45, 1.15) * size / tall, 0.3, 8))
        aspect = rng.uniform(0.9, 1.12)
        scales = np.array([scale * aspect, scale / aspect])
        if person is None:
            room = size - np.array(picture) * scales
            return scales, rng.uniform(np.minimum(room, 0), np.maximum(room, 0))
        middle = (person[:2] + person[2:]) / 2
        return scales, rng.uniform([0.2, 0.35], [0.8, 0.65]) * size - scales * middle

    def _background(self, rng: np.random.Generator, height: int, width: int) -> NDArray[np.uint8]:
        whole = self.photographs[rng.integers(len(self.photographs))]
        scale = rng.uniform(0.3, 1.0) * min(whole.shape[0] / height, whole.shape[1] / width)
        tall, wide = max(16, int(height * scale)), max(16, int(width * scale))
        top = rng.integers(whole.shape[0] - tall + 1)
        left = rng.integers(whole.shape[1] - wide + 1)
        part = np.ascontiguousarray(whole[top : top + tall, left : left + wide])
        return cv2.resize(part, (width, height)).astype(np.uint8)


def _sorted_out(
    whole: Boxes, visible: Boxes, seen: NDArray[np.float64], size: int
) -> tuple[Boxes, Boxes]:
    """Boxes to be found, and those to be left out, of what is inside the view."""
    box = visible.clip(0, size)
    inside = _area(box) / np.maximum(_area(whole), 1e-6)
    tall, wide = box[:, 3] - box[:, 1], box[:, 2] - box[:, 0]
    wanted = (seen > _LEAST_SEEN) & (inside > _LEAST_INSIDE)
    wanted &= (tall >= _LEAST_TALL) & (wide >= _LEAST_WIDE)
    return box[wanted], box[~wanted & (tall > 2) & (wide > 1)]


def _area(boxes: Boxes) -> NDArray[np.float64]:
    return np.maximum(boxes[:, 2] - boxes[:, 0], 0) * np.maximum(boxes[:, 3] - boxes[:, 1], 0)


def _photograph(file: Path) -> NDArray[np.uint8] | None:
    image = cv2.imread(str(file))
    if image is None:
        return None
    scale = min(_LONGEST / max(image.shape[:2]), 1.0)
    return cv2.resize(image, None, fx=scale, fy=scale)[..., ::-1].astype(np.uint8)


def _read(
    picture: Path,
) -> tuple[NDArray[np.uint8], NDArray[np.uint8], Boxes, NDArray[np.float64]]:
    """Pixels, the mask of people, whole and seen boxes [n, 8] and the shares seen [n]."""
    image = cv2.imread(str(picture))
    people = cv2.imread(str(picture.with_suffix(".png")), cv2.IMREAD_GRAYSCALE)
    if image is None or people is None:
        raise SystemExit(f"{picture} or its mask can't be read. Draw its place again.")
    truth = json.loads(picture.with_suffix(".json").read_text(encoding="utf-8"))
    boxes = np.array(truth["boxes"], float).reshape(-1, 8)
    return (
        image[..., ::-1].astype(np.uint8),
        people.astype(np.uint8),
        boxes,
        np.array(truth["seen"]),
    )


def _recoloured(rng: np.random.Generator, image: NDArray[np.generic]) -> NDArray[np.float32]:
    """Other exposure, white balance, contrast, saturation and tone curve; sometimes no colour."""
    pixels = image.astype(np.float32) * (rng.uniform(0.6, 1.4) * rng.uniform(0.88, 1.12, 3))
    pixels = (pixels - pixels.mean()) * rng.uniform(0.6, 1.35) + pixels.mean() * rng.uniform(
        0.75, 1.25
    )
    grey = pixels.mean(-1, keepdims=True)
    if rng.random() < 0.15:
        pixels = np.repeat(grey, 3, -1)
    elif rng.random() < 0.5:
        pixels = grey + (pixels - grey) * rng.uniform(0.3, 1.5)
    curved = 255 * (np.clip(pixels, 0, 255) / 255) ** rng.uniform(0.7, 1.4)
    return curved.astype(np.float32)


def _degraded(rng: np.random.Generator, pixels: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Out of focus, moved, of fewer pixels, noisy, compressed: each in some of the views."""
    if rng.random() < 0.35:
        pixels = cv2.GaussianBlur(pixels, (0, 0), rng.uniform(0.4, 1.4))
    if rng.random() < 0.1:
        length = int(rng.integers(3, 8))
        along = np.zeros((length, length), np.float32)
        along[length // 2] = 1 / length
        pixels = cv2.filter2D(pixels, -1, along)
    if rng.random() < 0.3:
        share = rng.uniform(0.45, 0.9)
        height, width = pixels.shape[:2]
        small = (int(width * share), int(height * share))
        small_pixels = cv2.resize(pixels, small, interpolation=cv2.INTER_AREA)
        pixels = cv2.resize(small_pixels, (width, height))
    if rng.random() < 0.4:
        pixels = pixels + rng.normal(0, rng.uniform(1, 10), pixels.shape)
    image = np.clip(pixels, 0, 255).astype(np.uint8)
    if rng.random() < 0.7:
        quality = [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(25, 95))]
        image = cv2.imdecode(cv2.imencode(".jpg", image, quality)[1], cv2.IMREAD_COLOR)
    return image.astype(np.uint8)
