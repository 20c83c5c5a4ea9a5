"""One picture of what is generated: people in rows, the cameras that see them in columns."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from tacan.errors import StorageError
from tacan.files import atomic_path
from tacan.progress import Progress, silent
from tacan.synthetic.people.population import make_people
from tacan.synthetic.places.placed_cameras import make_cameras
from tacan.synthetic.tracklets.dataset_plan import Part
from tacan.synthetic.tracklets.dataset_settings import DatasetSettings
from tacan.synthetic.tracklets.renderer import Renderer
from tacan.synthetic.tracklets.tracklet_plan import plan_scene, scene_rng

__all__ = ["contact_sheet"]

_STREAM_NOISE = 41
_MARGIN = 2
_FRAMES = 9
_OCCLUDED = 0.25
"""Fewer than in a data set: short tracklets would be hidden from end to end."""


def contact_sheet(
    out: Path,
    *,
    identities: int,
    cameras: int,
    seed: int,
    moments: int = 1,
    height: int = 128,
    width: int = 64,
    progress: Progress = silent,
) -> Path:
    """Writes a sheet of crops of the people and cameras that a data set of this seed has.

    Row i shows person i. From left to right stand the cameras, each with `moments` crops spread
    over a short tracklet (1 to 7), so the picture is about identities * height pixels high and
    cameras * moments * width wide. `out` ends in .png or .jpg. Returns `out`.

    Raises `ConfigError` for settings out of range, and `StorageError` for another ending or a
    place that can't be written.
    """
    if out.suffix.lower() not in (".png", ".jpg", ".jpeg"):
        raise StorageError(
            "a contact sheet must end in .png or .jpg",
            got=str(out),
            remedy="Choose such a name.",
        )
    settings = DatasetSettings(
        layout="folder", identities=identities, cameras=cameras, seed=seed,
        height=height, width=width, min_frames=_FRAMES, median_frames=_FRAMES, max_frames=_FRAMES,
        occluded_share=_OCCLUDED,
    )  # fmt: skip
    renderer = Renderer(
        people=make_people(identities, seed=seed),
        cameras=make_cameras(cameras, seed=seed),
        height=height,
        width=width,
    )
    columns = cameras * moments
    sheet = np.full(
        (identities * (height + _MARGIN), columns * (width + _MARGIN), 3), 255, dtype=np.uint8
    )
    for camid in range(1, cameras + 1):  # camera by camera, so that each is painted once
        for person in range(identities):
            row = _crops(settings, renderer, person, camid, moments)
            top = person * (height + _MARGIN)
            left = (camid - 1) * moments * (width + _MARGIN)
            sheet[top : top + height, left : left + row.shape[1]] = row
            progress((camid - 1) * identities + person + 1, cameras * identities)
    with atomic_path(out) as draft:
        Image.fromarray(sheet).save(draft, format="PNG" if out.suffix.lower() == ".png" else "JPEG")
    return out


def _crops(
    settings: DatasetSettings, renderer: Renderer, person: int, camid: int, moments: int
) -> np.ndarray:
    """`moments` crops of one person before one camera, side by side, uint8 [H, about m W, 3]."""
    part = Part(
        split="all", pid=person + 1, camid=camid, number=1, n_frames=_FRAMES, kind="identity",
        person=person,
    )  # fmt: skip
    passers = tuple(range(settings.identities))
    scene = plan_scene(settings, part, renderer.cameras[camid - 1], passers)
    noise = scene_rng(settings, part, stream=_STREAM_NOISE)
    shots = [shot.crop for shot in renderer.pictures(scene, rng=noise)]
    gap = np.full((settings.height, _MARGIN, 3), 255, dtype=np.uint8)
    picked = np.linspace(0, _FRAMES - 1, moments + 2).round().astype(int)[1:-1]
    return np.concatenate([piece for i in picked for piece in (shots[i], gap)][:-1], axis=1)
