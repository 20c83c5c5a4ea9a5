"""How a search and its rules are told to a reader."""

from __future__ import annotations

from tacan.gallery.gallery_records import TrackletFilter
from tacan.retrieval.calibration import LIKELY, MINIMUM_PAIRS, SURE
from tacan.search.results import Findings
from tacan.views.times import local_time

__all__ = ["filters_in_words", "how_to_read"]


def filters_in_words(filters: TrackletFilter) -> str:
    """The conditions that an answer had to meet.

    >>> filters_in_words(TrackletFilter(not_cameras=("yard",), min_quality=0.5))
    'not camera yard; quality at least 0.5'
    >>> filters_in_words(TrackletFilter())
    'no condition'
    """
    parts = []
    if filters.cameras is not None:
        parts.append(f"camera {' or '.join(filters.cameras)}")
    if filters.not_cameras:
        parts.append(f"not camera {' or '.join(filters.not_cameras)}")
    if filters.after is not None:
        parts.append(f"seen from {local_time(filters.after, filters.after.tzinfo)}")
    if filters.before is not None:
        parts.append(f"seen before {local_time(filters.before, filters.before.tzinfo)}")
    if filters.min_quality > 0:
        parts.append(f"quality at least {filters.min_quality:g}")
    return "; ".join(parts) or "no condition"


def how_to_read(findings: Findings) -> tuple[str, ...]:
    """What a reader of the page must know, in a few paragraphs."""
    unknown = (
        f"The gallery holds {findings.n_different:,} such pairs; with fewer than "
        f"{MINIMUM_PAIRS} no word is given."
    )
    known = (
        f"The gallery holds {findings.n_different:,} of them. From how many are as close as an "
        "answer follows how many strangers would be as close by chance among all tracklets that "
        f"were searched: at most {SURE:g} is “very likely”, at most {LIKELY:g} “likely”, more is "
        "“unsure”."
    )
    return (
        "Smaller distances are closer. What a distance is worth is measured on pairs of tracklets "
        "that certainly show different people, because one camera saw both at the same time in "
        "different places. " + (known if findings.n_different >= MINIMUM_PAIRS else unknown),
        "These words are about looks. People who dress alike are as close as one person seen "
        "twice, and a person whom the detector missed is in no answer: “not found” does not mean "
        "“was not there”. Look at the pictures before you act on them.",
        "The crops of a tracklet stand in the order of time. The bars below them are the weights "
        "that the model gave its clips: a low bar is a clip that it trusted little, often because "
        "the person is hidden in it. The dashed line is the height of equal weights.",
    )
