"""Makes the videos of a site, all cameras and the ground truth."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tacan.errors import ConfigError
from tacan.progress import Progress, silent
from tacan.synthetic.atomic_folder import atomic_folder
from tacan.synthetic.parallel import in_order
from tacan.synthetic.scenes.scene_settings import SceneSettings
from tacan.synthetic.scenes.scene_truth import is_scenes, write_scenes

if TYPE_CHECKING:
    from tacan.synthetic.scenes.camera_video import VisiblePerson

__all__ = ["SceneVideos", "make_scenes"]


@dataclass(frozen=True, slots=True)
class SceneVideos:
    """Generated videos on disk: `videos` by camera names, and how many `boxes` their truth has."""

    root: Path
    settings: SceneSettings
    videos: dict[str, Path]
    boxes: int


def make_scenes(
    out: Path,
    settings: SceneSettings,
    *,
    workers: int = 1,
    force: bool = False,
    progress: Progress = silent,
) -> SceneVideos:
    """Writes a video for each camera of one generated place to `out`, with ground truth beside.

    Parameters
    ----------
    out
        A folder that is new or empty; with `force` it may hold earlier generated videos, which
        are replaced. `out` appears when everything is written, and not before.
    settings
        What to make.
    workers
        Processes that draw, each a camera at a time. Their number does not change a byte.
    progress
        Called with videos written and videos in all.

    Raises `ConfigError` for `workers` below 1, `StorageError` where `out` is taken or can't be
    written.
    """
    from tacan.synthetic.scenes.camera_video import CameraRenderer  # takes a second to load
    from tacan.synthetic.scenes.site import make_site

    if workers < 1:
        raise ConfigError(
            [f"workers must be at least 1; got {workers}"], source="the generated videos"
        )
    site = make_site(settings)
    visible: dict[str, list[VisiblePerson]] = {}
    with atomic_folder(Path(out), ours=is_scenes, force=force) as draft:
        progress(0, settings.cameras)
        order = range(settings.cameras)
        drawn = in_order(CameraRenderer, draft, settings, order=order, workers=workers)
        for view, found in zip(site.views, drawn, strict=True):
            visible[view.name] = found
            progress(len(visible), settings.cameras)
        write_scenes(draft, settings, site, visible)
    return SceneVideos(
        root=Path(out),
        settings=settings,
        videos={name: Path(out) / f"{name}.mp4" for name in visible},
        boxes=sum(len(found) for found in visible.values()),
    )
