"""Pictures for networks: place, colours, range, and the way of a box back into the picture."""

from __future__ import annotations

import numpy as np
import pytest

from tacan.video.detectors.picture_input import (
    CELL,
    IMAGENET_MEAN,
    IMAGENET_STD,
    PictureInput,
    input_size,
)

WIDTH, HEIGHT = 64, 96


def picture(width: int, height: int) -> np.ndarray:
    image = np.zeros((height, width, 3), np.uint8)
    image[..., 0], image[..., 1], image[..., 2] = 10, 20, 30
    return image


def test_the_image_is_scaled_into_the_corner_in_bgr_on_grey() -> None:
    fit = PictureInput("corner", "bgr", 255).fit
    pixels, place = fit(picture(128, 48), width=WIDTH, height=HEIGHT)
    assert place.scale == 0.5
    assert pixels.shape == (1, 3, HEIGHT, WIDTH)
    assert pixels.dtype == np.float32
    for channel, value in enumerate((30, 20, 10)):
        assert (pixels[0, channel, :24] == value).all()
    assert (pixels[0, :, 24:] == 114).all()


def test_the_image_is_scaled_into_the_middle_in_rgb_from_0_to_1() -> None:
    pixels, place = PictureInput("centre").fit(picture(128, 48), width=WIDTH, height=HEIGHT)
    assert (place.left, place.top, place.scale) == (0, 36, 0.5)
    for channel, value in enumerate((10, 20, 30)):
        np.testing.assert_allclose(pixels[0, channel, 36:60], value / 255, rtol=1e-6)
    np.testing.assert_allclose(pixels[0, :, :36], 114 / 255, rtol=1e-6)
    np.testing.assert_allclose(pixels[0, :, 60:], 114 / 255, rtol=1e-6)


def test_the_image_is_stretched_and_normalised_as_imagenet() -> None:
    fit = PictureInput("stretch", imagenet=True).fit
    pixels, place = fit(picture(128, 48), width=WIDTH, height=HEIGHT)
    assert place.scale is None
    colours = np.array([10, 20, 30], np.float32) / 255
    expected = (colours - IMAGENET_MEAN) / IMAGENET_STD
    for channel in range(3):
        np.testing.assert_allclose(pixels[0, channel], expected[channel], rtol=1e-5)


@pytest.mark.parametrize("place", ["corner", "centre", "stretch"])
@pytest.mark.parametrize("size", [(128, 48), (30, 200), (64, 96), (1, 1)])
def test_a_box_of_the_whole_image_comes_back(place: str, size: tuple[int, int]) -> None:
    width, height = size
    image = np.full((height, width, 3), 255, np.uint8)
    pixels, where = PictureInput(place, white=255).fit(image, width=WIDTH, height=HEIGHT)
    rows, columns = np.nonzero((pixels[0] == 255).all(axis=0))
    box = np.array([[columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]], np.float32)
    whole = np.array([[0, 0, width, height]], np.float32)
    # The scaled image is a whole number of pixels high and wide.
    slack = 0 if where.scale is None else 0.51 / where.scale
    np.testing.assert_allclose(where.from_pixels(box), whole, atol=slack + 1e-4)
    shares = box / np.array([WIDTH, HEIGHT] * 2, np.float32)
    np.testing.assert_allclose(where.from_shares(shares), where.from_pixels(box), atol=1e-3)


def test_the_part_of_an_input_that_a_picture_fills() -> None:
    assert input_size(480, 640, largest=(640, 640)) == (480, 640)
    assert input_size(640, 360, largest=(640, 640)) == (640, 384)
    assert input_size(1080, 1920, largest=(416, 416)) == (256, 416)
    assert input_size(1080, 1920, largest=(384, 640)) == (384, 640)
    assert input_size(300, 300, largest=(384, 640)) == (384, 384)


@pytest.mark.parametrize("place", ["corner", "centre"])
def test_the_part_holds_whole_cells_and_the_whole_picture(place: str) -> None:
    fit = PictureInput(place).fit
    for height, width in ((1, 5000), (7, 3), (1080, 1920), (480, 640), (333, 500)):
        part = input_size(height, width, largest=(320, 320))
        assert all(side % CELL == 0 and CELL <= side <= 320 for side in part)
        image = np.zeros((height, width, 3), np.uint8)
        _, whole = fit(image, width=320, height=320)
        _, filled = fit(image, width=part[1], height=part[0])
        assert filled.scale == pytest.approx(whole.scale, rel=2e-3)
