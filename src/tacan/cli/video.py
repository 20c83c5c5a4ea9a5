"""`tacan video`: a video with its people drawn into it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from cyclopts.validators import Number

from tacan.cli.outputs import NewFile, Overwrite
from tacan.cli.parameters import Count, Flag
from tacan.video.tracklet_settings import TrackletSettings

__all__ = ["video"]

DEFAULTS = TrackletSettings()

Amount = Annotated[float, Parameter(validator=Number(gte=0))]


def video(
    source: Path,
    out: NewFile,
    /,
    *,
    gallery: Path | None = None,
    camera: str | None = None,
    first_seconds: Amount = 0.0,
    last_seconds: Amount | None = None,
    settings: Annotated[TrackletSettings, Parameter(name="*")] = DEFAULTS,
    fetch: Flag = False,
    threads: Count | None = None,
    overwrite: Overwrite = False,  # noqa: ARG001  (`check_outputs` reads it)
) -> None:
    """Writes an MP4 of a video in which each person has a box and the number of the tracklet.

    With a gallery, the boxes are those that `tacan index` found, and the labels are the names that
    `tacan search` speaks of (or the person's, where it is known). Without one, people are found and
    followed now; that shows what a detector and its options would give before anything is indexed.
    Options from --detector to --jpeg-quality are those of `tacan index`, and count then only.

    Example: tacan video door.mp4 door_people.mp4 --gallery people.gallery

    Example: tacan video yard.mp4 try.mp4 --detector yolox:nano --stride 2

    Parameters
    ----------
    source
        The video.
    out
        The MP4 file to write. It must not exist yet, but with --overwrite.
    gallery
        A gallery that the video was indexed into; the file is known by its content.
    camera
        Which camera, where the gallery has the video for several.
    first_seconds
        Where the written part begins.
    last_seconds
        Where it ends; at the video's end when not given.
    settings
        How people are found and followed.
    fetch
        Let the detector's weights be downloaded, if it is one with a name.
    threads
        Threads of the detector; as many as there are cores when not given.
    overwrite
        Replace a file OUT that is there already. An input is never replaced.
    """
    from tacan.cli.console import note, progress_bar, progress_on_demand, say
    from tacan.cores import available_cores
    from tacan.files import sha256
    from tacan.text import counted
    from tacan.video.choose_detector import AUTO, choose_detector
    from tacan.video.decode import open_video
    from tacan.video.detection_source import open_detection_source, settle_tiles
    from tacan.video.tracklets import find_tracklets
    from tacan.views.annotated_video import (
        DrawnTracklet,
        annotate_video,
        require_part,
        tracklets_of_source,
    )

    if gallery is not None:
        from tacan.gallery import open_gallery

        with open_gallery(gallery) as opened:
            tracklets = tracklets_of_source(opened, sha256(source), camera=camera)
    else:
        with open_video(source, fps=settings.fps) as opened:
            require_part(opened, first_seconds=first_seconds, last_seconds=last_seconds)
            total = opened.promised_frames(until=last_seconds)
            if settings.detector == AUTO:
                choice = choose_detector(fetch=fetch)
                note(choice.text)
                settings = settings.model_copy(update={"detector": choice.spec})
            with progress_on_demand("fetching", "bytes") as progress:
                detections = open_detection_source(
                    settings,
                    video=source,
                    camera=camera or source.stem,
                    threads=threads or available_cores(),
                    fetch=fetch,
                    progress=progress,
                )
            detections, tile_choice = settle_tiles(detections, opened, settings)
            if tile_choice is not None:
                note(tile_choice.text)
            with progress_bar("following", "frames") as following:
                found = find_tracklets(
                    opened,
                    settings,
                    source=detections,
                    last_seconds=last_seconds,
                    on_frame=lambda found: following(
                        found.frame.index + 1, max(total, found.frame.index + 1)
                    ),
                )
                tracklets = [DrawnTracklet.of(tracklet) for tracklet in found]
                following(total, total)  # the last frame that a stride meets may lie before it
            for told in detections.notes():
                note(told)
    with progress_bar("drawing", "frames") as progress:
        annotate_video(
            source,
            out,
            tracklets,
            first_seconds=first_seconds,
            last_seconds=last_seconds,
            fps=settings.fps,
            progress=progress,
        )
    say(f"{counted(len(tracklets), 'tracklet')} drawn -> {out}")
