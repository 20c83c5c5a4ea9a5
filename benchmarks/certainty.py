"""How often each word for how sure an answer is was right, on generated scenes.

    python benchmarks/certainty.py FOLDER [--seeds 11 12] [--prior FILE]

Scenes are drawn into FOLDER and indexed with their true boxes and tracks, unless they are there
already. Each tracklet of a scene then asks for its person among all others, twice: as it is, and
with all tracklets of the person taken out. The prior of a scene is made of the other scenes.
`--prior` writes that of all scenes, which ships with the model as `strangers.json`.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from plain_faults import run
from tacan.gallery import Gallery, open_gallery
from tacan.retrieval.calibration import Calibration
from tacan.video.boxes import ious

CAMERAS = 3
SCENES = {
    11: ("--people 12", "--fps 8", "--height 360", "--width 480"),
    12: ("--people 16", "--fps 6", "--height 480", "--width 640"),
    13: ("--people 16", "--fps 6", "--height 480", "--width 640"),
}
"""Settings of the scenes by their seeds; each lasts 40 s."""
N_QUANTILES = 400
LEVELS = ("sure", "likely", "unsure", "unknown")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seeds", type=int, nargs="+", default=[11, 12], choices=SCENES)
    parser.add_argument("--prior", type=Path)
    chosen = parser.parse_args()
    scenes = [make(chosen.folder, seed) for seed in chosen.seeds]
    strangers, told = [], Counter()
    for scene in scenes:
        with open_gallery(scene / "gallery") as gallery:
            strangers.append(gallery.calibration().distances)
            model, metric = gallery.model.fingerprint, gallery.model.metric
    for number, scene in enumerate(scenes):
        others = strangers[:number] + strangers[number + 1 :]
        prior = Calibration(metric, np.sort(np.concatenate(others))) if others else None
        with open_gallery(scene / "gallery") as gallery:
            told += ask(gallery, scene, Calibration(metric, strangers[number], prior))
    sizes = ", ".join(str(len(distances)) for distances in strangers)
    print(f"{len(scenes)} scenes with {sizes} pairs of certainly different people")
    print("word      answers  of which right  somebody absent")
    for level in LEVELS:
        answers = told[level, True] + told[level, False]
        print(f"{level:<8}{answers:>9}{told[level, True]:>16}{told[level, 'absent']:>17}")
    if chosen.prior is not None:
        shares = (np.arange(N_QUANTILES) + 0.5) / N_QUANTILES
        distances = np.quantile(np.concatenate(strangers), shares).round(4).tolist()
        text = json.dumps({"fingerprint": model, "metric": metric, "distances": distances})
        chosen.prior.write_text(text + "\n", encoding="utf-8")


def make(folder: Path, seed: int) -> Path:
    """A scene of this seed with its gallery, made unless it is there."""
    scene = folder / str(seed)
    if not (scene / "manifest.json").is_file():
        settings = " ".join(SCENES[seed]).split()
        base = ("--cameras", CAMERAS, "--seconds", 40, "--seed", seed)
        tacan("scenes", scene, *base, *settings)
    if (scene / "gallery").is_dir():
        return scene
    for camera in (f"camera{number + 1}" for number in range(CAMERAS)):
        boxes = f"mot:{scene / camera}.txt"
        video = scene / f"{camera}.mp4"
        tacan("index", scene / "gallery", video, "--camera", camera, "--detector", boxes)
    return scene


def tacan(*words: object) -> None:
    subprocess.run([sys.executable, "-m", "tacan", *map(str, words)], check=True)


def ask(gallery: Gallery, scene: Path, calibration: Calibration) -> Counter:
    """How often each level was given to an answer that was right, wrong, or of somebody absent."""
    index, told = gallery.index(), Counter()
    people = persons(gallery, scene, index.columns.ids)
    for row, person in enumerate(people):
        query = index.vectors.rows(np.array([row]))[0]
        others = np.arange(len(people)) != row
        for is_absent, mask in ((False, others), (True, people != person)):
            found = index.vectors.nearest(query, mask, 1, metric=calibration.metric)
            certainty = calibration.certainty(found.distances[0], n_searched=int(mask.sum()))
            is_right = bool(people[found.indices[0]] == person)
            told[certainty.level, "absent" if is_absent else is_right] += 1
    return told


def persons(gallery: Gallery, scene: Path, ids: NDArray[np.int64]) -> NDArray[np.int64]:
    """The person [n] of each tracklet: whose true boxes it overlaps most."""
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
            votes[int(here[overlaps.argmax(), 1])] += 1
        found.append(votes.most_common(1)[0][0])
    return np.array(found)


if __name__ == "__main__":
    run(main)
