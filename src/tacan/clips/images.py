"""Reading a tracklet's frames as one uint8 tensor of the model's input size.

Crops are resized by torch's antialiased bilinear kernel on uint8, several of one size at a time:
measured on one core from 256 x 128 to 224 x 112, 18,100 crops per second against 12,500 one by one
and 3,600 with Pillow, and within one grey level of the exact result. It obeys torch's number of
threads, which data loader workers set to one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby, islice

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from tacan.datasets.crops import read_crop
from tacan.records import Tracklet

__all__ = ["load_frames", "resize_crops"]

# Enough to make a call worth while, few enough that decoded crops take little memory.
_AT_ONCE = 16


def load_frames(
    tracklet: Tracklet, indices: Sequence[int] | NDArray[np.int64], *, height: int, width: int
) -> Tensor:
    """The frames with these numbers, resized.

    Parameters
    ----------
    tracklet
        Whose frames.
    indices
        [n] frame numbers, in any order; one that occurs several times is read once.
    height, width
        H, W.

    Returns
    -------
    uint8 [n, 3, H, W], RGB, contiguous.

    Raises
    ------
    CropError
        For a crop that can't be read, with its file name.
    """
    distinct, place = np.unique(np.asarray(indices, dtype=np.int64), return_inverse=True)
    frames = torch.empty((len(distinct), 3, height, width), dtype=torch.uint8)
    done = 0
    crops = (read_crop(tracklet.path(index)) for index in distinct.tolist())
    for batch in _batches_of_one_size(crops):
        frames[done : done + len(batch)] = resize_crops(batch, height=height, width=width)
        done += len(batch)
    if len(distinct) == len(place) and (np.diff(place) > 0).all():
        return frames
    return frames[torch.from_numpy(place)]


def resize_crops(crops: Sequence[NDArray[np.uint8]], *, height: int, width: int) -> Tensor:
    """Crops of one size (n times uint8 [h, w, 3]) to uint8 [n, 3, H, W].

    Bilinear, antialiased, the aspect ratio not kept. Crops of the right size stay bit for bit.
    """
    frames = torch.from_numpy(np.stack(crops)).permute(0, 3, 1, 2)
    if frames.shape[2:] == (height, width):
        return frames
    return F.interpolate(frames, size=(height, width), mode="bilinear", antialias=True)


def _batches_of_one_size(crops: Iterator[NDArray[np.uint8]]) -> Iterator[list[NDArray[np.uint8]]]:
    for _, same_size in groupby(crops, key=lambda crop: crop.shape):
        while batch := list(islice(same_size, _AT_ONCE)):
            yield batch
