"""`tacan video`: a video with its people drawn into it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter
from cyclopts.validators import Number

__all__ = ["video"]

Count = Annotated[int, Parameter(validator=Number(gte=1))]
Amount = Annotated[float, Parameter(validator=Number(gte=0))]


def video(
    source: Path,
    out: Path,
    /,
    *,
    gallery: Path | None = None,
    camera: str | None = None,
    first_seconds: Amount = 0.0,
    last_seconds: Amount | None = None,
    detector: str = "hog",
    tiles: str | None = None,
    threshold: Amount | None = None,
    stride: Count = 1,
    tracker: Literal["bytetrack", "sort"] = "bytetrack",
    fetch: Annotated[bool, Parameter(negative="")] = False,
    threads: Count | None = None,
) -> None:
    """Writes an MP4 of a video in which each person has a box and the number of the tracklet.

    With a gallery, the boxes are those that `tacan index` found, and the labels are the names that
    `tacan search` speaks of (or the person's, where it is known). Without one, people are found and
    followed now; that shows what a detector and its options would give before anything is indexed.

    Example: tacan video door.mp4 door_people.mp4 --gallery people.gallery

    Example: tacan video yard.mp4 try.mp4 --detector yolox:yolox_nano.onnx --tiles 2x2 --stride 2

    Parameters
    ----------
    source
        The video.
    out
        The MP4 file to write.
    gallery
        A gallery that the video was indexed into; the file is known by its content.
    camera
        Which camera, where the gallery has the video for several.
    first_seconds
        Where the written part begins.
    last_seconds
        Where it ends; at the video's end when not given.
    detector
        Without a gallery: who finds people, as in `tacan index --help`.
    tiles
        Without a gallery: ROWSxCOLUMNS that each frame is cut into.
    threshold
        Without a gallery: least score of a detection.
    stride
        Without a gallery: look at every which frame.
    tracker
        Without a gallery: who follows people.
    fetch
        Let the detector's weights be downloaded, for torchvision: and rfdetr:.
    threads
        Threads of the detector; as many as there are cores when not given.
    """
    import os

    from tacan.cli.console import progress_bar, say
    from tacan.cli.index import parse_tiles
    from tacan.files import sha256
    from tacan.indexing.settings import checked_settings
    from tacan.indexing.sources import VideoSource
    from tacan.indexing.walks import walks_of_video
    from tacan.views.annotated_video import annotate_video, walks_of_source

    chosen = checked_settings(
        {
            "detector": detector,
            "tiles": parse_tiles(tiles),
            "threshold": threshold,
            "stride": stride,
            "tracker": tracker,
        },
        source="the command line",
    )
    if gallery is not None:
        from tacan.gallery import open_gallery

        with open_gallery(gallery) as opened:
            walks = walks_of_source(opened, sha256(source), camera=camera)
    else:
        with progress_bar("following", "frames") as progress:
            walks = walks_of_video(
                VideoSource(source, camera or source.stem, None, chosen),
                threads=threads or os.cpu_count() or 1,
                fetch=fetch,
                progress=progress,
            )
    with progress_bar("drawing", "frames") as progress:
        annotate_video(
            source,
            out,
            walks,
            first_seconds=first_seconds,
            last_seconds=last_seconds,
            progress=progress,
        )
    say(f"{len(walks)} tracklet{'' if len(walks) == 1 else 's'} drawn -> {out}")
