"""What somebody knows of the ways between cameras, as rules that links must keep.

A rule is a line of text about one way, as it stands in a YAML file:

    door -> yard: 20 s to 5 min     from the end at the door to the start in the yard
    door <-> hall: at least 3 s     both ways
    hall <-> yard: never at once    nobody is seen by both at the same time
    lobby <-> hall: overlap         both see one place, so that somebody can be seen by both
    all cameras: never at once      any two that are not said to overlap

The shortest time counts for any two tracklets, the longest for the next sighting alone: who is at
the door, goes out of sight for an hour and is at the door again comes to the yard in time.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from itertools import combinations, pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tacan.config.yaml_text import read_yaml
from tacan.errors import ConfigError
from tacan.gallery.columns import UNKNOWN_TIMESTAMP, Columns
from tacan.linking.words import Groups
from tacan.retrieval.average_linkage import Pairs

__all__ = [
    "TravelRules",
    "cut_at_longest",
    "impossible_pairs",
    "parse_travel",
    "read_travel",
]

ALL = "all cameras"
NEVER, OVERLAP = "never at once", "overlap"
UNITS = {"s": 1.0, "sec": 1.0, "min": 60.0, "h": 3600.0}
_TIME = r"(\d+(?:\.\d+)?)\s*(s|sec|min|h)"
_SPAN = re.compile(rf"{_TIME} to {_TIME}|(at least) {_TIME}|(at most) {_TIME}")
_FORM = "such as '20 s to 5 min', 'at least 20 s', 'at most 5 min', 'never at once' or 'overlap'"
MICROSECONDS = 1e6

Way = tuple[str, str]
"""The camera before and the camera after."""


@dataclass(frozen=True, slots=True)
class TravelRules:
    """The least and the most seconds of each way, where they are known, and which two cameras
    never see somebody at once."""

    least: Mapping[Way, float] = field(default_factory=dict)
    most: Mapping[Way, float] = field(default_factory=dict)
    never_at_once: frozenset[frozenset[str]] = frozenset()


def read_travel(path: Path, *, cameras: Collection[str]) -> dict[str, str]:
    """The lines of a YAML file of rules, checked. Raises `ConfigError` as `parse_travel` does."""
    texts = read_yaml(path)
    parse_travel(texts, cameras=cameras, source=str(path))
    return {str(key): str(text) for key, text in texts.items()}


def parse_travel(
    texts: object, *, cameras: Collection[str], source: str, all_known: bool = True
) -> TravelRules:
    """The rules of a mapping from ways to what is known of them.

    Raises `ConfigError` with all that is wrong: other forms, one way twice, rules that contradict
    each other, and cameras that are not in `cameras`; unless `all_known`, such ways are left out.
    """
    if not isinstance(texts, Mapping) or not texts:
        fault = f"it must hold a line for each way: door -> yard and its times, {_FORM}"
        raise ConfigError([fault], source=source)
    reader = _Reader(cameras, all_known=all_known)
    for key, text in texts.items():
        reader.read(str(key), text)
    reader.check()
    if reader.faults:
        raise ConfigError(reader.faults, source=source)
    return reader.rules()


class _Reader:
    """Reads rules one after the other, and gathers what is wrong with them."""

    def __init__(self, cameras: Collection[str], *, all_known: bool) -> None:
        self._all_known = all_known
        self.faults: list[str] = []
        self._cameras = cameras
        self._least: dict[Way, float] = {}
        self._most: dict[Way, float] = {}
        self._said: dict[str, set[frozenset[str]]] = {NEVER: set(), OVERLAP: set()}
        self._ways: set[Way] = set()
        self._all = False

    def read(self, key: str, text: object) -> None:
        parts = [part.strip() for part in str(text or "").split(";")]
        if key.strip() == ALL:
            self._all = parts == [NEVER]
            if not self._all:
                self.faults.append(f"{ALL} can be said to be {NEVER!r} alone; got {text!r}")
            return
        ways = self._ways_of(key)
        for part in parts if ways else ():
            if part in self._said:
                self._said[part].add(frozenset(ways[0]))
            elif not self._read_span(part, ways):
                self.faults.append(f"{key}: a way must have times, {_FORM}; got {part!r}")

    def _ways_of(self, key: str) -> list[Way]:
        arrow = " <-> " if " <-> " in key else " -> "
        names = [name.strip() for name in key.split(arrow)]
        if len(names) != 2 or not all(names):
            self.faults.append(
                f"a way must be written as in door -> yard or door <-> yard; got {key!r}"
            )
            return []
        unknown = [name for name in dict.fromkeys(names) if name not in self._cameras]
        for name in unknown if self._all_known else ():
            near = get_close_matches(name, list(self._cameras), n=1)
            hint = f"did you mean {near[0]}?" if near else f"known are {', '.join(self._cameras)}"
            self.faults.append(
                f"{key}: a camera must be one of the gallery's; got {name!r}: {hint}"
            )
        ways = [(names[0], names[1]), (names[1], names[0])][: 2 if arrow == " <-> " else 1]
        ways = list(dict.fromkeys(ways))
        if self._ways & set(ways):
            self.faults.append(f"{key}: a way must be named once")
        self._ways.update(ways)
        return [] if unknown else ways

    def _read_span(self, part: str, ways: Sequence[Way]) -> bool:
        found = _SPAN.fullmatch(part)
        if found is None:
            return False
        first, unit, last, unit_last, _, least, unit_least, _, most, unit_most = found.groups()
        low, low_unit = (first, unit) if first else (least, unit_least)
        high, high_unit = (last, unit_last) if last else (most, unit_most)
        for way in ways:
            if low:
                self._least[way] = float(low) * UNITS[low_unit]
            if high:
                self._most[way] = float(high) * UNITS[high_unit]
        return True

    def check(self) -> None:
        for one, other in self._ways:
            name, two = f"{one} -> {other}", frozenset((one, other))
            least, most = self._least.get((one, other), 0.0), self._most.get((one, other))
            if most is not None and most < least:
                self.faults.append(f"{name}: the longest time is shorter than the shortest")
            if two in self._said[OVERLAP] and (least or two in self._said[NEVER]):
                self.faults.append(
                    f"{name}: cameras that overlap see somebody at once, without any time between"
                )
            if one == other and (two in self._said[OVERLAP] or two in self._said[NEVER]):
                self.faults.append(f"{name}: what is seen at once is a matter of two cameras")

    def rules(self) -> TravelRules:
        never = set(self._said[NEVER])
        never |= {frozenset(way) for way, least in self._least.items() if least}
        never = {cameras for cameras in never if len(cameras) == 2}
        if self._all:
            never |= set(map(frozenset, combinations(self._cameras, 2))) - self._said[OVERLAP]
        return TravelRules(self._least, self._most, frozenset(never))


def impossible_pairs(rules: TravelRules, columns: Columns) -> Pairs:
    """Pairs of rows [n, 2] that can't be one person by the shortest times, each pair once.

    With a the one that began first, and b at the other camera: b began less than the shortest time
    after the end of a. Where cameras never see somebody at once, that time is at least 0.
    Tracklets whose times are not known are in no pair.
    """
    ways = dict(rules.least)
    for one, other in map(tuple, rules.never_at_once):
        for way in ((one, other), (other, one)):
            ways.setdefault(way, 0.0)
    found: list[Pairs] = [np.zeros((0, 2), np.int64)]
    known = np.flatnonzero(columns.starts != UNKNOWN_TIMESTAMP)
    for (before, after), seconds in ways.items():
        first, then = (
            known[columns.camera_ids[known] == columns.cameras.get(name, -1)]
            for name in (before, after)
        )
        found.append(_sooner(columns, first, then, seconds))
    return np.unique(np.sort(np.concatenate(found), axis=1), axis=0)


def _sooner(
    columns: Columns, first: NDArray[np.intp], then: NDArray[np.intp], seconds: float
) -> Pairs:
    """Pairs of a row of `first` and one of `then` that begins after it does, and less than
    `seconds` after its end."""
    then = then[np.argsort(columns.starts[then], kind="stable")]
    starts = columns.starts[then]
    begin = np.searchsorted(starts, columns.starts[first], "left")
    end = np.searchsorted(starts, columns.ends[first] + int(seconds * MICROSECONDS), "left")
    counts = np.maximum(end - begin, 0)
    offsets = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    pairs = np.column_stack([np.repeat(first, counts), then[np.repeat(begin, counts) + offsets]])
    return pairs[pairs[:, 0] != pairs[:, 1]].astype(np.int64)


def cut_at_longest(
    rules: TravelRules, columns: Columns, label: NDArray[np.int64], together: Pairs
) -> NDArray[np.int64]:
    """The clusters `label` [N] cut in two wherever one's next sighting took longer than it may.

    What a human said to be one person, the pairs of rows `together`, is not cut.
    """
    if not rules.most:
        return label
    names = {number: name for name, number in columns.cameras.items()}
    groups = Groups(map(tuple, together.tolist()))
    order = np.lexsort((columns.starts, label))
    for one, other in pairwise(order.tolist()):
        if label[one] == label[other] and not _takes_too_long(rules, columns, names, one, other):
            groups.join(one, other)
    return np.array([groups.of(row) for row in range(len(label))], np.int64)


def _takes_too_long(
    rules: TravelRules, columns: Columns, names: Mapping[int, str], one: int, other: int
) -> bool:
    if UNKNOWN_TIMESTAMP in (columns.starts[one], columns.starts[other]):
        return False
    way = names[int(columns.camera_ids[one])], names[int(columns.camera_ids[other])]
    gap = int(columns.starts[other]) - int(columns.ends[one])
    return gap > rules.most.get(way, np.inf) * MICROSECONDS
