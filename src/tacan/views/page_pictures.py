"""Pictures as they stand in a page: small, and within it."""

from __future__ import annotations

from base64 import b64encode

import numpy as np
from numpy.typing import NDArray

__all__ = ["jpeg_address", "shrunk"]

JPEG_QUALITY = 85


def shrunk(picture: NDArray[np.uint8], *, height: int) -> NDArray[np.uint8]:
    """A picture [H, W, 3] that is at most `height` pixels high, in its own shape."""
    from PIL import Image

    tall, wide = picture.shape[:2]
    if tall <= height:
        return picture
    size = (max(1, round(wide * height / tall)), height)
    return np.asarray(Image.fromarray(picture).resize(size, Image.Resampling.LANCZOS))


def jpeg_address(picture: NDArray[np.uint8]) -> str:
    """A picture [H, W, 3] as the address of an image that holds it."""
    import simplejpeg

    jpeg = simplejpeg.encode_jpeg(np.ascontiguousarray(picture), quality=JPEG_QUALITY)
    return f"data:image/jpeg;base64,{b64encode(jpeg).decode()}"
