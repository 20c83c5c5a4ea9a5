"""Generated crowds to follow people in: a square filmed from two heights, with things in the way.

    python benchmarks/crowds.py FOLDER [--seeds 101 102]

Each seed is 20 s of 10 to 30 people who walk along a square of 37 by 18 metres, 10 frames a
second of 640 x 480 pixels, from a camera at about 3 m and one at about 6 m. Posts, boards, trees
and parked cars stand between the cameras and the people. FOLDER/SEED holds `low.mp4` and `high.mp4`
with their truth (see `tacan.synthetic.scenes.scene_truth`), drawn once.

Seeds from 100 on are for choosing (parameters, defaults), those from 200 on for reporting alone.
From 150 and from 250 on both cameras are farther off, and people half as high in the picture.
"""

from __future__ import annotations

import argparse
import math
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

from plain_faults import run
from tacan.synthetic.places.degradations import make_look
from tacan.synthetic.places.fixtures import Fixture
from tacan.synthetic.places.placed_cameras import Zone
from tacan.synthetic.random_choices import between, one_of
from tacan.synthetic.rendering.lens import looking
from tacan.synthetic.scenes.camera_video import CameraRenderer
from tacan.synthetic.scenes.scene_settings import SceneSettings
from tacan.synthetic.scenes.scene_truth import is_scenes, write_scenes
from tacan.synthetic.scenes.site import Site, View

CROWDS = {
    "choosing": (101, 102, 103, 104),
    "choosing-far": (151, 152, 153, 154, 155),
    "crowds": (201, 202, 203, 204, 205),
    "crowds-far": (251, 252, 253),
}
"""Seeds by what they are called in `tracks.py`."""
CAMERAS = {"low": (2.5, 3.5), "high": (5.0, 7.0)}
"""Heights in metres of each camera."""
FAR = 50
"""From this number on, in each hundred, cameras are far off."""
ZONES = 3
"""Zones of a square side by side; both cameras look at the one in the middle."""
IN_THE_WAY = ("pillar", "pole", "board", "tree", "car", "low hedge", "bin")
_STREAM = 91


def crowd_settings(seed: int) -> SceneSettings:
    """The settings of a seed: 10 to 30 people."""
    people = int(np.random.default_rng([seed, _STREAM]).integers(10, 31))
    return SceneSettings(cameras=ZONES, people=people, seconds=20, seed=seed, fps=10)


def make_crowd(root: Path, seed: int) -> dict[str, Path]:
    """The videos of a seed by the names of their cameras, drawn where they are not there."""
    folder = root / str(seed)
    if not is_scenes(folder):
        folder.mkdir(parents=True, exist_ok=True)
        settings = crowd_settings(seed)
        renderer = CameraRenderer(folder, settings)
        renderer.site = _crowded(renderer.site, settings)
        renderer.fixtures = _standing(renderer.site)
        visible = {view.name: renderer.draw(i) for i, view in enumerate(renderer.site.views)}
        write_scenes(folder, settings, renderer.site, visible)
    return {name: folder / f"{name}.mp4" for name in CAMERAS}


def _standing(site: Site):
    from tacan.synthetic.places.fixtures import standing

    return standing(site.place.fixtures)


def _crowded(site: Site, settings: SceneSettings) -> Site:
    """The site with its two cameras, and with things between them and the people."""
    rng = np.random.default_rng([settings.seed, _STREAM, 1])
    zone = site.views[ZONES // 2].zone
    things = tuple(
        Fixture(
            kind=one_of(rng, IN_THE_WAY),
            size=(between(rng, (0.6, 2.5)), between(rng, (1.0, 2.2))),
            seed=int(rng.integers(2**31)),
            x=zone.x + between(rng, (-7.0, 7.0)),
            y=zone.y - between(rng, (3.8, 4.8)),
            turn=float(rng.normal(0, 0.1)),
        )
        for _ in range(5)
    )
    views = tuple(_view(name, heights, zone, settings, rng) for name, heights in CAMERAS.items())
    return replace(site, place=replace(site.place, fixtures=things), views=views)


def _view(
    name: str,
    heights: tuple[float, float],
    zone: Zone,
    settings: SceneSettings,
    rng: np.random.Generator,
) -> View:
    """A camera on the southern side; people in its middle are a sixth to a third of its height,
    or from far off a fourteenth to a sixth."""
    far = settings.seed % 100 >= FAR
    south = between(rng, (13.0, 18.0)) if far else 8.5
    x, y, z = zone.x + between(rng, (-4.0, 4.0)), zone.y - south, between(rng, heights)
    away = math.hypot(zone.x - x, zone.y - y)
    tall = between(rng, (0.07, 0.16) if far else (0.16, 0.32)) * settings.height
    fov = 2 * math.atan(settings.height / 2 / (tall / 1.7 * math.hypot(away, z - 1.0)))
    lens = looking(
        (x, y, z),
        yaw=math.atan2(zone.y - y, zone.x - x),
        pitch=math.atan2(z - 1.0, away),
        roll=float(rng.normal(0, 0.015)),
        fov=min(max(fov, 0.3), 1.3),
        height=settings.height,
        width=settings.width,
    )
    return View(name, lens, make_look(rng), zone)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument(
        "--seeds",
        type=int,
        nargs="+",
        default=[seed for seeds in CROWDS.values() for seed in seeds],
    )
    chosen = parser.parse_args()
    for seed in chosen.seeds:
        began = time.monotonic()
        make_crowd(chosen.folder, seed)
        people = crowd_settings(seed).people
        print(f"{seed}: {people} people, {time.monotonic() - began:.0f} s", flush=True)


if __name__ == "__main__":
    run(main)
