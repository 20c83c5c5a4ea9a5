"""Tracklets of a generated data set drawn again, with other places behind the same people."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tacan.synthetic.layouts import find_layout
from tacan.synthetic.people.population import make_people
from tacan.synthetic.places.placed_cameras import make_cameras
from tacan.synthetic.tracklets.dataset_plan import plan_dataset
from tacan.synthetic.tracklets.dataset_settings import DatasetSettings
from tacan.synthetic.tracklets.renderer import Renderer, Shot
from tacan.synthetic.tracklets.tracklet_plan import plan_scene, scene_rng
from tacan.synthetic.tracklets.tracklet_truth import read_manifest

__all__ = ["Redrawn", "draw_before_others"]

_STREAM_CHOICE, _STREAM_NOISE = 51, 41


@dataclass(frozen=True, slots=True, eq=False)
class Redrawn:
    """One tracklet before several backgrounds, of which the first is its own.

    `crops` are uint8 [backgrounds, frames, H, W, 3], `visibility` float32 [frames]: the share of
    the person that each frame shows, the same before all backgrounds.
    """

    tracklet_id: str
    pid: int
    camid: int
    crops: np.ndarray
    visibility: np.ndarray


def draw_before_others(
    root: Path, *, n_tracklets: int, n_backgrounds: int, seed: int = 0
) -> Iterator[Redrawn]:
    """Draws tracklets of the data set in `root` again, sampled by `seed` among those of people.

    The camera, its lights and faults, the walk, what hides the person and the noise stay; the
    places are those of the cameras after the tracklet's own, `n_backgrounds` besides it. Nothing
    is written. Raises `DatasetLayoutError` where `root` holds no generated data set.
    """
    settings = DatasetSettings(**read_manifest(root)["settings"])
    form = find_layout(settings.layout)
    plan = plan_dataset(settings, splits=form.has_splits)
    camera_seed = settings.seed if settings.camera_seed is None else settings.camera_seed
    # Cameras beyond those of the data set have places that none of its tracklets shows.
    cameras = make_cameras(settings.cameras + n_backgrounds, seed=camera_seed)
    renderer = Renderer(
        people=make_people(plan.n_people, seed=settings.seed),
        cameras=cameras,
        height=settings.height,
        width=settings.width,
    )
    random = np.random.default_rng([seed, _STREAM_CHOICE])
    people = [part for part in plan.parts if part.kind == "identity"]
    count = min(n_tracklets, len(people))
    rows = random.choice(len(people), size=count, replace=False).tolist()
    chosen = [people[row] for row in sorted(rows)]
    for camera in cameras[: settings.cameras]:
        parts = [part for part in chosen if part.camid == camera.camid]
        places = [camera.place, *(other.place for other in cameras[settings.cameras :])]
        drawn: list[list[list[Shot]]] = [[] for _ in parts]
        # Place by place: what is behind people takes longer to paint than they do.
        for place in places if parts else []:
            renderer.put_before(place, camid=camera.camid)
            for part, shots in zip(parts, drawn, strict=True):
                scene = plan_scene(settings, part, camera, plan.passers[part.split])
                noise = scene_rng(settings, part, stream=_STREAM_NOISE)
                shots.append(list(renderer.pictures(scene, rng=noise)))
        for part, shots in zip(parts, drawn, strict=True):
            yield Redrawn(
                tracklet_id=form.tracklet_id(part),
                pid=part.pid,
                camid=part.camid,
                crops=np.array([[shot.crop for shot in of_place] for of_place in shots]),
                visibility=np.array([shot.visibility for shot in shots[0]], dtype=np.float32),
            )
