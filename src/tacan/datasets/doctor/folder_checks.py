"""Looks through a folder of one's own tracklets."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

from tacan.datasets.doctor.findings import Examined
from tacan.datasets.doctor.inventory import list_images
from tacan.datasets.folder import FRAME_STEM, parse_pid
from tacan.datasets.layouts import visible_folders
from tacan.progress import Progress, silent

__all__ = ["examine_folder"]


def examine_folder(root: Path, *, progress: Progress = silent) -> Examined:
    """Names, folders and file sizes; nothing is decoded."""
    files = list_images(root, progress=progress)
    examined = Examined(files=files)
    examined.add("crop-empty", [name for name, size in files.items() if size == 0])
    _check_folders(examined, root)
    strays, misnamed, misplaced, twice = [], [], [], []
    tracklets: dict[tuple[int, int, int], set[int]] = defaultdict(set)
    for path in files:
        folder, _, name = path.rpartition("/")
        pid = parse_pid(folder)
        match = FRAME_STEM.fullmatch(name.rpartition(".")[0])
        if pid is None:
            strays.append(path)
        elif match is None:
            misnamed.append(path)
        elif parse_pid(match[1]) != pid:
            misplaced.append(path)
        else:
            camid, tracklet, frame = (int(number) for number in match.groups()[1:])
            if frame in tracklets[pid, camid, tracklet]:
                twice.append(path)
            tracklets[pid, camid, tracklet].add(frame)
    examined.add("crop-stray", strays)
    examined.add("name-pattern", misnamed)
    examined.add("pid-mismatch", misplaced)
    examined.add("frame-twice", twice)
    examined.counts["all"] = {
        "tracklets": len(tracklets),
        "identities": len({pid for pid, _, _ in tracklets if pid > 0}),
        "frames": sum(len(frames) for frames in tracklets.values()),
        "cameras": len({camid for _, camid, _ in tracklets}),
        "distractors": sum(pid == 0 for pid, _, _ in tracklets),
        "junk": sum(pid == -1 for pid, _, _ in tracklets),
    }
    return examined


def _check_folders(examined: Examined, root: Path) -> None:
    owners: dict[int, list[str]] = defaultdict(list)
    filled = {path.partition("/")[0] for path in examined.files}
    for folder in visible_folders(root):
        pid = parse_pid(folder.name)
        if pid is not None:
            owners[pid].append(folder.name)
    empty = [name for names in owners.values() for name in names if name not in filled]
    examined.add("folder-empty", sorted(empty))
    examined.add(
        "person-twice", [" and ".join(names) for names in owners.values() if len(names) > 1]
    )
