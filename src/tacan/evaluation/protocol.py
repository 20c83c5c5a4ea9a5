"""The protocols: who is searched, what is ignored, and how average precision is taken.

The same features give different numbers under each, so a result always names its protocol.
Common to all: junk (pid -1) is never ranked, a distractor (pid 0) is nobody's right answer, a
right answer is of the query's pid and another camera, and a query without one doesn't count.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol as Shape

import numpy as np
from numpy.typing import NDArray

from tacan.errors import ConfigError, FeaturesError
from tacan.evaluation.measures import average_precision, trapezoid_average_precision
from tacan.records import JUNK_PID
from tacan.text import counted

__all__ = ["PROTOCOLS", "Labels", "Protocol", "parse_protocols"]

Mask = NDArray[np.bool_]


class Labels(Shape):
    """What a protocol looks at: the label columns of a features file, [N] each."""

    @property
    def pids(self) -> NDArray[np.int64]: ...
    @property
    def camids(self) -> NDArray[np.int64]: ...
    @property
    def is_query(self) -> Mask: ...
    @property
    def is_gallery(self) -> Mask: ...


def _as_marked(labels: Labels) -> Mask:
    return labels.is_gallery


def _queries_added(labels: Labels) -> Mask:
    return labels.is_gallery | labels.is_query


def _queries_removed(labels: Labels) -> Mask:
    return labels.is_gallery & ~labels.is_query


def _other_camera(labels: Labels) -> Mask:
    cameras = labels.camids[labels.is_query]
    if len(cameras) == 0 or cameras.min() < cameras.max():
        return labels.is_gallery
    return labels.is_gallery & (labels.camids != cameras[0])


@dataclass(frozen=True, slots=True)
class Protocol:
    """One way of scoring.

    marked
        The rows that make up the gallery by their roles, as a mask [N].
    counts_junk
        Whether junk counts in the size of the gallery. It is ignored in every ranking.
    same_camera
        What is ignored of the query's own camera: "same pid", or "all".
    average_precision
        From the ranks of the hits, see `tacan.evaluation.measures`.
    """

    name: str
    about: str
    marked: Callable[[Labels], Mask]
    average_precision: Callable[[NDArray[np.int64], NDArray[np.int64]], NDArray[np.float64]]
    same_camera: str = "same pid"
    counts_junk: bool = False

    def gallery(self, labels: Labels) -> Mask:
        """The rows that `n_gallery` counts."""
        return self.marked(labels) if self.counts_junk else self.ranked(labels)

    def ranked(self, labels: Labels) -> Mask:
        """The rows that can stand in a ranking: the gallery without junk."""
        return self.marked(labels) & (labels.pids != JUNK_PID)

    def check(self, labels: Labels) -> None:
        """Raises `FeaturesError` for labels that this protocol can't be applied to."""
        people = labels.pids[labels.is_query | labels.is_gallery]
        if len(people) and (people == JUNK_PID).all():
            raise FeaturesError(
                f"`{self.name}` must know who is who",
                got=f"{counted(len(people), 'tracklet')}, all of pid {JUNK_PID}, which is nobody",
                remedy="Give `pids` from labels. In a gallery, find people with `tacan link`, name "
                "them with `tacan people name`, and export it again.",
            )
        if not labels.is_query.any() or not self.ranked(labels).any():
            raise FeaturesError(
                f"`{self.name}` must have queries and a gallery",
                got=f"{counted(int(labels.is_query.sum()), 'query', 'queries')}, "
                f"{counted(int(self.ranked(labels).sum()), 'gallery item')} without junk",
                remedy="Mark them in `is_query` and `is_gallery`.",
            )


PROTOCOLS: dict[str, Protocol] = {
    "mars-official": Protocol(
        name="mars-official",
        about="all of the gallery, queries included; trapezoid average precision",
        marked=_queries_added,
        counts_junk=True,
        average_precision=trapezoid_average_precision,
    ),
    "mars-9330": Protocol(
        name="mars-9330",
        about="queries taken out of the gallery, junk dropped",
        marked=_queries_removed,
        average_precision=average_precision,
    ),
    "mars-11310": Protocol(
        name="mars-11310",
        about="queries kept in the gallery, junk dropped",
        marked=_queries_added,
        average_precision=average_precision,
    ),
    "cross-camera": Protocol(
        name="cross-camera",
        about="the gallery as marked, junk dropped; same person and camera ignored",
        marked=_as_marked,
        average_precision=average_precision,
    ),
    "two-camera": Protocol(
        name="two-camera",
        about="each query against the other camera, junk dropped",
        marked=_other_camera,
        same_camera="all",
        average_precision=average_precision,
    ),
}


def parse_protocols(names: str) -> tuple[str, ...]:
    """Protocol names from a list with commas, each once, in the order given.

    >>> parse_protocols("mars-9330, mars-11310,mars-9330")
    ('mars-9330', 'mars-11310')

    Raises `ConfigError` that lists the known names.
    """
    wanted = tuple(dict.fromkeys(part.strip() for part in names.split(",") if part.strip()))
    unknown = [name for name in wanted if name not in PROTOCOLS]
    if unknown or not wanted:
        met = ", ".join(map(repr, unknown)) or "nothing"
        known = ", ".join(PROTOCOLS)
        raise ConfigError([f"a protocol must be one of {known}; got {met}"], source="--protocol")
    return wanted
