"""Crops of generated people in crowds, each with the mask of its person, for `masked.py`.

    python experiments/shipped_model/crowds.py crowds --worlds 7 --seed 2100

Writes crowds/2100.npz and so on, by their seeds, each with 320 people before 40 cameras of its own,
six in ten of the tracklets in a crowd. A mask is half as high and wide as its crop.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import simplejpeg
from PIL import Image

from tacan.files import atomic_path
from tacan.synthetic.people.population import make_people
from tacan.synthetic.places.placed_cameras import make_cameras
from tacan.synthetic.tracklets.dataset_plan import plan_dataset
from tacan.synthetic.tracklets.dataset_settings import DatasetSettings
from tacan.synthetic.tracklets.renderer import Renderer
from tacan.synthetic.tracklets.tracklet_plan import plan_scene, scene_rng

_STREAM_NOISE = 41
HEIGHT, WIDTH = 128, 64


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("--worlds", type=int, default=7)
    parser.add_argument("--seed", type=int, default=2100)
    parser.add_argument("--crowded-share", type=float, default=0.6)
    chosen = parser.parse_args()
    chosen.out.mkdir(parents=True, exist_ok=True)
    for seed in range(chosen.seed, chosen.seed + chosen.worlds):
        path = chosen.out / f"{seed}.npz"
        if not path.exists():
            drawn = draw(
                DatasetSettings(
                    layout="folder", identities=320, cameras=40, seed=seed,
                    seen_share=0.12, tracklets_per_camera=1, median_frames=6, max_frames=12,
                    occluded_share=0.25, crowded_share=chosen.crowded_share,
                    distractor_share=0, junk_share=0,
                )
            )  # fmt: skip
            with atomic_path(path) as draft, draft.open("wb") as file:
                np.savez(file, **drawn)
        print(f"{path} is there", flush=True)


def draw(settings: DatasetSettings) -> dict[str, np.ndarray]:
    """`crops` uint8 [N, 3, H, W], `masks` uint8 [N, H/2, W/2] (255: all of it the person) and
    `visibility` [N]; of each tracklet `lengths`, the number of its crops, and `pids`."""
    plan = plan_dataset(settings, splits=False)
    renderer = Renderer(
        people=make_people(plan.n_people, seed=settings.seed),
        cameras=make_cameras(settings.cameras, seed=settings.seed),
        height=HEIGHT,
        width=WIDTH,
    )
    parts = sorted(plan.parts, key=lambda part: (part.camid, part.pid, part.number))
    crops, masks, visibility = [], [], []
    for part in parts:  # camera by camera, so that each is painted once
        camera = renderer.cameras[part.camid - 1]
        scene = plan_scene(settings, part, camera, plan.passers[part.split])
        for shot in renderer.pictures(scene, rng=scene_rng(settings, part, stream=_STREAM_NOISE)):
            jpeg = simplejpeg.encode_jpeg(shot.crop, quality=camera.look.quality)
            crops.append(simplejpeg.decode_jpeg(jpeg))
            mask = Image.fromarray(shot.mask.astype(np.uint8) * 255)
            masks.append(np.asarray(mask.resize((WIDTH // 2, HEIGHT // 2), Image.Resampling.BOX)))
            visibility.append(shot.visibility)
    return {
        "crops": np.array(crops).transpose(0, 3, 1, 2),
        "masks": np.array(masks),
        "visibility": np.array(visibility),
        "lengths": np.array([part.n_frames for part in parts]),
        "pids": np.array([part.pid for part in parts]),
    }


if __name__ == "__main__":
    main()
