"""Looks through a folder of one's own tracklets."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

from tacan.datasets.crop_folders import walk
from tacan.datasets.doctor.findings import Examined
from tacan.datasets.doctor.inventory import Inventory, take_inventory
from tacan.datasets.folder import FRAME_STEM, parse_pid, require_people
from tacan.datasets.layouts import is_generated
from tacan.errors import DatasetLayoutError
from tacan.progress import Progress, silent
from tacan.records import DISTRACTOR_PID, JUNK_PID

__all__ = ["examine_folder"]


def examine_folder(root: Path, *, progress: Progress = silent) -> Examined:
    """Names, folders and file sizes; nothing is decoded."""
    examined = Examined()
    inventory = take_inventory(examined, root, levels=1, progress=progress)
    _check_root(examined, root)
    _check_folders(examined, inventory)
    loose, misnamed, misplaced, twice = [], [], [], []
    tracklets: dict[tuple[int, int, int], set[int]] = defaultdict(set)
    for path in inventory.files:
        folder, _, name = path.rpartition("/")
        pid = parse_pid(folder)
        match = FRAME_STEM.fullmatch(name.rpartition(".")[0])
        if pid is None:
            loose.append(path)
        elif match is None:
            misnamed.append(path)
        elif parse_pid(match[1]) != pid:
            misplaced.append(path)
        else:
            camid, tracklet, frame = (int(number) for number in match.groups()[1:])
            if frame in tracklets[pid, camid, tracklet]:
                twice.append(path)
            tracklets[pid, camid, tracklet].add(frame)
    examined.add("crop-loose", loose)
    examined.add("name-pattern", misnamed)
    examined.add("pid-mismatch", misplaced)
    examined.add("frame-twice", twice)
    if not is_generated(root):
        for pid, code in ((DISTRACTOR_PID, "pid-zero"), (JUNK_PID, "pid-minus-one")):
            examined.add(code, [f"camera {c} tracklet {t}" for p, c, t in tracklets if p == pid])
    examined.counts["all"] = {
        "tracklets": len(tracklets),
        "identities": len({pid for pid, _, _ in tracklets if pid > 0}),
        "frames": sum(len(frames) for frames in tracklets.values()),
        "cameras": len({camid for _, camid, _ in tracklets}),
        "distractors": sum(pid == 0 for pid, _, _ in tracklets),
        "junk": sum(pid == -1 for pid, _, _ in tracklets),
    }
    return examined


def _check_root(examined: Examined, root: Path) -> None:
    """Whether the root is that of the people: it may lie a level higher or lower."""
    _, content = next(walk(root, followed=1))
    try:
        require_people(root, content)
    except DatasetLayoutError as error:
        examined.add("layout", [f"{error.got}. {error.remedy}"])


def _check_folders(examined: Examined, inventory: Inventory) -> None:
    owners: dict[int, list[str]] = defaultdict(list)
    for name in inventory.folders:
        pid = parse_pid(name)
        if pid is not None:
            owners[pid].append(name)
    empty = [name for name in inventory.empty_folders() if parse_pid(name) is not None]
    examined.add("folder-empty", empty)
    examined.add(
        "person-twice", [" and ".join(names) for names in owners.values() if len(names) > 1]
    )
