from __future__ import annotations

import io
import os
import pickle
import struct
import subprocess
import time
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageOps

from tacan.errors import CropError
from tacan.images import read as crops
from tacan.images.read import decode_crop, image_suffixes, read_crop

ENCODINGS = [
    ("JPEG", {}),
    ("JPEG", {"progressive": True}),
    ("JPEG", {"subsampling": 0, "quality": 95}),
    ("JPEG", {"subsampling": 1, "optimize": True}),
    ("PNG", {}),
    ("WEBP", {"lossless": True}),
    ("BMP", {}),
    ("TIFF", {"compression": "tiff_lzw"}),
    ("PPM", {}),
]
SIZES = [(1, 1), (2, 3), (64, 32), (129, 63)]


def colours(height: int, width: int, channels: int = 3) -> np.ndarray:
    """Smooth and sharp at once, so that every step of a decoder has something to do."""
    rng = np.random.default_rng(height * 1000 + width)
    rows = np.linspace(0, 200, height)[:, None, None]
    noise = rng.integers(0, 56, (height, width, channels))
    return (rows + noise).astype(np.uint8)


def encode(image: Image.Image, kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def write(folder: Path, data: bytes) -> Path:
    path = folder / "crop of 人.jpg"
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(("kind", "options"), ENCODINGS)
def test_pixels_equal_pillows(
    tmp_path: Path, kind: str, options: dict[str, object], size: tuple[int, int]
) -> None:
    path = write(tmp_path, encode(Image.fromarray(colours(*size)), kind, **options))
    read = read_crop(path)
    with Image.open(path) as image:
        expected = np.asarray(image.convert("RGB"))
    assert read.shape == (*size, 3)
    assert read.dtype == np.uint8
    assert read.flags.c_contiguous
    np.testing.assert_array_equal(read, expected)


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_grey_becomes_three_equal_channels(tmp_path: Path, kind: str) -> None:
    grey = colours(20, 10, 1)[..., 0]
    read = read_crop(write(tmp_path, encode(Image.fromarray(grey), kind, quality=95)))
    assert read.shape == (20, 10, 3)
    assert (read == read[..., :1]).all()
    assert np.abs(read[..., 0].astype(int) - grey).max() <= (0 if kind == "PNG" else 24)


def test_transparency_lies_over_white(tmp_path: Path) -> None:
    pixels = np.zeros((3, 2, 4), dtype=np.uint8)
    pixels[..., :3] = (200, 100, 0)
    pixels[..., 3] = [[255, 255], [0, 0], [128, 128]]
    read = read_crop(write(tmp_path, encode(Image.fromarray(pixels), "PNG")))
    assert read[0, 0].tolist() == [200, 100, 0]
    assert read[1, 0].tolist() == [255, 255, 255]
    exact = 255 - (255 - np.array([200, 100, 0])) * 128 / 255
    assert np.abs(read[2, 0] - exact).max() <= 1


def test_palette_with_a_transparent_entry(tmp_path: Path) -> None:
    image = Image.new("P", (2, 1))
    image.putpalette([10, 20, 30, 40, 50, 60])
    image.putpixel((1, 0), 1)
    read = read_crop(write(tmp_path, encode(image, "PNG", transparency=1)))
    assert read.tolist() == [[[10, 20, 30], [255, 255, 255]]]


def test_grey_with_alpha_and_bilevel(tmp_path: Path) -> None:
    grey = Image.new("LA", (2, 2), (90, 0))
    assert (read_crop(write(tmp_path, encode(grey, "PNG"))) == 255).all()
    assert (read_crop(write(tmp_path, encode(Image.new("1", (9, 3), 1), "PNG"))) == 255).all()


def test_cmyk_jpeg_equals_pillows(tmp_path: Path) -> None:
    image = Image.fromarray(colours(40, 20)).convert("CMYK")
    path = write(tmp_path, encode(image, "JPEG"))
    with Image.open(path) as opened:
        assert opened.mode == "CMYK"
        expected = np.asarray(opened.convert("RGB"))
    np.testing.assert_array_equal(read_crop(path), expected)


def test_sixteen_bits_keep_the_upper_eight(tmp_path: Path) -> None:
    values = np.array([[0, 255, 256, 0x1234], [0x8000, 0xFEFF, 0xFF00, 0xFFFF]], dtype=np.uint16)
    read = read_crop(write(tmp_path, encode(Image.fromarray(values), "PNG")))
    np.testing.assert_array_equal(read[..., 0], values >> 8)
    np.testing.assert_array_equal(read[..., 2], values >> 8)


def test_pixels_that_are_fractions_are_refused(tmp_path: Path) -> None:
    image = Image.fromarray(np.full((2, 2), 0.5, dtype=np.float32))
    with pytest.raises(CropError, match="fractions"):
        read_crop(write(tmp_path, encode(image, "TIFF")))


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_orientation_is_obeyed(tmp_path: Path, kind: str, orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored = Image.fromarray(colours(30, 10))
    options = {"lossless": True} if kind == "WEBP" else {}
    path = write(tmp_path, encode(stored, kind, exif=exif, **options))
    read = read_crop(path)
    with Image.open(path) as image:
        expected = np.asarray(ImageOps.exif_transpose(image).convert("RGB"))
    assert read.shape == ((30, 10, 3) if orientation < 5 else (10, 30, 3))
    assert read.flags.c_contiguous
    np.testing.assert_array_equal(read, expected)


def test_a_cmyk_jpeg_is_turned_once(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    image = Image.fromarray(colours(40, 20)).convert("CMYK")
    path = write(tmp_path, encode(image, "JPEG", exif=exif))
    with Image.open(path) as opened:
        expected = np.asarray(ImageOps.exif_transpose(opened).convert("RGB"))
    np.testing.assert_array_equal(read_crop(path), expected)


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_rubbish_for_an_orientation_leaves_the_picture_as_it_is(tmp_path: Path, kind: str) -> None:
    for rubbish in (b"Exif\0\0", b"Exif\0\0MM\0*\xff\xff\xff\xff", b"Exif\0\0" + bytes(40)):
        read = read_crop(write(tmp_path, encode(Image.new("RGB", (3, 9)), kind, exif=rubbish)))
        assert read.shape == (9, 3, 3)
    exif = Image.Exif()
    exif[0x0112] = 99
    read = read_crop(write(tmp_path, encode(Image.new("RGB", (3, 9)), kind, exif=exif)))
    assert read.shape == (9, 3, 3)


@pytest.mark.parametrize(("kind", "options"), [e for e in ENCODINGS if e[0] in ("JPEG", "PNG")])
def test_a_file_cut_off_anywhere_is_refused(
    tmp_path: Path, kind: str, options: dict[str, object]
) -> None:
    data = encode(Image.fromarray(colours(40, 20)), kind, **options)
    tail = range(len(data) - 64, len(data))
    for length in [*range(1, len(data) - 64, 37), *tail]:
        with pytest.raises(CropError):
            read_crop(write(tmp_path, data[:length]))


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_garbage_in_the_middle_is_an_error_or_an_image(tmp_path: Path, kind: str) -> None:
    data = encode(Image.fromarray(colours(40, 20)), kind)
    rng = np.random.default_rng(0)
    refused = 0
    for _ in range(200):
        damaged = bytearray(data)
        for place in rng.integers(2, len(data), 5):
            damaged[place] = int(rng.integers(256))
        try:
            read_crop(write(tmp_path, bytes(damaged)))
        except CropError:
            refused += 1
    assert refused > 50


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "0 bytes"),
        (b"hello, I am a text file\n", "must be an image"),
        (b"\xff\xd8\xff\xe0", "whole image"),
        (b"%PDF-1.7 " + bytes(100), "must be an image"),
        (b"\x80\x04\x95" + bytes(50), "must be an image"),
    ],
)
def test_what_is_no_image_is_refused(tmp_path: Path, data: bytes, said: str) -> None:
    with pytest.raises(CropError, match=said) as caught:
        read_crop(write(tmp_path, data))
    assert "crop of 人.jpg" in str(caught.value)
    assert caught.value.remedy


