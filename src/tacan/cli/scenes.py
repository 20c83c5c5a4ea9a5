"""`tacan scenes`: synchronised videos of one place, with ground truth."""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter

from tacan.cli.outputs import OutputFolder
from tacan.cli.parameters import Flag
from tacan.synthetic.scenes.scene_settings import SceneSettings

__all__ = ["scenes"]


def scenes(
    out: OutputFolder,
    /,
    *,
    settings: Annotated[SceneSettings, Parameter(name="*")],
    workers: int = 1,
    force: Flag = False,
) -> None:
    """Writes synchronised videos of one place in which generated people walk about.

    People go from camera to camera. Each camera has a video, OUT/camera1.mp4 and so on, and a
    text file in the MOT Challenge's form with the box, the id and the visible share of everybody
    in every frame; ids are the same in all cameras. OUT/manifest.json names the cameras and their
    start. The same settings give the same files, byte for byte.

    Example: tacan scenes square --cameras 3 --people 8 --seconds 30 --seed 0

    Parameters
    ----------
    out
        The folder to write: new or empty.
    settings
        What to make.
    workers
        Processes that draw, each a camera at a time.
    force
        Replace earlier generated videos. Other files are never replaced.
    """
    from tacan.cli.console import progress_on_terminal, say
    from tacan.synthetic.scenes import make_scenes

    with progress_on_terminal("drawing", "videos") as progress:
        made = make_scenes(out, settings, workers=workers, force=force, progress=progress)
    say(
        f"{len(made.videos)} videos of {made.settings.n_frames} frames, "
        f"{made.boxes} boxes of {settings.people} people"
    )
    say(f"written to {made.root}")
