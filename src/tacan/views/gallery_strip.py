"""A tracklet of the gallery as something to look at."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tacan.errors import CropError
from tacan.images.read import read_crop
from tacan.search.pictures import Strip, encode_picture, spread

if TYPE_CHECKING:
    from tacan.gallery import Gallery

__all__ = ["read_strip"]


def read_strip(gallery: Gallery, tracklet_id: int) -> Strip:
    """The crops of a tracklet in the order of time, and the weights of its clips.

    At most `MAX_PICTURES` crops are taken, evenly spread. A crop that is missing or damaged is
    left out and counted: an answer without a picture is still an answer.
    """
    trajectory = gallery.trajectory(tracklet_id)
    crops = gallery.crops(tracklet_id)
    pictures, n_missing = [], 0
    for place in spread(len(crops)):
        crop = crops[place]
        try:
            pictures.append(encode_picture(read_crop(crop.path), frame=crop.frame))
        except CropError:
            n_missing += 1
    return Strip(
        pictures=tuple(pictures),
        clip_frames=trajectory.clip_frames,
        clip_weights=trajectory.clip_weights,
        n_missing=n_missing,
    )
