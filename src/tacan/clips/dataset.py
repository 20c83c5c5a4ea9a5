"""What training sees of a tracklet: m clips of T frames and a label."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset

from tacan.clips.identity_sampler import Draw
from tacan.clips.images import load_frames
from tacan.clips.sampling import find_sampling
from tacan.clips.split import check_sizes
from tacan.clips.transforms import ClipAugmentation
from tacan.errors import ConfigError, TacanError
from tacan.records import Tracklet

__all__ = ["TrainingClips", "as_raised_in_worker"]


class TrainingClips(Dataset[tuple[Tensor, int]]):
    """Tracklets as training items, indexed by the draws of an `IdentityBatchSampler`.

    Everything random in an item (which frames, which augmentation) comes from its draw's seed, so
    the same draw gives the same item in any worker and after any stop. Each of the m clips has an
    augmentation of its own, shared by its T frames.

    Parameters
    ----------
    tracklets, labels
        One label for each tracklet: its class, from 0.
    height, width, clip_len, n_clips
        H, W, T, m.
    sampling
        A name in `tacan.clips.sampling.SAMPLINGS`.
    augmentation
        None leaves the frames as they are.

    Raises
    ------
    ConfigError
        For an unknown sampling, sizes below 1, or labels that don't match the tracklets.
    """

    def __init__(
        self,
        tracklets: Sequence[Tracklet],
        labels: Sequence[int],
        *,
        height: int,
        width: int,
        clip_len: int,
        n_clips: int,
        sampling: str,
        augmentation: ClipAugmentation | None,
    ) -> None:
        check_sizes(n_frames=1, clip_len=clip_len, n_clips=n_clips)
        if len(tracklets) != len(labels):
            raise ConfigError(
                [f"each tracklet needs a label; got {len(labels)} for {len(tracklets)} tracklets"],
                source="the training data",
            )
        self._tracklets = tuple(tracklets)
        self._labels = tuple(int(label) for label in labels)
        self._height = height
        self._width = width
        self._clip_len = clip_len
        self._n_clips = n_clips
        self._sampling = find_sampling(sampling)
        self._augmentation = augmentation

    def __len__(self) -> int:
        return len(self._tracklets)

    def __getitem__(self, draw: Draw) -> tuple[Tensor, int]:
        """The draw's clips, uint8 [m, T, 3, H, W], and its label.

        Raises `CropError`, with the file's name, for a crop that can't be read.
        """
        tracklet = self._tracklets[draw.index]
        rng = np.random.default_rng(draw.seed)
        indices = self._sampling(len(tracklet), self._clip_len, self._n_clips, rng)
        frames = load_frames(tracklet, indices.ravel(), height=self._height, width=self._width)
        clips = frames.unflatten(0, (self._n_clips, self._clip_len))
        if self._augmentation is not None:
            seeds = rng.integers(2**63, size=self._n_clips).tolist()
            clips = torch.stack(
                [self._augmentation(clip, seed) for clip, seed in zip(clips, seeds, strict=True)]
            )
        return clips, self._labels[draw.index]


def as_raised_in_worker(error: TacanError) -> TacanError:
    """The error that a data loader's worker raised, with its own message.

    torch raises it anew in the main process with the worker's traceback as its message. An error
    that did not come from a worker is given back as it is.
    """
    if not error.rule.startswith("Caught "):
        return error
    message = error.rule.rpartition(f"{type(error).__name__}: ")[2].strip()
    return type(error)(message.removesuffix("."))
