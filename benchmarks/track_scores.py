"""How well produced tracklets follow labelled people, by the field's measures.

HOTA, IDF1, identity switches and fragments are those of the package `trackeval`, at the labelled
frames; between two processed frames a produced box moves on a straight line. Three rules go before:

1. Whose box it is. An identity is a person in one video, since one walk may be labelled in pieces;
   what has no identity in the labels is one for itself.
2. What is left out. Labels of real footage miss people. Where `elsewhere` is "ignored", a produced
   box counts only if it lies on a labelled person: it is matched, or shares half of the smaller box
   with a labelled one, as a piece of a body and a second box do. Boxes on people who are labelled
   as hidden count in no footage.
3. Found and pure. A labelled walk is found when one tracklet has an intersection over union of 0.5
   with it in half of its frames. Purity is the share of boxes that lie on their tracklet's main
   person, of all that lie on a labelled person.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment
from trackeval.metrics import CLEAR, HOTA, Identity

from tacan.video.boxes import covered_shares, ious
from tacan.video.matching import Track, match_tracks

__all__ = ["Labels", "Score", "score_tracks"]

_IOU = 0.5
_LIES_ON = 0.5


@dataclass(frozen=True, eq=False)
class Labels:
    """The labelled walks of a video, whose each is, and boxes [n, 4] of hidden people by frame."""

    walks: Sequence[Track]
    people: Sequence[int]
    hidden: Mapping[int, NDArray[np.float32]] = field(default_factory=dict)
    elsewhere: str = "counted"

    @property
    def frames(self) -> NDArray[np.int64]:
        """The frames with a label, rising."""
        return np.unique(np.concatenate([walk.frames for walk in self.walks]))


@dataclass(frozen=True)
class Score:
    """The measures of some videos together."""

    hota: float
    idf1: float
    id_precision: float
    id_recall: float
    switches: int
    fragments: int
    found: int
    walks: int
    purity: float


def score_tracks(videos: Sequence[tuple[Labels, Sequence[Track]]]) -> Score:
    """The measures over videos, each with its labels and the tracklets that were produced."""
    metrics = {"hota": HOTA(), "clear": CLEAR({"PRINT_CONFIG": False}), "id": Identity(
        {"PRINT_CONFIG": False})}  # fmt: skip
    parts: dict[str, dict[str, Any]] = {name: {} for name in metrics}
    found = walks = on_main = on_any = 0
    for number, (labels, produced) in enumerate(videos):
        table, main, every = _sequence(labels, produced)
        for name, metric in metrics.items():
            parts[name][str(number)] = metric.eval_sequence(table)
        found += int(match_tracks(labels.walks, produced).found.sum())
        walks += len(labels.walks)
        on_main, on_any = on_main + main, on_any + every
    together = {name: metrics[name].combine_sequences(parts[name]) for name in metrics}
    return Score(
        hota=float(np.mean(together["hota"]["HOTA"])),
        idf1=float(together["id"]["IDF1"]),
        id_precision=float(together["id"]["IDP"]),
        id_recall=float(together["id"]["IDR"]),
        switches=int(together["clear"]["IDSW"]),
        fragments=int(together["clear"]["Frag"]),
        found=found,
        walks=walks,
        purity=on_main / max(on_any, 1),
    )


def _sequence(labels: Labels, produced: Sequence[Track]) -> tuple[dict[str, Any], int, int]:
    """A video as `trackeval` takes it; boxes on their tracklet's main person, and on anybody."""
    frames = labels.frames
    people = np.unique(np.array(labels.people), return_inverse=True)[1]
    walks = _by_frame(labels.walks, frames, exact=True)
    tracks = _by_frame(produced, frames, exact=False)
    true_ids, track_ids, similarities = [], [], []
    hits = np.zeros((len(produced), int(people.max(initial=-1)) + 1), np.int64)
    for frame, (walk, true), (track, boxes) in zip(frames.tolist(), walks, tracks, strict=True):
        alike = ious(true[:, None], boxes[None])
        rows, columns = linear_sum_assignment(np.where(alike >= _IOU, alike, 0), maximize=True)
        matched = alike[rows, columns] >= _IOU
        np.add.at(hits, (track[columns[matched]], people[walk[rows[matched]]]), 1)
        counts = _counting(labels, frame, true, boxes, matched=columns[matched])
        true_ids.append(people[walk])
        track_ids.append(track[counts])
        similarities.append(alike[:, counts])
    table = {
        "gt_ids": true_ids,
        "tracker_ids": _renumbered(track_ids),
        "similarity_scores": similarities,
        "num_timesteps": len(frames),
        "num_gt_dets": sum(map(len, true_ids)),
        "num_tracker_dets": sum(map(len, track_ids)),
        "num_gt_ids": hits.shape[1],
        "num_tracker_ids": len(np.unique(np.concatenate([np.zeros(0, np.int64), *track_ids]))),
    }
    return table, int(hits.max(axis=1, initial=0).sum()), int(hits.sum())


def _counting(
    labels: Labels,
    frame: int,
    true: NDArray[np.float32],
    boxes: NDArray[np.float32],
    *,
    matched: NDArray[np.int64],
) -> NDArray[np.bool_]:
    """Which produced boxes [n] of a frame count: the second rule."""
    hidden = labels.hidden.get(frame, np.zeros((0, 4), np.float32))
    counts = (ious(hidden[:, None], boxes[None]) < _IOU).all(axis=0)
    if labels.elsewhere == "ignored":
        counts &= (covered_shares(true[:, None], boxes[None]) >= _LIES_ON).any(axis=0)
    counts[matched] = True
    return counts


def _by_frame(
    tracks: Sequence[Track], frames: NDArray[np.int64], *, exact: bool
) -> list[tuple[NDArray[np.int64], NDArray[np.float32]]]:
    """The indices [n] and boxes [n, 4] of the tracks that are at each frame."""
    at: list[tuple[list[int], list[NDArray[np.float32]]]] = [([], []) for _ in frames]
    for index, track in enumerate(tracks):
        there, boxes = track.boxes_at(frames)
        if exact:
            there &= np.isin(frames, track.frames)
        for place in np.flatnonzero(there).tolist():
            at[place][0].append(index)
            at[place][1].append(boxes[place])
    return [
        (np.array(which, np.int64), np.array(boxes, np.float32).reshape(-1, 4))
        for which, boxes in at
    ]


def _renumbered(ids: list[NDArray[np.int64]]) -> list[NDArray[np.int64]]:
    """The same ids, counted from 0 without a gap."""
    known = np.unique(np.concatenate([np.zeros(0, np.int64), *ids]))
    return [np.searchsorted(known, some) for some in ids]
