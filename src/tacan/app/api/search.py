"""Who else is this? Searches by walks, by pictures that were sent, and by boxes in videos."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, BackgroundTasks, File, Path, UploadFile
from fastapi.responses import HTMLResponse, Response
from pydantic import BaseModel

from tacan.app.api.crops import JPEG
from tacan.app.api.records import TrackletRecord
from tacan.app.api.tracklets import SimilarRecord
from tacan.app.ask import Asking, answer, video_box
from tacan.app.problems import not_found
from tacan.app.served import GalleryName, OpenGallery, ServedHere
from tacan.app.zones import Zone
from tacan.images.read import read_crop
from tacan.search.search_results import Level
from tacan.search.video_query import cut_from_video
from tacan.views.search_html import search_page
from tacan.views.verdict_text import headline, results_reason

__all__ = ["router"]

router = APIRouter(tags=["search"])

AT = "/galleries/{gallery}"
JPEG_QUALITY = 92

Name = Annotated[str, Path(pattern=r"^[0-9a-f]{32}$")]


class SentPictures(BaseModel):
    """`pictures` is what a search takes for them, until the server ends."""

    pictures: str
    n_pictures: int


class AskedRecord(BaseModel):
    """One example of who is asked for; `tracklet` where it is one of the gallery."""

    label: str
    tracklet: TrackletRecord | None


class SearchAnswer(BaseModel):
    """What `tacan search --json` tells of one search."""

    label: str
    asked: list[AskedRecord]
    verdict: str
    why: str
    sure: Level
    notes: list[str]
    n_searched: int
    n_undated: int
    matches: list[SimilarRecord]


@router.post(f"{AT}/pictures", status_code=201)
def send_pictures(
    served: ServedHere, _: OpenGallery, files: Annotated[list[UploadFile], File()]
) -> SentPictures:
    """Pictures of one person, in the order of time; they are searched with by their name."""
    name = served.queries.keep([file.file.read() for file in files])
    return SentPictures(pictures=name, n_pictures=len(files))


@router.get(f"{AT}/pictures/{{pictures}}/{{position}}", response_class=Response, responses=JPEG)
def sent_picture(served: ServedHere, _: OpenGallery, pictures: Name, position: int) -> Response:
    """One of the pictures that were sent, counted from 0."""
    paths = served.queries.pictures(pictures).paths
    if not 0 <= position < len(paths):
        raise not_found("There is no such picture.")
    return _jpeg(read_crop(paths[position]))


@router.get(f"{AT}/search")
def search(
    served: ServedHere,
    name: GalleryName,
    gallery: OpenGallery,
    asked: Asking,
    later: BackgroundTasks,
) -> SearchAnswer:
    """The walks that are nearest to whom is asked for, the nearest first, and how sure that is."""
    results = answer(served, name, gallery, asked)
    later.add_task(gallery.log, "search", results.query.logged)
    return SearchAnswer(
        label=results.query.label,
        asked=[
            AskedRecord(
                label=one.label,
                tracklet=None if one.tracklet is None else TrackletRecord.of(one.tracklet),
            )
            for one in results.query.parts
        ],
        verdict=headline(results),
        why=results_reason(results),
        sure=results.level,
        notes=list(results.query.notes),
        n_searched=results.n_searched,
        n_undated=results.n_undated,
        matches=[SimilarRecord.of(match, results) for match in results.matches],
    )


@router.get(f"{AT}/search/page", response_class=HTMLResponse)
def page_to_keep(
    served: ServedHere,
    name: GalleryName,
    gallery: OpenGallery,
    asked: Asking,
    zone: Zone,
    later: BackgroundTasks,
) -> HTMLResponse:
    """The same as one page with its pictures, as `tacan search --html` writes it."""
    results = answer(served, name, gallery, asked)
    later.add_task(gallery.log, "search", results.query.logged)
    with served.queries.turn:
        page = search_page([results], gallery, zone=zone)
    return HTMLResponse(page, headers={"content-disposition": 'attachment; filename="found.html"'})


@router.get(f"{AT}/search/crop", response_class=Response, responses=JPEG)
def asked_crop(gallery: OpenGallery, asked: Asking) -> Response:
    """What a box in a video shows: `source`, `seconds` and `box` say which."""
    return _jpeg(cut_from_video(video_box(gallery, asked)))


def _jpeg(pixels) -> Response:
    import simplejpeg

    return Response(simplejpeg.encode_jpeg(pixels, quality=JPEG_QUALITY), media_type="image/jpeg")
