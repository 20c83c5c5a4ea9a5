"""What whoever looks at a gallery asks of it, through the API and the pages alike."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query
from pydantic import AwareDatetime, BaseModel, Field

from tacan.app.problems import not_found
from tacan.app.served import Served
from tacan.errors import ConfigError
from tacan.gallery import Gallery, TrackletFilter
from tacan.gallery.browse import Place, TrackletPage, browse
from tacan.gallery.gallery_records import StoredCrop, StoredTracklet
from tacan.gallery.person_records import Person
from tacan.search.search import search
from tacan.search.search_results import SearchResults

__all__ = [
    "Asked",
    "LookQuery",
    "WhenQuery",
    "closest",
    "crops_best_first",
    "look",
    "person_of",
    "place_text",
    "tracklet_of",
]

LARGEST_ID = 2**63 - 1
MOST_AT_ONCE = 200


class WhenQuery(BaseModel):
    """Conditions on tracklets.

    camera
        Only those of these cameras.
    since, until
        Seen at or after, and before, these times, given with their zone. One whose time is unknown
        never counts then.
    min_quality
        Of at least this quality, from 0 to 1.
    """

    camera: list[str] = []
    since: AwareDatetime | None = None
    until: AwareDatetime | None = None
    min_quality: Annotated[float, Field(ge=0, le=1)] = 0.0

    @property
    def conditions(self) -> TrackletFilter:
        return TrackletFilter(
            cameras=tuple(self.camera) or None,
            after=self.since,
            before=self.until,
            min_quality=self.min_quality,
        )


class LookQuery(WhenQuery):
    """Which tracklets to show, and where to go on.

    person
        Only those of the person of this id.
    after
        The `next` of the page before.
    """

    person: Annotated[int | None, Field(ge=1, le=LARGEST_ID)] = None
    after: Annotated[str | None, Field(pattern=r"^-?\d{1,19}_\d{1,19}$")] = None
    limit: Annotated[int, Field(ge=1, le=MOST_AT_ONCE)] = 60


Asked = Annotated[LookQuery, Query()]


def look(gallery: Gallery, asked: LookQuery) -> TrackletPage:
    """The tracklets that are asked for, newest first."""
    only = None if asked.person is None else person_of(gallery, asked.person).tracklets
    place = None if asked.after is None else _place(asked.after)
    return browse(gallery, asked.conditions, only=only, after=place, limit=asked.limit)


def place_text(place: Place | None) -> str | None:
    """A place as it stands in an address."""
    return None if place is None else f"{place.start}_{place.id}"


def _place(text: str) -> Place:
    start, _, number = text.rpartition("_")
    place = Place(int(start), int(number))
    if not (-LARGEST_ID - 1 <= place.start <= LARGEST_ID and place.id <= LARGEST_ID):
        raise ConfigError(
            [f"after must be the `next` of a page; got {text!r}"], source="the request"
        )
    return place


def tracklet_of(gallery: Gallery, number: int) -> StoredTracklet:
    """The tracklet of this id; not found (404) where there is none."""
    found = gallery.store.tracklets([number]) if 0 <= number <= LARGEST_ID else ()
    if not found:
        raise not_found("There is no such tracklet; it may have been deleted.")
    return found[0]


def person_of(gallery: Gallery, number: int) -> Person:
    """The person of this id; not found (404) where there is none."""
    for person in gallery.store.people().persons():
        if person.id == number:
            return person
    raise not_found("There is no such person; they may have been linked anew or deleted.")


def crops_best_first(gallery: Gallery, number: int) -> list[StoredCrop]:
    """The crops of a tracklet, sharp and large ones first."""

    def worth(crop: StoredCrop) -> float:
        x1, y1, x2, y2 = crop.box
        return crop.sharpness * (x2 - x1) * (y2 - y1)

    return sorted(gallery.crops(number), key=worth, reverse=True)


def closest(
    served: Served, name: str, gallery: Gallery, tracklet: StoredTracklet, *, top: int = 12
) -> SearchResults:
    """The tracklets of the gallery called `name` that are nearest to one of its own."""
    calibration = served.galleries.calibration(name, gallery)
    return search(gallery, tracklet.name, top=top, calibration=calibration)
