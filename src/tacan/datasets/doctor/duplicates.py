"""Finds crops that are the same file twice, and says how bad that is."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from tacan.datasets.doctor.findings import Examined
from tacan.datasets.prid2011 import is_shared

__all__ = ["find_duplicates", "owner"]

SHOWN = 4
"""How many of the files that are the same are named."""


def find_duplicates(
    examined: Examined, dataset: str, root: Path, paths: Sequence[str], digests: np.ndarray
) -> None:
    """Adds the findings `duplicate-splits`, `duplicate-people` and `duplicate`.

    Files of equal digest are compared byte by byte before they are called the same. That a
    query's crops stand in Duke's gallery again is how that data set is made, and no problem.
    """
    for group in _same_digest(paths, digests):
        for same in _same_bytes(root, group):
            kept = _without_query_copies(same) if dataset == "duke-video" else same
            if len(kept) < 2:
                continue
            owners = [owner(dataset, path) for path in kept]
            code = "duplicate"
            if len({part for part, _ in owners}) > 1:
                code = "duplicate-splits"
            elif len({person for _, person in owners}) > 1:
                code = "duplicate-people"
            more = "" if len(kept) <= SHOWN else f" and {len(kept) - SHOWN} more"
            examined.add(code, [" = ".join(kept[:SHOWN]) + more])


def owner(dataset: str, path: str) -> tuple[str, str]:
    """The split and the person that a crop belongs to, from its path in the data set.

    >>> owner("mars", "bbox_test/0002/0002C1T0001F001.jpg")
    ('bbox_test', '0002')
    """
    places = path.split("/")
    if dataset == "mars":
        return places[0], places[1]
    if dataset == "duke-video":
        return ("train" if places[0] == "train" else "test"), places[1]
    if dataset in ("ilids-vid", "prid2011"):
        camera, person = places[2], places[3]
        alone = dataset == "prid2011" and not is_shared(person)
        return "", f"{camera}/{person}" if alone else person
    return "", places[0]


def _same_digest(paths: Sequence[str], digests: np.ndarray) -> list[list[str]]:
    ranks = np.argsort(digests, kind="stable")
    ordered, order = digests[ranks], [int(rank) for rank in ranks]
    repeats = np.flatnonzero((ordered[1:] == ordered[:-1]) & (ordered[1:] != 0))
    groups: dict[int, list[str]] = defaultdict(list)
    for place in repeats.tolist():
        group = groups[int(ordered[place])]
        if not group:
            group.append(paths[order[place]])
        group.append(paths[order[place + 1]])
    return [sorted(group) for group in groups.values()]


def _same_bytes(root: Path, paths: Sequence[str]) -> list[list[str]]:
    contents: dict[bytes, list[str]] = defaultdict(list)
    for path in paths:
        try:
            contents[(root / path).read_bytes()].append(path)
        except OSError:  # removed since it was decoded
            continue
    return [same for same in contents.values() if len(same) > 1]


def _without_query_copies(paths: Sequence[str]) -> list[str]:
    gallery = {_key(path) for path in paths if path.startswith("gallery/")}
    return [p for p in paths if not p.startswith("query/") or _key(p) not in gallery]


def _key(path: str) -> tuple[str, str]:
    places = path.split("/")
    return places[1], places[-1]
