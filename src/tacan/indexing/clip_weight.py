"""The clip weight that a frozen encoder gets in a gallery when nobody names one."""

from __future__ import annotations

from pathlib import Path

from tacan.embeddings.open import FROZEN
from tacan.embeddings.weighted import NO_CLIP_WEIGHT
from tacan.errors import GalleryError
from tacan.gallery.opening import gallery_exists, open_gallery

__all__ = ["LENT", "usual_clip_weight"]

LENT = "visibility"
"""What is lent in a new gallery. Where nobody was hidden it cost .1 of mAP at most
(`experiments/weight_model`)."""


def usual_clip_weight(gallery: Path, model: str) -> str:
    """The clip weight for `model` in the gallery in a folder: its own, or `LENT` for a new one.

    It is `none` for models of our own, which bring theirs, where the gallery has none, and where it
    can't be read (opening it to write says what is wrong).
    """
    if model.partition(":")[0] not in FROZEN:
        return NO_CLIP_WEIGHT
    if not gallery_exists(gallery):
        return LENT
    try:
        with open_gallery(gallery) as opened:
            return opened.model.clip_weight
    except GalleryError:
        return NO_CLIP_WEIGHT
