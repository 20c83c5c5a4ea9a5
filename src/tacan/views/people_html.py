"""The people of a gallery as one HTML file that asks no host for anything."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import tzinfo
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tacan.errors import CropError
from tacan.files import write_text
from tacan.gallery.gallery_records import StoredCrop, StoredTracklet
from tacan.images.read import read_crop
from tacan.linking.people import Everybody, PersonSeen, Transition
from tacan.linking.review import Doubt
from tacan.linking.unsure import UnsureLinks
from tacan.progress import Progress, silent
from tacan.text import counted
from tacan.views.page import render_page
from tacan.views.page_pictures import jpeg_address, shrunk
from tacan.views.people_text import expected_text, person_label
from tacan.views.people_timeline import timeline
from tacan.views.search_text import when
from tacan.views.times import seconds_text, span
from tacan.views.verdict_text import shown_distance

if TYPE_CHECKING:
    from tacan.gallery import Gallery

__all__ = ["write_people_page"]

MOST_PEOPLE = 300
MOST_CROPS = 8
MOST_UNSURE = 40
COLOURS = 8
"""How many colours the style sheet has for cameras; more cameras share them."""
CROP_HEIGHT = 160
"""Pixels."""


def write_people_page(
    known: Everybody,
    unsure: UnsureLinks,
    gallery: Gallery,
    path: Path,
    *,
    everyone: bool = False,
    zone: tzinfo | None = None,
    progress: Progress = silent,
) -> None:
    """Writes the page to `path`: those who were seen several times or have a name, or `everyone`.

    Times are by the clock of `zone`, this machine's own if None. Progress is in people. Raises
    `StorageError` where it can't be written.
    """
    chosen = [seen for seen in known.people if everyone or not seen.is_alone]
    often = sorted(chosen, key=lambda seen: -len(seen.tracklets))[:MOST_PEOPLE]
    people = sorted(often, key=lambda seen: seen.person.id)
    cameras = sorted({each.camera for seen in known.people for each in seen.tracklets})
    shown = _Shown(gallery, cameras, zone)
    cards = []
    for done, seen in enumerate(people, 1):
        cards.append(_card(seen, unsure, zone) | {"crops": list(map(shown, _best(seen)))})
        progress(done, len(people))
    doubts = [_question(each, known.folder, shown) for each in unsure.links[:MOST_UNSURE]]
    text = render_page(
        "people.html.j2",
        title=counted(len(chosen), "person", "people"),
        lede=_lede(known, chosen),
        cameras=[(camera, place % COLOURS) for place, camera in enumerate(cameras)],
        colours=COLOURS,
        people=cards,
        n_left_out=len(chosen) - len(people),
        timeline=timeline(people, unsure, cameras, zone),
        transitions=[_transition(each, cameras) for each in known.transitions()],
        links=[doubt for doubt in doubts if doubt["is_linked"]],
        perhaps=[doubt for doubt in doubts if not doubt["is_linked"]],
        n_more=len(unsure.links) - len(doubts),
        reading=_how_to_read(known),
        settings=_settings(known, cameras),
    )
    write_text(path, text)


@dataclass(frozen=True, slots=True)
class _Shown:
    """Tracklets as the page shows them, each read once."""

    gallery: Gallery
    cameras: Sequence[str]
    zone: tzinfo | None
    pictures: dict[int, str] = field(default_factory=dict)

    def __call__(self, each: StoredTracklet) -> dict[str, Any]:
        if each.id not in self.pictures:
            self.pictures[each.id] = _picture(self.gallery, each.id)
        return {
            "name": each.name,
            "colour": self.cameras.index(each.camera) % COLOURS,
            "when": when(each, self.zone),
            "picture": self.pictures[each.id],
        }


def _picture(gallery: Gallery, tracklet: int) -> str:
    """The best crop of a tracklet that can be read, sharp and large, as an address; or nothing."""

    def worth(crop: StoredCrop) -> float:
        x1, y1, x2, y2 = crop.box
        return crop.sharpness * (x2 - x1) * (y2 - y1)

    crops = sorted(gallery.crops(tracklet), key=worth, reverse=True)
    for crop in crops:
        try:
            return jpeg_address(shrunk(read_crop(crop.path), height=CROP_HEIGHT))
        except CropError:
            continue
    return ""


def _best(seen: PersonSeen) -> list[StoredTracklet]:
    """At most `MOST_CROPS` tracklets in the order of time: the best of each camera, then others."""
    ranked = sorted(seen.tracklets, key=lambda each: -each.quality)
    of_cameras = {each.camera: each for each in reversed(ranked)}
    first = [each for each in ranked if of_cameras[each.camera] is each]
    others = [each for each in ranked if of_cameras[each.camera] is not each]
    kept = {each.id for each in [*first, *others][:MOST_CROPS]}
    return [each for each in seen.tracklets if each.id in kept]


def _card(seen: PersonSeen, unsure: UnsureLinks, zone: tzinfo | None) -> dict[str, Any]:
    n_parts = len({unsure.part_of.get(each.id) for each in seen.tracklets})
    times = span(start=seen.first, end=seen.last, first_seconds=0, last_seconds=0, zone=zone)
    return {
        "id": seen.person.id,
        "label": person_label(seen.person),
        "note": seen.person.note or "",
        "facts": [
            counted(len(seen.tracklets), "tracklet"),
            ", ".join(seen.cameras),
            *([times] if seen.first is not None else []),
            *([f"{seen.n_vouched:,} confirmed"] if seen.n_vouched else []),
        ],
        "unsure": "" if n_parts == 1 else counted(n_parts - 1, "unsure link"),
        "n_more": max(0, len(seen.tracklets) - MOST_CROPS),
    }


def _question(doubt: Doubt, folder: Path, shown: _Shown) -> dict[str, Any]:
    return {
        "one": shown(doubt.one),
        "other": shown(doubt.other),
        "is_linked": doubt.is_linked,
        "people": " and ".join(
            dict.fromkeys(f"person {each.person_id}" for each in (doubt.one, doubt.other))
        ),
        "distance": shown_distance(doubt.distance),
        "settles": counted(doubt.settles, "pair"),
        "answer": shlex.join([str(folder), doubt.one.name, doubt.other.name]),
    }


def _transition(each: Transition, cameras: Sequence[str]) -> dict[str, Any]:
    return {
        "from": each.before,
        "to": each.after,
        "colours": tuple(cameras.index(name) % COLOURS for name in (each.before, each.after)),
        "count": f"{len(each.seconds):,}",
        "times": [
            seconds_text(value)
            for value in (each.seconds[0], each.median_seconds, each.seconds[-1])
        ],
    }


def _lede(known: Everybody, chosen: Sequence[PersonSeen]) -> str:
    if not known.people:
        return f"Nobody is linked yet: tacan link {known.folder}"
    n_seen = sum(len(seen.tracklets) for seen in chosen)
    n_alone = len(known.people) - len(chosen)
    text = f"They were seen in {counted(n_seen, 'tracklet')}."
    if n_alone:
        text += f" {counted(n_alone, 'tracklet stands', 'tracklets stand')} alone."
    if known.n_waiting:
        text += f" {counted(known.n_waiting, 'tracklet')} came later and waits to be linked."
    return text


def _how_to_read(known: Everybody) -> tuple[str, ...]:
    if known.linking is None or known.linking.threshold is None:
        how = "Nothing was linked by looks: only a human's word links here."
    else:
        how = (
            "Tracklets are linked by looks, up to a distance of "
            f"{shown_distance(known.linking.threshold)}, within which "
            f"{100 * known.linking.share:.3g} % of people lie who certainly differ, because one "
            "camera saw both at the same time in different places. A link is unsure where it would "
            "not be made with half this share, and two people are perhaps one where twice the "
            "share would link them."
        )
    if known.linking is not None and known.linking.expected_false_pairs is not None:
        how += f" When it was linked: {expected_text(known.linking)}"
    return (
        how,
        "People who dress alike are alike, and whoever changes clothes is somebody else: look at "
        "the pictures before you act on a link. Whom the detector missed is in no lane.",
        "Transitions count who was seen next by which camera, with the shortest, the median and "
        "the longest time between; a time below zero means that both cameras saw the person at "
        "once.",
    )


def _settings(known: Everybody, cameras: Sequence[str]) -> dict[str, str]:
    n_tracklets = sum(len(seen.tracklets) for seen in known.people)
    return {
        "Gallery": str(known.folder),
        "Cameras": f"{len(cameras):,}",
        "Tracklets": f"{n_tracklets:,}",
        "People and tracklets alone": f"{len(known.people):,}",
    }
