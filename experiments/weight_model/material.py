"""Crops of generated people, as they are and hidden, and what a frozen encoder makes of them.

Legend: n crops, D feature size, H x W pixels of the weight model.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from tacan.clips.hiding import Passer, hide_run
from tacan.datasets import load_dataset
from tacan.embeddings.embedder import ClipEmbedder
from tacan.files import atomic_path
from tacan.images.resize import load_frames
from tacan.records import Tracklet
from tacan.synthetic.tracklets.tracklet_truth import read_visibility

CROP = (128, 64)
"""Pixels in which people are hidden."""
RUN = 4
"""Frames that follow each other are hidden in one way, so many at a time."""


@dataclass(frozen=True, eq=False)
class Material:
    """n crops of all tracklets, one after another; the first axis is natural (0) or hidden (1)."""

    pixels: Tensor
    """uint8 [2, n, 3, H, W]"""
    features: Tensor
    """float32 [2, n, D]"""
    weights: Tensor
    """float32 [2, n]: the encoder's own clip weights."""
    visibility: Tensor
    """float32 [n], of the natural crops."""
    tracklet: Tensor
    """int64 [n]: to which tracklet a crop belongs."""
    pids: Tensor
    """int64, one a tracklet."""


def read_material(
    root: Path,
    embedder: ClipEmbedder,
    file: Path,
    *,
    size: tuple[int, int],
    seed: int,
    first: int,
) -> Material:
    """The material of the `first` generated people in `root`; `file` keeps it for the next time."""
    if not file.is_file():
        arrays = _look(root, embedder, size, seed, first)
        with atomic_path(file) as draft, draft.open("wb") as stream:
            np.savez(stream, allow_pickle=False, **arrays)
    with np.load(file) as kept:
        return Material(**{name: torch.from_numpy(kept[name]) for name in kept.files})


def _look(
    root: Path, embedder: ClipEmbedder, size: tuple[int, int], seed: int, first: int
) -> dict[str, NDArray]:
    visible = read_visibility(root)
    split = [each for each in load_dataset("folder", root) if each.pid <= first]
    pids = np.array([each.pid for each in split], np.int64)
    pixels: tuple[list[Tensor], ...] = ([], [])
    features: tuple[list[NDArray], ...] = ([], [])
    weights: tuple[list[NDArray], ...] = ([], [])
    for index, tracklet in enumerate(split):
        frames = load_frames(tracklet, range(len(tracklet)), height=CROP[0], width=CROP[1])
        rng = np.random.default_rng([seed, index])
        passer = _passer(split, pids, index)
        hidden = torch.cat([hide_run(run, passer, rng) for run in frames.split(RUN)])
        for which, shown in enumerate((frames, hidden)):
            clips = _resized(shown, embedder.input_size)[:, None]
            for found, each in zip((features, weights), embedder.embed_clips(clips), strict=True):
                found[which].append(each)
            pixels[which].append(_resized(shown, size))
    return {
        "pixels": torch.stack([torch.cat(each) for each in pixels]).numpy(),
        "features": np.stack([np.concatenate(each) for each in features]),
        "weights": np.stack([np.concatenate(each) for each in weights]),
        "visibility": np.concatenate([visible[each.tracklet_id] for each in split]),
        "tracklet": np.repeat(np.arange(len(split)), [len(each) for each in split]),
        "pids": pids,
    }


def _passer(split: list[Tracklet], pids: NDArray[np.int64], index: int) -> Passer:
    others = np.flatnonzero(pids != pids[index])

    def passer(rng: np.random.Generator) -> Tensor:
        other = split[rng.choice(others)]
        return load_frames(other, [int(rng.integers(len(other)))], height=CROP[0], width=CROP[1])

    return passer


def _resized(frames: Tensor, size: tuple[int, int]) -> Tensor:
    if tuple(frames.shape[2:]) == size:
        return frames
    return F.interpolate(frames, size=size, mode="bilinear", antialias=True)
