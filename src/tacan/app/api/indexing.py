"""From videos into a gallery: which there are, a run of `tacan index`, and how far it is."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from pydantic import AwareDatetime, BaseModel, Field
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from tacan.app.api.crops import JPEG
from tacan.app.index_choices import Choice, detector_choices, model_choices
from tacan.app.index_runs import ChosenVideo, RunNow
from tacan.app.problems import not_found
from tacan.app.served import GalleryName, Served, ServedHere
from tacan.app.videos import (
    SentVideo,
    boxes_file,
    found_videos,
    propose,
    video_file,
    videos_of,
)
from tacan.app.zones import Zone
from tacan.errors import ConfigError
from tacan.files import read_ordinary_file
from tacan.video.detection_source import is_precomputed

__all__ = ["IndexingRecord", "indexing_now", "router", "source_paths"]

router = APIRouter(tags=["indexing"])

AT = "/galleries/{gallery}"
MOST_VIDEOS = 200
LARGEST_FRAME = 16 * 2**20

PathText = Annotated[str, Field(min_length=1, max_length=4096)]


class VideoRecord(BaseModel):
    """A video that may be chosen; `place` is the folder that it lies in, as it is shown."""

    path: str
    name: str
    place: str
    n_bytes: int
    is_indexed: bool


class VideoList(BaseModel):
    videos: list[VideoRecord]


class ProposalRecord(BaseModel):
    """`start_is_from` says in words how the start is known; `boxes` is a file of ready boxes that
    lies beside the video and is called like it."""

    path: str
    name: str
    camera: str
    start: datetime | None
    start_is_from: str
    duration: float | None
    width: int
    height: int
    boxes: str | None


class ChoiceRecord(BaseModel):
    name: str
    sentence: str


class ChoiceList(BaseModel):
    """What finds people, and what makes vectors of them; the proposed one first."""

    detectors: list[ChoiceRecord]
    models: list[ChoiceRecord]


class ChosenRecord(BaseModel):
    """A video to index. With `boxes` nobody is detected: that file says where people are."""

    path: PathText
    camera: Annotated[str, Field(min_length=1, max_length=100)]
    start: AwareDatetime | None = None
    boxes: PathText | None = None


class IndexOrder(BaseModel):
    videos: Annotated[list[ChosenRecord], Field(min_length=1, max_length=MOST_VIDEOS)]
    detector: str = "auto"
    model: str | None = None


class StageRecord(BaseModel):
    """A stage, and its share of all work so far."""

    name: str
    share: float


class IndexingRecord(BaseModel):
    """How far the newest run is: `done` of `total` frames, the file at hand, walks found by it.

    `killed` is a run that ended without a word; that, `stopped` and `failed` can go on.
    """

    state: Literal["none", "starting", "running", "done", "stopped", "failed", "killed"]
    is_at_work: bool
    can_go_on: bool
    done: int
    total: int
    file: str
    n_found: int
    stages: list[StageRecord]
    told: str
    videos: list[str]
    has_picture: bool

    @classmethod
    def of(cls, now: RunNow) -> IndexingRecord:
        seconds = now.status.stage_seconds
        total = sum(seconds.values()) or 1.0
        return cls(
            state=now.state,
            is_at_work=now.is_at_work,
            can_go_on=now.can_go_on,
            done=now.status.done,
            total=now.status.total,
            file=now.status.file,
            n_found=now.status.n_found,
            stages=[StageRecord(name=name, share=spent / total) for name, spent in seconds.items()],
            told=now.status.told,
            videos=list(now.videos),
            has_picture=now.has_frame and now.is_at_work,
        )


def indexing_now(served: Served, name: str) -> IndexingRecord:
    """How far the newest run of the gallery called `name` is."""
    return IndexingRecord.of(served.runs.now(served.galleries.folder(name)))


def source_paths(served: Served, name: str) -> set[str]:
    """The paths of the videos that are in the gallery."""
    if not served.galleries.is_there(name):
        return set()
    with served.galleries.reading(name) as gallery:
        return {source.path for source in gallery.sources()}


@router.get(f"{AT}/videos")
def list_videos(served: ServedHere, name: GalleryName) -> VideoList:
    """The videos in the folders that the server was given, and those that were sent to it."""
    indexed = source_paths(served, name)
    folders = videos_of(served.folders, served.galleries.folder(name))
    return VideoList(
        videos=[
            VideoRecord(
                path=str(each.path),
                name=each.path.name,
                place=each.place,
                n_bytes=each.n_bytes,
                is_indexed=str(each.path) in indexed,
            )
            for each in found_videos(folders)
        ]
    )


@router.get(f"{AT}/videos/proposal")
def proposal(
    served: ServedHere,
    name: GalleryName,
    zone: Zone,
    path: Annotated[str, Query(min_length=1, max_length=4096)],
) -> ProposalRecord:
    """Camera and start that a video probably has, from its name and its metadata."""
    found = video_file(videos_of(served.folders, served.galleries.folder(name)), path)
    told = propose(found, zone=zone)
    return ProposalRecord(
        path=str(found),
        name=found.name,
        camera=told.camera,
        start=told.start,
        start_is_from=told.start_is_from,
        duration=told.duration,
        width=told.width,
        height=told.height,
        boxes=None if told.boxes is None else str(told.boxes),
    )


BYTES: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}


@router.post(f"{AT}/uploads", status_code=201, openapi_extra=BYTES, response_model=VideoRecord)
async def send_video(
    request: Request,
    served: ServedHere,
    name: GalleryName,
    called: Annotated[str, Query(min_length=1, max_length=200)],
) -> VideoRecord:
    """Sends a video, as the body; it is kept in a folder beside the gallery."""
    sent = SentVideo(served.galleries.folder(name), called)
    n_bytes = 0
    try:
        with sent.writing() as take:
            async for piece in request.stream():
                await run_in_threadpool(take, piece)
                n_bytes += len(piece)
    except ClientDisconnect:
        raise HTTPException(400, "The video did not come whole.") from None
    return VideoRecord(
        path=str(sent.path),
        name=sent.path.name,
        place=sent.path.parent.name,
        n_bytes=n_bytes,
        is_indexed=False,
    )


@router.get(f"{AT}/indexing/choices")
def choices(served: ServedHere, name: GalleryName) -> ChoiceList:
    """Detectors and models that are on this machine."""
    detectors, models = _choices(served, name)
    return ChoiceList(
        detectors=[ChoiceRecord(name=each.name, sentence=each.sentence) for each in detectors],
        models=[ChoiceRecord(name=each.name, sentence=each.sentence) for each in models],
    )


@router.get(f"{AT}/indexing")
def indexing(served: ServedHere, name: GalleryName) -> IndexingRecord:
    """How far the newest run is."""
    return indexing_now(served, name)


@router.post(f"{AT}/indexing", status_code=202)
def begin(served: ServedHere, name: GalleryName, order: IndexOrder) -> IndexingRecord:
    """Begins a run, a process of its own that goes on when the browser is closed."""
    gallery = served.galleries.folder(name)
    folders = videos_of(served.folders, gallery)
    detectors, models = _choices(served, name)
    model = models[0].name if order.model is None else order.model
    faults = [
        f"the {what} must be one of {', '.join(each.name for each in known)}; got {given[:80]!r}"
        for what, given, known in (
            ("detector", order.detector, detectors),
            ("model", model, models),
        )
        if given not in [each.name for each in known]
    ]
    if faults or is_precomputed(order.detector):
        raise ConfigError(faults, source="indexing")
    videos = [
        ChosenVideo(
            path=video_file(folders, each.path),
            camera=each.camera.strip() or "camera",
            start=each.start,
            boxes=None if each.boxes is None else boxes_file(folders, each.boxes),
        )
        for each in order.videos
    ]
    place = served.galleries.place(name)
    served.runs.start(gallery, videos, place=place, detector=order.detector, model=model)
    return indexing_now(served, name)


@router.post(f"{AT}/indexing/stop")
def stop(served: ServedHere, name: GalleryName) -> IndexingRecord:
    """Asks the run to stop: what is finished stays."""
    served.runs.stop(served.galleries.folder(name))
    return indexing_now(served, name)


@router.post(f"{AT}/indexing/go-on", status_code=202)
def go_on(served: ServedHere, name: GalleryName) -> IndexingRecord:
    """Goes on with a run that was stopped, has failed or was killed."""
    galleries = served.galleries
    served.runs.go_on(galleries.folder(name), place=galleries.place(name))
    return indexing_now(served, name)


@router.get(f"{AT}/indexing/picture", response_class=Response, responses=JPEG)
def picture(served: ServedHere, name: GalleryName) -> Response:
    """The frame at hand, small, with a line around everybody who was detected."""
    try:
        path = served.runs.frame(served.galleries.folder(name))
        data = read_ordinary_file(path, at_most=LARGEST_FRAME)
    except OSError:
        raise not_found("No frame was looked at yet.") from None
    return Response(data, media_type="image/jpeg")


def _choices(served: Served, name: str) -> tuple[list[Choice], list[Choice]]:
    used = before = None
    if served.galleries.is_there(name):
        with served.galleries.reading(name) as gallery:
            used = gallery.model.name
            known = [source.settings.get("detector") for source in gallery.sources()]
            before = next((each for each in reversed(known) if isinstance(each, str)), None)
    return detector_choices(before), model_choices(served.folders.folders, used=used)
