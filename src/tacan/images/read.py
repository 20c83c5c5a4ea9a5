"""Reading one crop, strictly: a whole image of three colours, or an error that says why not."""

from __future__ import annotations

import errno
import io
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from functools import cache
from pathlib import Path

import numpy as np
import simplejpeg
from PIL import ExifTags, Image, ImageOps

from tacan.errors import CropError
from tacan.files import read_ordinary_file

__all__ = [
    "LARGE_PIXELS",
    "MAX_CROP_BYTES",
    "MAX_CROP_PIXELS",
    "MAX_CROP_SIDE",
    "decode_crop",
    "image_suffixes",
    "read_crop",
    "read_crop_bytes",
]

MAX_CROP_PIXELS = 50_000_000
"""Larger images are refused before they are decoded: no crop of a person is that large."""

MAX_CROP_SIDE = 30_000
"""Higher or wider images are refused before they are decoded."""

LARGE_PIXELS = 4_000_000
"""Larger images are decoded one at a time, however many threads read."""

MAX_CROP_BYTES = 256 * 2**20
"""Larger files are refused before they are read."""

_JPEG_START = b"\xff\xd8\xff"
_PNG_START = b"\x89PNG\r\n\x1a\n"
_PNG_END = b"IEND\xaeB`\x82"

# Pillow knows more formats; some of them start other programs (EPS) or read other files.
_FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "GIF", "TIFF", "PPM", "JPEG2000", "AVIF")

# A JPEG's metadata precedes its pixels.
_JPEG_METADATA_BYTES = 2**18

# EXIF's number for an orientation -> the stored pixels [h, w, 3], upright.
_UPRIGHT: dict[int, Callable[[np.ndarray], np.ndarray]] = {
    2: lambda pixels: pixels[:, ::-1],
    3: lambda pixels: pixels[::-1, ::-1],
    4: lambda pixels: pixels[::-1],
    5: lambda pixels: pixels.swapaxes(0, 1),
    6: lambda pixels: np.rot90(pixels, -1),
    7: lambda pixels: pixels[::-1, ::-1].swapaxes(0, 1),
    8: lambda pixels: np.rot90(pixels),
}

_decoding_a_large_one = threading.RLock()


def read_crop(path: Path) -> np.ndarray:
    """The pixels of an image file: uint8 [h, w, 3], RGB, contiguous.

    - JPEG is decoded exactly (the slow DCT, smooth upsampling), as Pillow does.
    - Grey, palette, CMYK and other modes are converted to RGB.
    - Transparent pixels are laid over white.
    - Of 16 bits a channel the upper 8 are kept.
    - Of several pictures in one file (GIF, TIFF, APNG) the first is taken.
    - An EXIF orientation is obeyed, as viewers do: a phone's upright pictures are stored lying.

    Raises `CropError` when the file is missing, empty, not an image of one of the formats JPEG,
    PNG, WebP, BMP, GIF, TIFF, PPM, JPEG 2000 and AVIF (whatever its name ends in), larger than
    `MAX_CROP_PIXELS` or `MAX_CROP_SIDE`, or damaged; a JPEG or PNG that was cut off anywhere
    counts as damaged, even where a viewer would still show part of it.
    """
    return decode_crop(path, read_crop_bytes(path))


def decode_crop(path: Path, data: bytes) -> np.ndarray:
    """What `read_crop` gives for a file that holds `data`; `path` is for the errors' words."""
    if data.startswith(_JPEG_START):
        return _decode_jpeg(path, data)
    if data.startswith(_PNG_START) and data.rfind(_PNG_END) < 0:
        raise _damaged(path, "a PNG without its end")
    return _decode_with_pillow(path, data)


@cache
def image_suffixes() -> frozenset[str]:
    """The file endings of the formats that are read, in lower case and with their dot.

    >>> {".jpg", ".png", ".webp"} <= image_suffixes()
    True
    >>> ".eps" in image_suffixes()
    False
    """
    kinds = _formats()
    return frozenset(
        suffix for suffix, kind in Image.registered_extensions().items() if kind in kinds
    )


def read_crop_bytes(path: Path) -> bytes:
    """The content of a crop's file. Raises `CropError` if missing, empty or far too large, or if it
    is no file but a pipe or a device."""
    try:
        data = read_ordinary_file(path, at_most=MAX_CROP_BYTES)
    except OSError as error:
        is_large = error.errno == errno.EFBIG
        raise CropError(
            f"a crop's file must not exceed {MAX_CROP_BYTES:,} bytes"
            if is_large
            else "a crop must be a readable file",
            got=f"{path}: {error.strerror or error}",
            remedy="Check that this file is a crop."
            if is_large
            else "Restore the file or its permissions.",
        ) from error
    if not data:
        raise CropError(
            "a crop must be a whole image",
            got=f"{path}: 0 bytes",
            remedy="Copy the file again or remove it.",
        )
    return data


