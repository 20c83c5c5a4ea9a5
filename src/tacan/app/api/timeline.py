"""Who was where when, for drawing."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated

import numpy as np
from fastapi import APIRouter, Query
from pydantic import BaseModel

from tacan.app.look import WhenQuery
from tacan.app.served import OpenGallery
from tacan.gallery import Gallery, TrackletFilter
from tacan.gallery.columns import UNKNOWN_TIMESTAMP
from tacan.gallery.passes import passes_of_people
from tacan.gallery.timestamps import from_microseconds
from tacan.views.people_text import person_label

__all__ = ["router"]

router = APIRouter(tags=["people"])

MOST_PASSES = 2000
USUAL_SPAN = timedelta(hours=24)


class Pass(BaseModel):
    """One walk of somebody past a camera."""

    id: int
    tracklet: str
    camera: str
    start: datetime
    end: datetime


class Lane(BaseModel):
    """Somebody's walks. Those of whom there is only one, and no name, share the last lane, whose
    `person` is None."""

    person: int | None
    label: str
    passes: list[Pass]


class Timeline(BaseModel):
    """A stretch of time, `since` to `until`, of all from `first` to `last`.

    `n_left_out` walks are in it and not shown, since there are too many: a shorter stretch has all.
    """

    first: datetime | None
    last: datetime | None
    since: datetime | None
    until: datetime | None
    cameras: list[str]
    lanes: list[Lane]
    n_left_out: int


@router.get("/galleries/{gallery}/timeline")
def timeline(gallery: OpenGallery, asked: Annotated[WhenQuery, Query()]) -> Timeline:
    """Who was where between two moments; the last 24 hours with anybody if none are given."""
    first, last = _extent(gallery)
    since, until = asked.since, asked.until
    if last is not None and until is None:
        until = last + timedelta(microseconds=1)
    if until is not None and since is None and first is not None:
        since = first if until - first < USUAL_SPAN else until - USUAL_SPAN
    found, n_left_out = ([], 0)
    if first is not None:
        found, n_left_out = _lanes(gallery, TrackletFilter(after=since, before=until))
    cameras = sorted(gallery.index().columns.cameras)
    return Timeline(
        first=first,
        last=last,
        since=since,
        until=until,
        cameras=cameras,
        lanes=found,
        n_left_out=n_left_out,
    )


def _extent(gallery: Gallery) -> tuple[datetime | None, datetime | None]:
    columns = gallery.index().columns
    known = columns.starts != UNKNOWN_TIMESTAMP
    if not known.any():
        return None, None
    starts, ends = columns.starts[known], columns.ends[known]
    return from_microseconds(int(starts.min())), from_microseconds(int(ends.max()))


def _lanes(gallery: Gallery, conditions: TrackletFilter) -> tuple[list[Lane], int]:
    """People who were seen several times or have a name first, who came first first."""
    people = passes_of_people(gallery, conditions)
    known = sorted(
        (each for each in people if not each.is_alone),
        key=lambda each: 0.0 if each.first is None else each.first.timestamp(),
    )
    alone = [each for each in people if each.is_alone]
    ids = [number for each in (*known, *alone) for number in each.tracklets]
    shown = set(ids[:MOST_PASSES])
    passes = _passes(gallery, ids[:MOST_PASSES])
    lanes = [
        Lane(
            person=each.person.id,
            label=person_label(each.person),
            passes=[passes[number] for number in each.tracklets if number in passes],
        )
        for each in known
        if each.person is not None and shown & set(each.tracklets)
    ]
    once = [passes[number] for each in alone for number in each.tracklets if number in passes]
    if once:
        lanes.append(Lane(person=None, label="seen once", passes=once))
    return lanes, len(ids) - len(shown)


def _passes(gallery: Gallery, ids: list[int]) -> dict[int, Pass]:
    """The walks of these ids whose times are known."""
    columns = gallery.index().columns
    asked = np.array(ids, np.int64)
    rows = np.searchsorted(columns.ids, asked).clip(max=max(0, len(columns.ids) - 1))
    cameras = {number: name for name, number in columns.cameras.items()}
    found = {}
    for number, row, name in zip(ids, rows.tolist(), gallery.store.names(ids), strict=True):
        if not len(columns.ids) or columns.ids[row] != number:
            continue  # it went at this moment
        start, end = (from_microseconds(int(c[row])) for c in (columns.starts, columns.ends))
        if start is not None and end is not None:
            camera = cameras[int(columns.camera_ids[row])]
            found[number] = Pass(id=number, tracklet=name, camera=camera, start=start, end=end)
    return found
