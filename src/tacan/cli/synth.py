"""`tacan synth`: a generated data set in a real data set's layout."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from tacan.synthetic.settings import Settings

__all__ = ["synth"]


def _known(_: object, layout: str) -> None:
    from tacan.errors import ConfigError
    from tacan.synthetic.layouts import find_layout

    try:
        find_layout(layout)
    except ConfigError as error:
        raise ValueError("; ".join(error.faults)) from error


def synth(
    out: Path,
    /,
    *,
    layout: Annotated[str, Parameter(validator=_known)],
    identities: int,
    cameras: int,
    seed: int,
    camera_seed: int | None = Settings.camera_seed,
    train_identities: int | None = Settings.train_identities,
    height: int = Settings.height,
    width: int = Settings.width,
    min_frames: int = Settings.min_frames,
    median_frames: int = Settings.median_frames,
    max_frames: int = Settings.max_frames,
    seen_share: float = Settings.seen_share,
    tracklets_per_camera: int = Settings.tracklets_per_camera,
    occluded_share: float = Settings.occluded_share,
    distractor_share: float = Settings.distractor_share,
    junk_share: float = Settings.junk_share,
    workers: int = 1,
    force: Annotated[bool, Parameter(negative="")] = False,
) -> None:
    """Writes a data set of generated people in a real data set's layout.

    People in 3-D walk before several cameras and are often hidden, by things or by each other.
    How much of the person each crop shows, and where, is written beside the data, to
    OUT/ground_truth/visibility.npz. The same settings give the same files, byte for byte.

    Example: tacan synth people --layout mars --identities 100 --cameras 6 --seed 0

    Parameters
    ----------
    out
        The folder to write: new or empty.
    layout
        The data set whose files are imitated: mars, ilids-vid, prid2011, duke-video or folder.
        What that data set doesn't have, such as junk, is left out.
    identities
        How many people there are.
    cameras
        How many cameras there are, at least 2.
    seed
        The number that everything is drawn from.
    camera_seed
        Another number for the cameras and their places: the same people elsewhere.
    train_identities
        How many of the people are for training, in layouts that split them; half by default.
    height
        Height of the crops in pixels.
    width
        Width of the crops in pixels.
    min_frames
        Length of the shortest tracklet that may occur.
    median_frames
        Length that half of the tracklets exceed.
    max_frames
        Length of the longest tracklet that may occur.
    seen_share
        Share of the cameras that see a person, on the average. With many cameras and a small share,
        people are spread over many places without more crops of each.
    tracklets_per_camera
        A person has 1 to this many tracklets in each camera that sees them.
    occluded_share
        Share of the tracklets with a long stretch of occlusion.
    distractor_share
        Tracklets of pid 0 for each tracklet of a real person that they stand among.
    junk_share
        Tracklets of pid -1 for each tracklet of a real person that they stand among.
    workers
        Processes that draw.
    force
        Replace an earlier generated data set. Other files are never replaced.
    """
    from tacan.cli.console import progress_on_terminal, say
    from tacan.synthetic import generate

    with progress_on_terminal("drawing", "tracklets") as progress:
        made = generate(
            out,
            layout=layout,
            identities=identities,
            cameras=cameras,
            seed=seed,
            camera_seed=camera_seed,
            train_identities=train_identities,
            height=height,
            width=width,
            min_frames=min_frames,
            median_frames=median_frames,
            max_frames=max_frames,
            seen_share=seen_share,
            tracklets_per_camera=tracklets_per_camera,
            occluded_share=occluded_share,
            distractor_share=distractor_share,
            junk_share=junk_share,
            workers=workers,
            force=force,
            progress=progress,
        )
    for split, count in made.counts.items():
        say(
            f"{split}: {count['identities']} identities, {count['tracklets']} tracklets "
            f"({count['distractors']} distractors, {count['junk']} junk), "
            f"{count['frames']} crops"
        )
    say(f"written to {made.root}")
