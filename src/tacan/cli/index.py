"""`tacan index`: video files and live cameras into a gallery."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter
from cyclopts.validators import Number

from tacan.cli.outputs import JsonFile, OutputFolder
from tacan.cli.parameters import Count, Flag
from tacan.computing import Device, Precision, RuntimeChoice
from tacan.embeddings.shipped import DEFAULT_MODEL
from tacan.indexing.index_settings import IndexSettings

if TYPE_CHECKING:
    from tacan.gallery import Gallery
    from tacan.indexing.index_report import IndexReport
    from tacan.indexing.index_status import IndexWatch
    from tacan.indexing.video_source import VideoSource

__all__ = ["index"]

DEFAULTS = IndexSettings()

Amount = Annotated[float, Parameter(validator=Number(gte=0))]
Many = Annotated[list[str] | None, Parameter(negative="", consume_multiple=False)]


def index(
    gallery: Path,
    /,
    *videos: Annotated[str, Parameter(name="SOURCE")],
    camera: Many = None,
    start: Many = None,
    zone: str | None = None,
    sources: Path | None = None,
    model: str = DEFAULT_MODEL,
    settings: Annotated[IndexSettings, Parameter(name="*")] = DEFAULTS,
    fetch: Flag = False,
    wait: Amount = 0.0,
    batch_frames: Count = 64,
    threads: Count | None = None,
    at_once: Count | None = None,
    device: Device = "auto",
    precision: Precision = "32",
    runtime: RuntimeChoice = "auto",
    clip_weight: str | None = None,
    cluster: str | None = None,
    json: JsonFile | None = None,
    status: OutputFolder | None = None,
) -> None:
    """Finds and follows the people in videos, and puts their tracklets into a gallery.

    The gallery is a folder, made when it is not there. Interrupted or killed, the same command
    goes on where it stopped; a file that is there already is passed over. One that can't be read
    is told at the end, after the others were indexed. Nothing leaves this machine but for those of
    --cluster, and nothing is fetched unless --fetch says so.

    Example: tacan index people.gallery door.mp4 --camera door --start 2026-11-22T14:00:00+01:00

    Example: tacan index people.gallery a.mp4 b.mp4 --camera hall --camera yard --stride 2
    --detector yolox:nano --fetch --model openvino:reid.xml

    Example: tacan index people.gallery rtsp://user:password@10.0.0.7/live --camera door, a live
    camera, which is watched until Ctrl-C or SIGTERM; searches find walks meanwhile

    Example: tacan index people.gallery --sources cameras.yaml, where cameras.yaml is

        - {path: a.mp4, camera: hall, start: 2026-11-22T14:00:00+01:00}
        - {path: b.mp4, camera: yard, start: file, detector: "mot:b.txt"}

    Then: tacan search people.gallery hall/1

    Ready boxes, mot:FILE, are lines of frame,track,x,y,width,height,score,class. Frames and tracks
    count from 1, and a track of -1 is none; score and class may be absent. Class 1 is people (2 and
    7 as well, as in the MOT Challenge, or 0 where there is a class 0); others are left out. Or a
    file with the ending .json, whose frames count from 0:

        {"tracklets": [{"tracklet": 1, "frames": [0, 1], "boxes": [[x1, y1, x2, y2], ...],
                        "scores": [...]}, ...]}

    Parameters
    ----------
    gallery
        The gallery's folder.
    videos
        Video files; folders of them, patterns in quotes or lists (.ffconcat); or, with --fps,
        folders of pictures. Files of one camera that follow each other are one stream: a walk over
        their border is one tracklet. Or live cameras, all at the same time: rtsp://..., http://...
        or https://... (MJPEG, MPEG-TS), usb:0 or /dev/video0. No password is stored or shown.
    camera
        The camera's name: one for all files, or the option once for each. Without it each file is
        a camera of its own, called as the file is, and a live camera as its host is.
    start
        When the first frame was taken, with its time zone, once for each file; once where files of
        one camera follow each other. Or once for all:
        `file` for what the file's metadata say; `name:PATTERN` for a time in the file's name, such
        as name:%Y%m%d_%H%M%S; `auto` for a usual time in the name, or else the metadata. Where it
        is from is told. Without it, times count from the start of the video. A wrong one can be
        corrected later: `tacan gallery shift`.
    zone
        The time zone of times in files' names, such as Europe/Berlin.
    sources
        A YAML list of sources with `path`, `camera`, `start` and any of the options from
        `detector` to `embedded_frames`, with _ for -. Paths are relative to the list.
    model
        The model that makes vectors of crops: street, which ships with the package; a folder with
        config.json and model.safetensors; a run folder of `tacan train`; or a frozen encoder:
        timm:NAME, onnx:FILE, openvino:FILE (what differs from its defaults stands in a YAML file
        beside it: see `tacan embed --help`).
    settings
        How people are found, followed, cut out and embedded.
    fetch
        Let the detector's weights be downloaded, if it is one with a name.
    wait
        Seconds to wait for another process that is writing to the gallery.
    batch_frames
        Frames that the model sees at once.
    threads
        Threads that compute; as many as there are cores when not given.
    at_once
        Cameras whose videos are indexed at the same time, each by a process of its own; one for
        each two threads when not given. The gallery is the same; more need more memory.
    device
        Where the model runs; auto takes a GPU if there is one.
    precision
        Arithmetic of the model's network.
    runtime
        What computes one of our own models on a CPU. auto is OpenVINO where it is installed, else
        ONNX Runtime, if the model's folder holds an export (street's does, and those that
        `tacan train` makes), and torch elsewhere. Vectors differ by less than 0.0001 of their
        length, which each start makes sure of.
    clip_weight
        For frozen encoders: visibility, street, or the folder of one of our own models, whose clip
        weight lets clear crops count more than hidden ones (docs/clip_weight.md); none is the plain
        mean. When not given the gallery's own, and visibility for a new one.
    cluster
        The address of a Dask scheduler, tcp://HOST:8786: its workers index, each stream of a
        camera's files by one of them, a long one in pieces by several, and this process writes the
        gallery. Videos, ready boxes and models must be under the same paths on all machines
        (docs/cluster.md).
    json
        Write the outcome of each source to this file as well; - is standard output.
    status
        A folder for programs that watch the run, as the page does: status.json and frame.jpg are
        written there while it goes on, and a file `stop` that they put there ends it as Ctrl-C
        does.
    """
    from tacan.files import require_safe_outputs
    from tacan.indexing.index_status import run_status
    from tacan.indexing.video_sources import gather_sources
    from tacan.views.times import parse_zone

    asked = gather_sources(
        videos,
        cameras=camera or (),
        starts=start or (),
        zone=parse_zone(zone),
        source_list=sources,
        settings=settings,
    )

    if json is not None and json != "-":
        files = [source.path for source in asked if source.live is None]
        require_safe_outputs([Path(json)], inputs=files)
    with run_status(status) as watch:
        _index(
            gallery,
            asked,
            model=model,
            fetch=fetch,
            wait=wait,
            batch_frames=batch_frames,
            threads=threads,
            at_once=at_once,
            device=device,
            precision=precision,
            runtime=runtime,
            clip_weight=clip_weight,
            cluster=cluster,
            json=json,
            watch=watch,
        )


def _index(
    gallery: Path,
    asked: list[VideoSource],
    *,
    model: str,
    fetch: bool,
    wait: float,
    batch_frames: int,
    threads: int | None,
    at_once: int | None,
    device: Device,
    precision: Precision,
    runtime: RuntimeChoice,
    clip_weight: str | None,
    cluster: str | None,
    json: str | None,
    watch: IndexWatch,
) -> None:
    """Indexes the sources, and tells what came of it."""
    from tacan.cli.console import note, progress_bar, progress_on_demand, say, write_json
    from tacan.indexing.index_report import failures_error
    from tacan.indexing.index_videos import index_videos, open_detections, readable_sources
    from tacan.indexing.settle_detectors import settle_detectors, sources_before

    if cluster is not None and any(source.live is not None for source in asked):
        from tacan.errors import ConfigError

        fault = "live cameras are watched by one machine: leave --cluster out"
        raise ConfigError([fault], source="the command line")
    # Loading the model takes longer than to find out that a detector or all videos are none.
    readable, unreadable = readable_sources(asked)
    chosen, choices = settle_detectors(
        readable, before=lambda: sources_before(gallery), fetch=fetch
    )
    for choice in choices:
        note(choice)
    with progress_on_demand("fetching", "bytes") as progress:
        detections = open_detections(chosen, threads=threads, fetch=fetch, progress=progress)

    import torch

    from tacan.embeddings.model_choice import ModelChoice
    from tacan.embeddings.open import open_model
    from tacan.gallery import ModelInfo, apply_retention, open_gallery
    from tacan.indexing.clip_weight import usual_clip_weight
    from tacan.text import counted

    if threads is not None:
        torch.set_num_threads(threads)
    weight = clip_weight or usual_clip_weight(gallery, model)
    if clip_weight is None and weight != "none":
        note(f"Clear crops count more than hidden ones: --clip-weight {weight}.")
    embedder = open_model(
        model, device=device, precision=precision, runtime=runtime, clip_weight=weight
    )
    choice = ModelChoice(
        spec=model, device=device, precision=precision, runtime=runtime, clip_weight=weight
    )
    parts: dict[str, Any] = {
        "embedder": embedder,
        "detections": detections,
        "batch_frames": batch_frames,
    }
    card = ModelInfo(model, embedder.fingerprint, embedder.embedding_dim, embedder.metric, weight)
    with open_gallery(gallery, write=True, create_with=card, wait=wait) as opened:
        try:
            if chosen[0].live is not None:
                report = _index_live(opened, chosen, **parts)
            elif cluster is not None:
                report = _index_on_cluster(
                    opened,
                    chosen,
                    **parts,
                    address=cluster,
                    model=choice,
                    threads=threads,
                    fetch=fetch,
                    unreadable=unreadable,
                )
            else:
                with progress_bar("indexing", "frames") as progress:
                    report = index_videos(
                        opened,
                        chosen,
                        **parts,
                        unreadable=unreadable,
                        progress=progress,
                        watch=watch,
                        threads=threads,
                        model=choice,
                        at_once=at_once,
                    )
        except KeyboardInterrupt:
            note(f"What is finished lies in {gallery}; the same command goes on from there.")
            raise
        deleted = apply_retention(opened)
        advice = _next_commands(opened)
    if deleted is not None and deleted.names:
        gone = counted(len(deleted.names), "tracklet")
        note(f"Deleted, by the rule of `tacan gallery retain`: {gone}.")
    if json is not None:
        write_json(json, report.as_json())
    if json != "-":
        for source in report.sources:
            say(source.text())
    if advice is not None:
        note(advice)
    if report.failures:
        raise failures_error(report.failures)


def _next_commands(gallery: Gallery) -> str | None:
    """What can be asked of the gallery now; None while nobody is in it."""
    from tacan.text import counted

    ids = gallery.store.columns().ids
    if not len(ids):
        return None
    (first,) = gallery.store.names(ids[:1].tolist())
    place = shlex.quote(str(gallery.place))
    commands = [
        (f"  tacan serve {place}", "look at them in a browser"),
        (f"  tacan search {place} {shlex.quote(first)}", f"where else {first} was seen"),
        (f"  tacan link {place}", "and tacan people: who was where"),
    ]
    width = max(len(command) for command, _ in commands)
    lines = [f"{command:{width}}  {meaning}" for command, meaning in commands]
    return "\n".join([f"{counted(len(ids), 'tracklet')} in {place}. Next:", *lines])


def _index_live(gallery: Gallery, sources: list[VideoSource], **parts: Any) -> IndexReport:
    """Watches live cameras until Ctrl-C or SIGTERM; a second Ctrl-C breaks off."""
    from tacan.cli.console import live_line, note
    from tacan.indexing.index_live import index_live
    from tacan.runs.stop_request import StopRequest

    with StopRequest(insist=True) as request, live_line() as show:
        return index_live(
            gallery,
            sources,
            **parts,
            stop=lambda: request.received is not None,
            tell=note,
            show=show,
        )


def _index_on_cluster(
    gallery: Gallery, sources: list[VideoSource], *, address: str, **parts: Any
) -> IndexReport:
    from tacan.cli.console import progress_bar
    from tacan.cluster.connection import connected
    from tacan.cluster.index_on_cluster import index_on_cluster

    with connected(address) as client, progress_bar("indexing", "frames") as progress:
        return index_on_cluster(gallery, sources, client=client, progress=progress, **parts)
