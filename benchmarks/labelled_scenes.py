"""Generated scenes, galleries of their true boxes or a detector's, and who each tracklet shows."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tacan.gallery import Gallery
from tacan.video.boxes import ious

CAMERAS = 3
_TWELVE = "--people 12 --seconds 60 --fps 10 --height 480 --width 640"
CHOOSING = (101, 102, 103, 104)
MORE_TO_CHOOSE = (105, 106, 107, 108, 109)
REPORTING = (201, 202, 203, 204, 205)
SCENES = {
    11: "--people 12 --seconds 40 --fps 8 --height 360 --width 480",
    12: "--people 16 --seconds 40 --fps 6 --height 480 --width 640",
    13: "--people 16 --seconds 40 --fps 6 --height 480 --width 640",
    **dict.fromkeys((*CHOOSING, *MORE_TO_CHOOSE, *REPORTING), _TWELVE),
}
"""Settings of the scenes by their seeds. 11 and 12 gave the prior that ships; those from 100 on are
for choosing, those from 200 on for reporting alone."""


LEAST_OVERLAP = 0.5
"""Intersection over union from which a box shows a person."""


def make(folder: Path, seed: int) -> Path:
    """A scene of this seed with the gallery of its true boxes, made unless it is there."""
    indexed(draw(folder, seed), None)
    return folder / str(seed)


def draw(folder: Path, seed: int) -> Path:
    """The videos of the scene of this seed and their true boxes, made unless they are there."""
    scene = folder / str(seed)
    if not (scene / "manifest.json").is_file():
        tacan("scenes", scene, "--cameras", CAMERAS, "--seed", seed, *SCENES[seed].split())
    return scene


def indexed(scene: Path, detector: str | None) -> Path:
    """The gallery of a scene by a detector, or by its true boxes; made unless it is there."""
    name = "" if detector is None else "-" + "".join(c if c.isalnum() else "-" for c in detector)
    gallery = scene / f"gallery{name}"
    if gallery.is_dir():
        return gallery
    for camera in (f"camera{number + 1}" for number in range(CAMERAS)):
        boxes = f"mot:{scene / camera}.txt" if detector is None else detector
        video = scene / f"{camera}.mp4"
        tacan("index", gallery, video, "--camera", camera, "--detector", boxes)
    return gallery


def tacan(*words: object) -> None:
    subprocess.run([sys.executable, "-m", "tacan", *map(str, words)], check=True)


def persons(gallery: Gallery, scene: Path, ids: NDArray[np.int64]) -> NDArray[np.int64]:
    """The person [n] of each tracklet, on whose true boxes most of its own lie; 0 for nobody."""
    truth = {path.stem: np.loadtxt(path, delimiter=",") for path in scene.glob("camera*.txt")}
    cameras = {tracklet.id: tracklet.camera for tracklet in gallery.tracklets()}
    found = []
    for tracklet_id in ids.tolist():
        rows = truth[cameras[tracklet_id]]
        trajectory, votes = gallery.trajectory(tracklet_id), Counter()
        for frame, box in zip(trajectory.frames, trajectory.boxes, strict=True):
            here = rows[rows[:, 0] == frame + 1]
            boxes = np.concatenate([here[:, 2:4], here[:, 2:4] + here[:, 4:6]], axis=1)
            overlaps = ious(box, boxes.astype(np.float32))
            if len(overlaps) and overlaps.max() >= LEAST_OVERLAP:
                votes[int(here[overlaps.argmax(), 1])] += 1
        found.append(votes.most_common(1)[0][0] if votes else 0)
    return np.array(found)
