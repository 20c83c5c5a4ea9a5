"""What training sees of a tracklet: m clips of T frames and a label."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import Dataset

from tacan.clips.identity_sampler import SampledTracklet
from tacan.clips.sampling import find_sampling
from tacan.clips.split import check_sizes
from tacan.clips.transforms import ClipAugmentation
from tacan.errors import ConfigError
from tacan.images.resize import KeptFrames, load_frames
from tacan.records import Tracklet

__all__ = ["TrainingClips"]


class TrainingClips(Dataset[tuple[Tensor, int]]):
    """Tracklets as training items, indexed by the samples of an `IdentityBatchSampler`.

    Everything random in an item (which frames, which augmentation) comes from its sample's seed, so
    the same sample gives the same item in any worker and after any stop. Each of the m clips has an
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
    keep_frames
        Keep every frame that was read, resized, in memory: 3 H W bytes each. Where all of them
        fit, small crops are then served in a fraction of the time.

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
        keep_frames: bool = False,
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
        self._kept: dict[int, KeptFrames] | None = {} if keep_frames else None

    def __len__(self) -> int:
        return len(self._tracklets)

    def __getitem__(self, sample: SampledTracklet) -> tuple[Tensor, int]:
        """The sample's clips, uint8 [m, T, 3, H, W], and its label.

        Raises `CropError`, with the file's name, for a crop that can't be read.
        """
        tracklet = self._tracklets[sample.index]
        rng = np.random.default_rng(sample.seed)
        indices = self._sampling(len(tracklet), self._clip_len, self._n_clips, rng)
        frames = self._frames(sample.index, indices.ravel())
        clips = frames.unflatten(0, (self._n_clips, self._clip_len))
        if self._augmentation is not None:
            augment = self._augmentation
            clips = torch.stack([self._augmented(augment, clip, sample, rng) for clip in clips])
        return clips, self._labels[sample.index]

    def _augmented(
        self,
        augment: ClipAugmentation,
        clip: Tensor,
        sample: SampledTracklet,
        rng: np.random.Generator,
    ) -> Tensor:
        """uint8 [T, 3, H, W]; what may cover a part of it is a frame of any other tracklet."""
        seed = int(rng.integers(2**63))
        if augment.paste == 0 or len(self) < 2:
            return augment(clip, seed)
        number = (sample.index + int(rng.integers(1, len(self)))) % len(self)
        frame = rng.integers(len(self._tracklets[number]), size=1)
        return augment(clip, seed, occluder=self._frames(number, frame)[0])

    def _frames(self, number: int, indices: NDArray[np.int64]) -> Tensor:
        """These frames of tracklet `number`, uint8 [n, 3, H, W]."""
        tracklet = self._tracklets[number]
        if self._kept is None:
            return load_frames(tracklet, indices, height=self._height, width=self._width)
        kept = self._kept.get(number)
        if kept is None:
            kept = KeptFrames(tracklet, height=self._height, width=self._width)
            self._kept[number] = kept
        return kept.frames(indices)
