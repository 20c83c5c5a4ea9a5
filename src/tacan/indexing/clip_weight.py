"""The clip weight that a frozen encoder gets in a gallery when nobody names one."""

from __future__ import annotations

from pathlib import Path

from tacan.embeddings.open import FROZEN
from tacan.embeddings.weighted import NO_CLIP_WEIGHT
from tacan.errors import GalleryError
from tacan.gallery.opening import gallery_exists, open_gallery

__all__ = ["clip_weight_before"]


def clip_weight_before(gallery: Path, model: str) -> str:
    """The clip weight of the gallery in a folder, for `model`.

    It is `none` where there is no gallery or none that can be read (opening it to write says what
    is wrong), where the gallery has none, and for models of our own, which bring theirs.
    """
    if model.partition(":")[0] not in FROZEN or not gallery_exists(gallery):
        return NO_CLIP_WEIGHT
    try:
        with open_gallery(gallery) as opened:
            return opened.model.clip_weight
    except GalleryError:
        return NO_CLIP_WEIGHT
