"""Holds a copy of MARS against its own tables and lists."""

from __future__ import annotations

from collections import Counter, defaultdict
from itertools import pairwise
from pathlib import Path

import numpy as np

from tacan.datasets.doctor.findings import Examined
from tacan.datasets.doctor.inventory import Inventory, take_inventory
from tacan.datasets.mars import parse_frame_name, read_names
from tacan.datasets.mars_tables import MarsTable, read_mars_tables
from tacan.errors import DatasetLayoutError
from tacan.progress import Progress, silent

__all__ = ["count_table", "examine_mars"]


def examine_mars(root: Path, *, progress: Progress = silent) -> Examined:
    """Tables, name lists, folders and file sizes; nothing is decoded."""
    examined = Examined()
    tables: dict[str, MarsTable] = {}
    for split in ("train", "test"):
        inventory = take_inventory(examined, root, f"bbox_{split}", levels=1, progress=progress)
        try:
            tables[split] = read_mars_tables(root, split)
            names = read_names(root / "info" / f"{split}_name.txt")
        except DatasetLayoutError as error:
            examined.add("tables", [error])
            continue
        _check_names(examined, tables[split], names)
        _check_disk(examined, f"bbox_{split}", names, inventory)
        examined.counts[split] = count_table(tables[split])
    if len(tables) == 2:
        _check_people(examined, tables["train"], tables["test"])
    return examined


def _check_names(examined: Examined, table: MarsTable, names: list[str]) -> None:
    """Whether the list is as long as the table, and the names of each row are one tracklet's."""
    end = int(table.stops[-1])
    if end > len(names):
        examined.add("names-short", [f"{table.split}: {end:,} needed, {len(names):,} listed"])
    used = np.zeros(len(names), dtype=bool)
    wrong: dict[str, list[str]] = defaultdict(list)
    seen: Counter[str] = Counter()
    for row in range(len(table)):
        mine = names[table.starts[row] : table.stops[row]]
        if not mine:
            continue
        used[table.starts[row] : table.stops[row]] = True
        seen[mine[0][:11]] += 1
        problem = _row_problem(mine, int(table.pids[row]), int(table.camids[row]))
        if problem is None and seen[mine[0][:11]] > 1:
            problem = "tracklet-mixed"
        if problem is not None:
            wrong[problem].append(f"{table.split} row {row + 1} ({mine[0]} to {mine[-1]})")
    examined.add("names-unused", [names[i] for i in np.flatnonzero(~used)])
    for code, places in wrong.items():
        examined.add(code, places)


def _row_problem(names: list[str], pid: int, camid: int) -> str | None:
    """What is wrong with the names of one row, the gravest problem first."""
    parts = [parse_frame_name(name) for name in names]
    known = [part for part in parts if part is not None]
    if len(known) < len(parts):
        return "name-pattern"
    if {part[0] for part in known} != {pid}:
        return "pid-mismatch"
    if {part[1] for part in known} != {camid}:
        return "camera-mismatch"
    if len({part[2] for part in known}) > 1:
        return "tracklet-mixed"
    if any(later[3] <= part[3] for part, later in pairwise(known)):
        return "frame-order"
    return None


def _check_disk(examined: Examined, part: str, names: list[str], inventory: Inventory) -> None:
    """Whether the crops on disk are those in the list. A missing folder counts as one problem."""
    on_disk = inventory.files.keys()
    listed = {f"{part}/{name[:4]}/{name}" for name in names}
    folders = {f"{part}/{name[:4]}" for name in names}
    filled = {path.rpartition("/")[0] for path in on_disk}
    gone = folders - set(inventory.folders) - inventory.explained
    examined.add("folder-missing", sorted(gone))
    examined.add("folder-empty", sorted(folders & set(inventory.empty_folders())))
    missing = listed - on_disk - inventory.explained
    examined.add("crop-missing", sorted(p for p in missing if p.rpartition("/")[0] in filled))
    examined.add("crop-stray", sorted(on_disk - listed))


def _check_people(examined: Examined, train: MarsTable, test: MarsTable) -> None:
    shared = set(train.pids[train.pids > 0].tolist()) & set(test.pids.tolist())
    examined.add("identity-leak", [f"pid {pid}" for pid in sorted(shared)])
    real = test.pids > 0
    seen = set(zip(test.pids[real].tolist(), test.camids[real].tolist(), strict=True))
    asked = Counter(
        zip(test.pids[test.is_query].tolist(), test.camids[test.is_query].tolist(), strict=True)
    )
    persons = {pid for pid, _ in asked}
    wrong = sorted(pair for pair in seen if asked[pair] != 1 and pair[0] in persons)
    examined.add("query-choice", [f"pid {p} camera {c}: {asked[p, c]} queries" for p, c in wrong])


def count_table(table: MarsTable) -> dict[str, int]:
    """The numbers of a track table that are compared with the published ones."""
    counts = {
        "tracklets": len(table),
        "identities": len(np.unique(table.pids[table.pids > 0])),
        "frames": int(table.lengths.sum()),
        "cameras": len(np.unique(table.camids)),
        "distractors": int((table.pids == 0).sum()),
        "junk": int((table.pids == -1).sum()),
    }
    if table.split == "test":
        counts["queries"] = int(table.is_query.sum())
    return counts