@cache
def _formats() -> tuple[str, ...]:
    """Those of `_FORMATS` that this build of Pillow can read."""
    Image.init()
    return tuple(name for name in _FORMATS if name in Image.OPEN)


def _decode_jpeg(path: Path, data: bytes) -> np.ndarray:
    try:
        height, width, colours, _ = simplejpeg.decode_jpeg_header(data)
        with _room_for(path, height=int(height), width=int(width)):
            if colours in ("CMYK", "YCCK"):
                return _decode_with_pillow(path, data)
            pixels = simplejpeg.decode_jpeg(data, colorspace="RGB", strict=True)
            upright = _UPRIGHT.get(_jpeg_orientation(data))
            return pixels if upright is None else np.ascontiguousarray(upright(pixels))
    except ValueError as error:
        raise _damaged(path, str(error)) from error


def _jpeg_orientation(data: bytes) -> int:
    """The orientation 1 to 8 in a JPEG's metadata; 1, upright, where it says nothing or rubbish."""
    # Nearly all crops end here: opening them with Pillow takes longer than decoding them.
    if (
        data.find(b"Exif\0\0", 0, _JPEG_METADATA_BYTES) < 0
        and data.find(b"tiff:Orientation", 0, _JPEG_METADATA_BYTES) < 0
    ):
        return 1
    try:
        with Image.open(io.BytesIO(data), formats=("JPEG",)) as image:
            return int(image.getexif().get(ExifTags.Base.Orientation, 1))
    except (
        Exception
    ):  # Damaged metadata are answered with errors of any kind; the pixels are whole.
        return 1


def _decode_with_pillow(path: Path, data: bytes) -> np.ndarray:
    try:
        with (
            Image.open(io.BytesIO(data), formats=_formats()) as image,
            _room_for(path, height=image.height, width=image.width),
        ):
            image.load()  # turns a TIFF, and takes the tag away
            return np.ascontiguousarray(_to_rgb(_upright(image)))
    except CropError:
        raise
    except Image.DecompressionBombError as error:
        raise _too_large(path, str(error)) from error
    except Image.UnidentifiedImageError as error:
        raise CropError(
            "a crop must be an image",
            got=f"{path}: {len(data):,} bytes of another kind",
            remedy="Save it as JPEG or PNG; or remove it, or name it with an ending that is not an "
            "image's.",
        ) from error
    except Exception as error:  # Pillow's decoders answer damaged data with errors of any kind.
        raise _damaged(path, str(error)) from error


def _upright(image: Image.Image) -> Image.Image:
    try:
        return ImageOps.exif_transpose(image)
    except Exception:  # As above.
        return image


def _to_rgb(image: Image.Image) -> np.ndarray:
    if image.mode == "I" or image.mode.startswith("I;16"):
        grey = np.asarray(image)
        if grey.min() < 0 or grey.max() > 0xFFFF:
            raise ValueError("more than 16 bits a pixel")
        return np.repeat((grey >> 8).astype(np.uint8)[..., None], 3, axis=2)
    if image.mode == "F":
        raise ValueError("pixels are fractions, whose range is unknown")
    if image.has_transparency_data:
        coloured = image.convert("RGBA")
        white = Image.new("RGBA", coloured.size, "white")
        image = Image.alpha_composite(white, coloured)
    return np.asarray(image.convert("RGB"))


def _room_for(path: Path, *, height: int, width: int) -> AbstractContextManager[object]:
    """Holds back a large picture while another is decoded. Raises `CropError` for one too large."""
    if height * width > MAX_CROP_PIXELS or max(height, width) > MAX_CROP_SIDE:
        raise _too_large(path, f"{height:,} high, {width:,} wide")
    return _decoding_a_large_one if height * width > LARGE_PIXELS else nullcontext()


def _too_large(path: Path, size: str) -> CropError:
    return CropError(
        f"a crop must not exceed {MAX_CROP_PIXELS:,} pixels, nor {MAX_CROP_SIDE:,} on a side",
        got=f"{path}: {size}",
        remedy="Check that this file is a crop, or scale it down.",
    )


def _damaged(path: Path, fault: str) -> CropError:
    return CropError(
        "a crop must be a whole image",
        got=f"{path}: {fault.rstrip('.')}",
        remedy="The file is truncated or damaged: copy it again or remove it.",
    )
