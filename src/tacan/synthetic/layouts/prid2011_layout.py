"""The layout of PRID-2011: two cameras of which only the first 200 people are in both."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from tacan.files import write_text
from tacan.records import DISTRACTOR_PID
from tacan.synthetic.layouts.layout import Layout
from tacan.synthetic.tracklets.dataset_plan import Part
from tacan.synthetic.tracklets.dataset_settings import DatasetSettings

__all__ = ["PRID2011"]

N_SHARED = 200
MIN_FRAMES = 27
N_SPLITS = 10


def suit(settings: DatasetSettings) -> DatasetSettings:
    """One tracklet of each person in each camera, and no junk. Distractors are the people of
    one camera, numbered from 201 in each: one number then means two people."""
    return replace(settings, tracklets_per_camera=1, junk_share=0.0)


def tracklet_id(part: Part) -> str:
    return f"{_camera(part)}_{_person(part)}"


def crop_name(part: Part, frame: int) -> str:
    return f"prid_2011/multi_shot/{_camera(part)}/{_person(part)}/{frame:04d}.png"


def problems(parts: Sequence[Part]) -> list[str]:
    """The published splits are of people with enough frames in both cameras."""
    long = len(_long(parts))
    if long >= 2:
        return []
    return [
        f"prid2011 needs at least 2 people with {MIN_FRAMES} frames in both cameras, for its "
        f"splits; got {long}: raise min_frames or median_frames"
    ]


def write_tables(root: Path, parts: Sequence[Part]) -> None:
    """Ten halvings of the people with at least 27 frames in both cameras."""
    people = _long(parts)
    half = len(people) // 2
    splits = []
    for number in range(N_SPLITS):
        order = np.random.default_rng([len(people), number]).permutation(len(people)).tolist()
        tested, trained = order[:half], order[half:]
        splits.append(
            {
                "test": sorted(people[place] for place in tested),
                "train": sorted(people[place] for place in trained),
            }
        )
    write_text(root / "splits_prid2011.json", json.dumps(splits, indent=1) + "\n")


def _long(parts: Sequence[Part]) -> list[str]:
    known = [part for part in parts if part.pid > DISTRACTOR_PID]
    short = {part.pid for part in known if part.n_frames < MIN_FRAMES}
    return sorted({_person(part) for part in known if part.pid not in short})


def _camera(part: Part) -> str:
    return "cam_a" if part.camid == 1 else "cam_b"


def _person(part: Part) -> str:
    number = N_SHARED + part.number if part.pid == DISTRACTOR_PID else part.pid
    return f"person_{number:04d}"


PRID2011 = Layout(
    has_splits=False,
    tracklet_id=tracklet_id,
    crop_name=crop_name,
    write_tables=write_tables,
    max_pid=N_SHARED,
    max_camid=2,
    max_number=9999 - N_SHARED,
    suit=suit,
    problems=problems,
)
