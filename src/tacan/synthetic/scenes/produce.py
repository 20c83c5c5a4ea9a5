"""Makes the videos of a site, all cameras and the ground truth."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tacan.errors import ConfigError
from tacan.progress import Progress, silent
from tacan.synthetic.scenes.settings import SceneSettings
from tacan.synthetic.scenes.truth import is_scenes, write_scenes
from tacan.synthetic.staging import staged_folder
from tacan.synthetic.workers import in_turn

if TYPE_CHECKING:
    from tacan.synthetic.scenes.film import Sighting

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
    *,
    cameras: int,
    people: int,
    seconds: float,
    seed: int,
    height: int = SceneSettings.height,
    width: int = SceneSettings.width,
    fps: int = SceneSettings.fps,
    start: str = SceneSettings.start,
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
    workers
        Processes that draw, each a camera at a time. Their number does not change a byte.
    progress
        Called with videos written and videos in all.

    The other parameters are those of `tacan.synthetic.scenes.settings.SceneSettings`. Raises
    `ConfigError` for settings out of range, `StorageError` where `out` is taken or can't be
    written.
    """
    from tacan.synthetic.scenes.film import Crew  # the engine takes a second to load
    from tacan.synthetic.scenes.site import make_site

    settings = SceneSettings(
        cameras=cameras,
        people=people,
        seconds=seconds,
        seed=seed,
        height=height,
        width=width,
        fps=fps,
        start=start,
    )
    if workers < 1:
        raise ConfigError(
            [f"workers must be at least 1; got {workers}"], source="the generated videos"
        )
    site = make_site(settings)
    sightings: dict[str, list[Sighting]] = {}
    with staged_folder(Path(out), ours=is_scenes, force=force) as draft:
        progress(0, cameras)
        filmed = in_turn(Crew, draft, settings, order=range(cameras), workers=workers)
        for view, found in zip(site.views, filmed, strict=True):
            sightings[view.name] = found
            progress(len(sightings), cameras)
        write_scenes(draft, settings, site, sightings)
    return SceneVideos(
        root=Path(out),
        settings=settings,
        videos={name: Path(out) / f"{name}.mp4" for name in sightings},
        boxes=sum(len(found) for found in sightings.values()),
    )
