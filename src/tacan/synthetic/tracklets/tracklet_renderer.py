"""Draws the tracklets of a generated data set and writes their crops."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import simplejpeg
from PIL import Image

from tacan.synthetic.layouts import find_layout
from tacan.synthetic.people.population import make_people
from tacan.synthetic.places.placed_cameras import make_cameras
from tacan.synthetic.tracklets.dataset_plan import DatasetPlan
from tacan.synthetic.tracklets.dataset_settings import DatasetSettings
from tacan.synthetic.tracklets.renderer import Renderer
from tacan.synthetic.tracklets.tracklet_plan import plan_scene, scene_rng

__all__ = ["TrackletRenderer", "Truth"]

_STREAM_NOISE = 41


@dataclass(frozen=True, slots=True)
class Truth:
    """Of one tracklet: visibilities float32 [frames] and boxes float32 [frames, 4]."""

    visibility: np.ndarray
    boxes: np.ndarray


class TrackletRenderer:
    """Draws single tracklets of one data set, each the same whoever draws it and when."""

    def __init__(self, root: Path, settings: DatasetSettings, plan: DatasetPlan) -> None:
        self.root = root
        self.settings = settings
        self.plan = plan
        self.layout = find_layout(settings.layout)
        seed = settings.seed if settings.camera_seed is None else settings.camera_seed
        self.renderer = Renderer(
            people=make_people(plan.n_people, seed=settings.seed),
            cameras=make_cameras(settings.cameras, seed=seed),
            height=settings.height,
            width=settings.width,
        )

    def draw(self, index: int) -> Truth:
        """Writes the crops of tracklet `index`; returns what is known of them."""
        part = self.plan.parts[index]
        camera = self.renderer.cameras[part.camid - 1]
        scene = plan_scene(self.settings, part, camera, self.plan.passers[part.split])
        noise = scene_rng(self.settings, part, stream=_STREAM_NOISE)
        first = self.root / self.layout.crop_name(part, 1)
        first.parent.mkdir(parents=True, exist_ok=True)
        visibility, boxes = [], []
        for frame, shot in enumerate(self.renderer.pictures(scene, rng=noise), start=1):
            path = self.root / self.layout.crop_name(part, frame)
            path.write_bytes(_encode(shot.crop, path.suffix, quality=camera.look.quality))
            visibility.append(shot.visibility)
            boxes.append(shot.box)
        return Truth(np.array(visibility, dtype=np.float32), np.array(boxes, dtype=np.float32))

    def compile(self) -> None:
        """Draws single frames of a few tracklets, and writes nothing."""
        for index in range(0, len(self.plan.parts), max(1, len(self.plan.parts) // 6)):
            part = self.plan.parts[index]
            camera = self.renderer.cameras[part.camid - 1]
            scene = plan_scene(self.settings, part, camera, self.plan.passers[part.split])
            next(iter(self.renderer.pictures(scene, rng=np.random.default_rng(0))))


def _encode(crop: np.ndarray, suffix: str, *, quality: int) -> bytes:
    """The file of a crop: JPEG, with what its camera's `quality` leaves, or lossless PNG."""
    if suffix == ".jpg":
        return simplejpeg.encode_jpeg(crop, quality=quality)
    memory = io.BytesIO()
    Image.fromarray(crop).save(memory, "PNG", compress_level=1)
    return memory.getvalue()
