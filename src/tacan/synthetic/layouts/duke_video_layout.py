"""The layout of DukeMTMC-VideoReID: folders of tracklets for training, queries and gallery."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from tacan.records import DISTRACTOR_PID
from tacan.synthetic.layouts.layout import Layout
from tacan.synthetic.tracklets.dataset_plan import Part
from tacan.synthetic.tracklets.dataset_settings import DatasetSettings

__all__ = ["DUKE_VIDEO"]

_FIRST_DISTRACTOR = 5000


def suit(settings: DatasetSettings) -> DatasetSettings:
    """No junk."""
    return replace(settings, junk_share=0.0)


def tracklet_id(part: Part) -> str:
    return f"{'train' if part.split == 'train' else 'gallery'}/{_folder(part)}"


def crop_name(part: Part, frame: int) -> str:
    """As in `0001_C6_F0099_X30823.jpg`: X, or D for a distractor; the video's frame at the end,
    one in twelve. Many tracklets begin at F0002, as the real ones do."""
    kind = "D" if part.pid == DISTRACTOR_PID else "X"
    first = 1 + (_pid(part) + part.camid) % 2
    shown = 30_000 + 12 * (1000 * part.number + frame)
    name = f"{_pid(part):04d}_C{part.camid}_F{first + frame - 1:04d}_{kind}{shown}.jpg"
    return f"{tracklet_id(part)}/{name}"


def write_tables(root: Path, parts: Sequence[Part]) -> None:
    """Copies the first tracklet of each tested person from the gallery to the queries."""
    for split in ("train", "query", "gallery"):
        (root / split).mkdir(exist_ok=True)
    asked: set[int] = set()
    for part in parts:
        if part.split == "test" and part.pid > DISTRACTOR_PID and part.pid not in asked:
            asked.add(part.pid)
            shutil.copytree(root / "gallery" / _folder(part), root / "query" / _folder(part))


def _folder(part: Part) -> str:
    return f"{_pid(part):04d}/{part.camid:02d}{part.number:02d}"


def _pid(part: Part) -> int:
    """Each distractor is a person of its own, who is seen once."""
    if part.pid == DISTRACTOR_PID:
        return _FIRST_DISTRACTOR + 100 * part.camid + part.number
    return part.pid


DUKE_VIDEO = Layout(
    has_splits=True,
    tracklet_id=tracklet_id,
    crop_name=crop_name,
    write_tables=write_tables,
    max_pid=_FIRST_DISTRACTOR,
    max_camid=8,
    max_number=99,
    suit=suit,
)
