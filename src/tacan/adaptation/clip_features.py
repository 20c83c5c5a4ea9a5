"""What a model sees of clips, before it weighs them: as they are, and hidden on purpose.

It is computed once, kept on the disk as it comes, and gone on with after an interruption.

Legend: N tracklets, M clips at most, V ways of hiding, d feature size, D embedding size, T frames,
H x W pixels.
"""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from tacan.adaptation.footage import MOST_CLIPS, Footage
from tacan.clips.hiding import hide_run
from tacan.embeddings.embedder import exact_arithmetic
from tacan.files import atomic_path
from tacan.images.resize import load_frames
from tacan.model import ModelFolder, Tacan
from tacan.progress import Progress, silent

__all__ = ["N_HIDDEN", "ClipFeatures", "clip_features"]

N_HIDDEN = 2
"""V: each clip is hidden so often, by other means: once to learn from, once to judge by."""
RUN = 4
"""Frames that follow each other are hidden in one way, so many at a time."""
TRACKLETS_A_PART = 16
CLIPS_AT_ONCE = 64


@dataclass(frozen=True, eq=False)
class ClipFeatures:
    """The clips of N tracklets in the order of time; zeros where a tracklet has fewer than M."""

    clean: Tensor
    """float32 [N, M, d]"""
    hidden: Tensor
    """float32 [N, V, M, d]"""
    mask: Tensor
    """bool [N, M]: which clips are there."""


def clip_features(
    footage: Footage, saved: ModelFolder, folder: Path, *, seed: int, progress: Progress = silent
) -> ClipFeatures:
    """The features of all clips of the footage, in parts in `folder`.

    The same call goes on where it was interrupted; whoever calls makes sure that footage, model and
    seed are the same. Progress is in tracklets. Raises `CropError` for a crop that is damaged,
    `StorageError`.
    """
    starts = range(0, len(footage), TRACKLETS_A_PART)
    parts: list[dict[str, np.ndarray]] = []
    for number, start in enumerate(starts):
        rows = range(start, min(start + TRACKLETS_A_PART, len(footage)))
        file = folder / f"part-{number:05d}.npz"
        part = _read(file)
        if part is None:
            looked = [_look(footage, row, saved, seed=seed) for row in rows]
            part = {name: np.stack([each[name] for each in looked]) for name in looked[0]}
            with atomic_path(file) as draft, draft.open("wb") as stream:
                np.savez(stream, allow_pickle=False, **part)
        parts.append(part)
        progress(rows.stop, len(footage))
    names = ("clean", "hidden", "mask")
    return ClipFeatures(
        *(torch.from_numpy(np.concatenate([part[name] for part in parts])) for name in names)
    )


def _read(file: Path) -> dict[str, np.ndarray] | None:
    try:
        with np.load(file) as kept:
            return dict(kept)
    except (OSError, ValueError, EOFError, zipfile.BadZipFile):
        return None


def _look(footage: Footage, row: int, saved: ModelFolder, *, seed: int) -> dict[str, np.ndarray]:
    """The arrays of `ClipFeatures` for one tracklet."""
    height, width, numbers = saved.config.height, saved.config.width, footage.frames[row]
    frames = load_frames(footage.tracklets[row], numbers.ravel(), height=height, width=width)

    def passer(rng: np.random.Generator) -> Tensor:
        other = (row + int(rng.integers(1, len(footage)))) % len(footage)
        frame = rng.choice(footage.frames[other].ravel(), size=1)
        return load_frames(footage.tracklets[other], frame, height=height, width=width)

    length = max(RUN // numbers.shape[1], 1) * numbers.shape[1]
    shown = [frames]
    for way in range(N_HIDDEN):
        rng = np.random.default_rng([seed, way, row])
        runs = [hide_run(run, passer, rng) for run in frames.split(length)]
        shown.append(torch.cat(runs))
    clips = torch.cat(shown).unflatten(0, (-1, numbers.shape[1]))
    found = _features(saved.model, clips).unflatten(0, (1 + N_HIDDEN, len(numbers)))
    padded = np.zeros((1 + N_HIDDEN, MOST_CLIPS, found.shape[-1]), np.float32)
    padded[:, : len(numbers)] = found.numpy()
    return {"clean": padded[0], "hidden": padded[1:], "mask": np.arange(MOST_CLIPS) < len(numbers)}


def _features(model: Tacan, clips: Tensor) -> Tensor:
    """Clips uint8 [n, T, 3, H, W] -> features float32 [n, d]."""
    with torch.inference_mode(), exact_arithmetic(clips.device, "32"):
        parts = [model.pool_clips(batch)[0].float() for batch in clips.split(CLIPS_AT_ONCE)]
    return torch.cat(parts)
