"""Looks through a copy of DukeMTMC-VideoReID."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

from tacan.datasets.doctor.findings import Examined
from tacan.datasets.doctor.inventory import take_inventory
from tacan.datasets.duke_video import DukeFrame, parse_frame_name
from tacan.progress import Progress, silent

__all__ = ["examine_duke_video"]

Tracklets = dict[tuple[str, str], list[tuple[str, DukeFrame]]]
"""The parsed crops of each person folder and tracklet folder."""


def examine_duke_video(root: Path, *, progress: Progress = silent) -> Examined:
    """Names, folders, frame numbers and sizes; nothing is decoded."""
    examined = Examined()
    parts: dict[str, Tracklets] = {}
    for part in ("train", "query", "gallery"):
        inventory = take_inventory(examined, root, part, levels=2, progress=progress)
        examined.add("folder-empty", inventory.empty_folders())
        parts[part] = _group(examined, inventory.files)
        for (person, tracklet), crops in parts[part].items():
            _check_tracklet(examined, f"{part}/{person}/{tracklet}", person, crops)
        examined.counts["test" if part == "gallery" else part] = _count(parts[part])
    tested = {*_people(parts["query"]), *_people(parts["gallery"])}
    leaked = sorted(_people(parts["train"]) & tested)
    examined.add("identity-leak", [f"pid {pid}" for pid in leaked])
    _check_copies(examined, parts["query"], parts["gallery"])
    for part in ("train", "query"):
        zero = {place for place, crops in parts[part].items() if not any(f.pid for _, f in crops)}
        examined.add("pid-zero", [f"{part}/{person}/{name}" for person, name in sorted(zero)])
    return examined


def _group(examined: Examined, files: dict[str, int]) -> Tracklets:
    tracklets: Tracklets = defaultdict(list)
    loose, misnamed = [], []
    for path in files:
        places = path.split("/")
        parsed = parse_frame_name(places[-1])
        if len(places) != 4:
            loose.append(path)
        elif parsed is None:
            misnamed.append(path)
        else:
            tracklets[places[1], places[2]].append((places[-1], parsed))
    examined.add("crop-loose", loose)
    examined.add("name-pattern", misnamed)
    return tracklets


def _check_tracklet(
    examined: Examined, where: str, person: str, crops: list[tuple[str, DukeFrame]]
) -> None:
    numbers = sorted(frame.frame for _, frame in crops)
    if any(not person.isdecimal() or frame.pid != int(person) for _, frame in crops):
        examined.add("pid-mismatch", [where])
    elif len({frame.camid for _, frame in crops}) > 1:
        examined.add("camera-mismatch", [where])
    elif len(set(numbers)) < len(numbers):
        examined.add("frame-twice", [where])
    elif numbers[-1] - numbers[0] >= len(numbers):
        examined.add("frame-gap", [f"{where}: {len(numbers)} crops to F{numbers[-1]:04d}"])


def _people(tracklets: Tracklets) -> set[int]:
    return {frame.pid for crops in tracklets.values() for _, frame in crops}


def _check_copies(examined: Examined, query: Tracklets, gallery: Tracklets) -> None:
    held: dict[int, set[tuple[int, int]]] = defaultdict(set)
    for crops in gallery.values():
        for _, frame in crops:
            held[frame.pid].add((frame.camid, frame.video_frame))
    examined.add(
        "query-copy",
        [
            f"query/{person}/{tracklet}"
            for (person, tracklet), crops in query.items()
            if any((f.camid, f.video_frame) not in held[f.pid] for _, f in crops)
        ],
    )


def _count(tracklets: Tracklets) -> dict[str, int]:
    real = {f.pid for crops in tracklets.values() for _, f in crops if not f.is_distractor}
    return {
        "tracklets": len(tracklets),
        "identities": len(real),
        "frames": sum(len(crops) for crops in tracklets.values()),
        "cameras": len({f.camid for crops in tracklets.values() for _, f in crops}),
        "distractors": len(_people(tracklets) - real),
    }
