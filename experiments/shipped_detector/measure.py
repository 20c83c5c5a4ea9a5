"""How many people of the held-out rendered pictures the detector finds, and how often it is wrong.

    python experiments/shipped_detector/measure.py pictures

A person is found by a box with an overlap of a half; one who is mostly hidden need not be. Takes
any `--detector`, to compare.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
from train import HELD_OUT

from tacan.images.read import read_crop
from tacan.video.boxes import ious
from tacan.video.detect import open_detector

_LEAST_SEEN = 0.25


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("pictures", type=Path)
    parser.add_argument("--detector", default="street")
    chosen = parser.parse_args()
    detector = open_detector(chosen.detector, threshold=0.05)
    thresholds = (0.1, 0.2, 0.3, 0.4, 0.5)
    found = np.zeros(len(thresholds), int)
    extra = np.zeros(len(thresholds), int)
    people = pictures = 0
    for file in sorted(chosen.pictures.glob("*.jpg")):
        if int(file.stem[:6]) >= HELD_OUT:
            break
        truth = json.loads(file.with_suffix(".json").read_text(encoding="utf-8"))
        boxes = np.array(truth["boxes"], np.float32).reshape(-1, 8)[:, 4:]
        clear = np.array(truth["seen"]) > _LEAST_SEEN
        pictures, people = pictures + 1, people + int(clear.sum())
        [given] = detector.detect([read_crop(file)])
        for i, threshold in enumerate(thresholds):
            kept = given.boxes[given.scores >= threshold]
            overlaps = ious(boxes[:, None], kept[None])
            found[i] += int((overlaps[clear].max(1, initial=0) > 0.5).sum())
            extra[i] += int((overlaps.max(0, initial=0) < 0.3).sum())
    print(f"{people} people in {pictures} pictures of places that training never saw")
    print("threshold,found,wrong boxes a picture")
    for threshold, hits, wrong in zip(thresholds, found, extra, strict=True):
        print(f"{threshold},{hits / people:.3f},{wrong / pictures:.3f}")


if __name__ == "__main__":
    main()