def test_missing_files_and_folders(tmp_path: Path) -> None:
    with pytest.raises(CropError, match="No such file"):
        read_crop(tmp_path / "absent.jpg")
    with pytest.raises(CropError, match="directory"):
        read_crop(tmp_path)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "BMP"])
def test_huge_images_are_refused_before_they_are_decoded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    path = write(tmp_path, encode(Image.fromarray(colours(50, 21)), kind))
    monkeypatch.setattr(crops, "MAX_CROP_PIXELS", 50 * 21)
    read_crop(path)
    monkeypatch.setattr(crops, "MAX_CROP_PIXELS", 50 * 21 - 1)
    with pytest.raises(CropError, match="50 high, 21 wide"):
        read_crop(path)


def test_a_bomb_is_refused(tmp_path: Path) -> None:
    header = bytearray(encode(Image.new("L", (1, 1)), "BMP"))
    header[18:26] = (60_000).to_bytes(4, "little") * 2
    with pytest.raises(CropError, match="must not exceed"):
        read_crop(write(tmp_path, bytes(header)))


@pytest.mark.parametrize("size", [(1, 49_999_999), (49_999_999, 1), (30_001, 1)])
def test_endless_lines_are_refused_before_they_are_decoded(
    tmp_path: Path, size: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    def decode(*_: object) -> None:
        raise AssertionError("decoded")

    data = bytearray(encode(Image.new("L", (1, 1)), "PNG"))
    data[16:24] = struct.pack(">II", *size)
    data[29:33] = struct.pack(">I", zlib.crc32(data[12:29]))
    monkeypatch.setattr(Image.Image, "load", decode)
    with pytest.raises(CropError, match="30,000 on a side"):
        read_crop(write(tmp_path, bytes(data)))


def test_large_pictures_are_decoded_one_at_a_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now, most = 0, 0
    real = crops._to_rgb

    def counting(image: Image.Image) -> np.ndarray:
        nonlocal now, most
        now += 1
        most = max(most, now)
        time.sleep(0.01)
        pixels = real(image)
        now -= 1
        return pixels

    monkeypatch.setattr(crops, "_to_rgb", counting)
    monkeypatch.setattr(crops, "LARGE_PIXELS", 20 * 10 - 1)
    path = write(tmp_path, encode(Image.fromarray(colours(20, 10)), "PNG"))
    with ThreadPoolExecutor(4) as pool:
        read = list(pool.map(read_crop, [path] * 8))
    assert most == 1
    assert all((pixels == colours(20, 10)).all() for pixels in read)


EPS = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\nshowpage\n%%EOF\n"


@pytest.mark.parametrize("kind", ["EPS", "TGA", "PCX", "ICO", "SGI", "DDS"])
def test_other_formats_than_those_allowed_are_refused_whatever_their_name(
    tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def start(*command: object, **_: object) -> None:
        raise AssertionError(f"started {command}")

    monkeypatch.setattr(subprocess, "Popen", start)
    data = EPS if kind == "EPS" else encode(Image.new("RGB", (20, 20)), kind)
    with pytest.raises(CropError, match="must be an image"):
        read_crop(write(tmp_path, data))


@pytest.mark.fuzz
@given(st.binary(max_size=300), st.sampled_from(ENCODINGS), st.data())
@settings(max_examples=300, deadline=None)
def test_any_bytes_are_a_picture_or_a_crop_error(
    junk: bytes, encoding: tuple[str, dict[str, object]], chosen: st.DataObject
) -> None:
    """Whole junk, and a picture of each format with junk in it somewhere."""
    kind, options = encoding
    whole = encode(Image.fromarray(colours(12, 7)), kind, **options)
    place = chosen.draw(st.integers(0, len(whole)))
    for data in (junk, whole[:place] + junk[:8] + whole[place + len(junk[:8]) :]):
        try:
            pixels = decode_crop(Path("crop.jpg"), data)
        except CropError:
            continue
        assert pixels.dtype == np.uint8
        assert pixels.ndim == 3
        assert pixels.shape[2] == 3


def test_huge_files_are_refused_before_they_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(crops, "MAX_CROP_BYTES", 10)
    with pytest.raises(CropError, match="10 bytes"):
        read_crop(write(tmp_path, bytes(11)))


def test_the_error_survives_the_way_back_from_a_worker(tmp_path: Path) -> None:
    with pytest.raises(CropError) as caught:
        read_crop(tmp_path / "absent.jpg")
    again = pickle.loads(pickle.dumps(caught.value))
    assert str(again) == str(caught.value)


def test_suffixes_are_those_that_open() -> None:
    assert {".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif"} <= image_suffixes()
    assert not {".eps", ".ps", ".txt", ".pdf", ".mat", ".npz"} & image_suffixes()


def test_pipes_and_devices_are_refused_at_once(tmp_path: Path) -> None:
    """Reading them would wait, or go on, for ever."""
    os.mkfifo(tmp_path / "pipe.jpg")
    (tmp_path / "device.jpg").symlink_to("/dev/zero")
    for name in ("pipe.jpg", "device.jpg"):
        with pytest.raises(CropError, match=f"{name}: neither a file nor a link to one"):
            read_crop(tmp_path / name)
    with pytest.raises(CropError, match="null byte"):
        read_crop(tmp_path / "a\0b.jpg")
