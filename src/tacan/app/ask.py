"""A search as it stands in an address, so that the link can be kept."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

from fastapi import Query
from pydantic import Field

from tacan.app.look import WhenQuery
from tacan.app.problems import not_found
from tacan.app.served import Served
from tacan.app.source_files import source_file, source_of
from tacan.errors import ConfigError
from tacan.gallery import Gallery, TrackletFilter
from tacan.search.parse import ParsedQuery, TrackletName, VideoBox
from tacan.search.query import Query as SearchQuery
from tacan.search.query import combine_queries, make_query
from tacan.search.search import RerankSearch, search
from tacan.search.search_results import SearchResults

__all__ = ["AskQuery", "Asking", "answer", "video_box"]

LARGEST_ID = 2**63 - 1
LONGEST = 1e9
MOST_WALKS = 20
BOX = r"^\d{1,6}(\.\d{1,6})?(,\d{1,6}(\.\d{1,6})?){3}$"

Walk = Annotated[str, Field(min_length=1, max_length=500)]


class AskQuery(WhenQuery):
    """Who is asked for, and which answers count. All that is given shows one person.

    like, unlike
        Names of walks of that person, and of somebody else.
    pictures
        The name that pictures got when they were sent.
    source, seconds, box
        A box x,y,w,h in pixels of the upright picture that a video shows at that time.
    exclude_camera
        No answers from these cameras.
    rerank
        Whether the nearest are put into a new order by their common neighbours.
    """

    like: Annotated[list[Walk], Field(default_factory=list, max_length=MOST_WALKS)]
    unlike: Annotated[list[Walk], Field(default_factory=list, max_length=MOST_WALKS)]
    pictures: Annotated[str | None, Field(pattern=r"^[0-9a-f]{32}$")] = None
    source: Annotated[int | None, Field(ge=1, le=LARGEST_ID)] = None
    seconds: Annotated[float, Field(ge=0, le=LONGEST)] = 0.0
    box: Annotated[str | None, Field(pattern=BOX)] = None
    exclude_camera: Annotated[list[str], Field(default_factory=list)]
    top: Annotated[int, Field(ge=1, le=100)] = 12
    rerank: bool = False

    @property
    def conditions(self) -> TrackletFilter:
        return replace(super().conditions, exclude_cameras=tuple(self.exclude_camera))

    @property
    def is_empty(self) -> bool:
        """Whether nobody is asked for."""
        return not self.like and self.pictures is None and self.source is None


Asking = Annotated[AskQuery, Query()]


def answer(served: Served, name: str, gallery: Gallery, asked: AskQuery) -> SearchResults:
    """What the gallery called `name` answers, as `tacan search` does. Raises as `search` does, and
    `DataError` where nobody is asked for."""
    queries = served.queries
    examples: list[ParsedQuery] = [TrackletName(each) for each in asked.like]
    if asked.pictures is not None:
        examples.append(queries.pictures(asked.pictures))
    if asked.source is not None:
        examples.append(video_box(gallery, asked))
    open_model = queries.opener(gallery)

    def made(parsed: ParsedQuery) -> SearchQuery:
        if isinstance(parsed, TrackletName):
            return make_query(parsed, gallery, open_model=open_model)
        with queries.turn:
            return make_query(parsed, gallery, open_model=open_model)

    query = combine_queries(
        [made(each) for each in examples],
        against=[made(TrackletName(each)) for each in asked.unlike],
    )
    return search(
        gallery,
        query,
        top=asked.top,
        filters=asked.conditions,
        rerank=RerankSearch() if asked.rerank else None,
        calibration=served.galleries.calibration(name, gallery),
    )


def video_box(gallery: Gallery, asked: AskQuery) -> VideoBox:
    """The box that is asked for, in the file of its source; not found (404) where that is gone."""
    if asked.source is None or asked.box is None:
        raise ConfigError(["a search by a box needs source, seconds and box"], source="the request")
    source = source_of(gallery, asked.source)
    path = source_file(source)
    if path is None:
        raise not_found("The video is gone, or another file is in its place.")
    x, y, width, height = map(float, asked.box.split(","))
    if min(width, height) <= 0:
        raise ConfigError(
            [f"a box must be wider and higher than 0; got {asked.box}"], source="the request"
        )
    label = f"{source.name}@{asked.seconds:g}:{asked.box}"
    return VideoBox(path, asked.seconds, (x, y, x + width, y + height), label, source.id)
