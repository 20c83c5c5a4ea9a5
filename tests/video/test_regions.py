"""Regions that count: from pictures and from polygons."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tacan.errors import VideoError
from tacan.video.regions import read_regions

WIDTH, HEIGHT = 200, 100


def feet(*places: tuple[float, float]) -> np.ndarray:
    """Boxes of people whose feet are there."""
    return np.array([[x - 5, y - 30, x + 5, y] for x, y in places], np.float32)


def counting(path: Path, *places: tuple[float, float]) -> list[bool]:
    regions = read_regions(path)
    return regions.counts(feet(*places), width=WIDTH, height=HEIGHT).tolist()


def polygons(folder: Path, text: str) -> Path:
    path = folder / "mask.yaml"
    path.write_text(text)
    return path


@pytest.mark.parametrize("scale", [1, 2])
@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_a_picture_counts_where_it_is_light(tmp_path: Path, mode: str, scale: int) -> None:
    pixels = np.zeros((HEIGHT * scale, WIDTH * scale), np.uint8)
    pixels[:, : 100 * scale] = 255
    Image.fromarray(pixels).convert(mode).save(tmp_path / "mask.png")
    found = counting(tmp_path / "mask.png", (20, 50), (99, 50), (101, 50), (150, 90))
    assert found == [True, True, False, False]


@pytest.mark.parametrize(
    "text",
    [
        "ignore:\n  - [[0.5, 0], [1, 0], [1, 1], [0.5, 1]]\n",
        "ignore:\n  - [[100, 0], [200, 0], [200, 100], [100, 100]]\n",
        "count:\n  - [[0, 0], [0.49, 0], [0.49, 1], [0, 1]]\n",
        '{"count": [[[0, 0], [0.49, 0], [0.49, 1], [0, 1]]], "ignore": []}',
    ],
)
def test_polygons_count_or_do_not(tmp_path: Path, text: str) -> None:
    path = polygons(tmp_path, text)
    assert counting(path, (20, 50), (95, 50), (101, 50), (150, 90)) == [True, True, False, False]


def test_what_is_ignored_lies_above_what_counts(tmp_path: Path) -> None:
    text = """
count:
  - [[0, 0], [0.5, 0], [0.5, 1], [0, 1]]
ignore:
  - [[0, 0], [0.2, 0], [0.2, 1], [0, 1]]
"""
    assert counting(polygons(tmp_path, text), (20, 50), (60, 50), (150, 50)) == [False, True, False]


def test_feet_below_the_picture_stand_at_its_edge(tmp_path: Path) -> None:
    path = polygons(tmp_path, "count:\n  - [[0, 0.8], [1, 0.8], [1, 1], [0, 1]]\n")
    assert counting(path, (20, 100), (-3, 130), (250, 99), (20, 40)) == [True, True, True, False]


def test_polygons_for_a_larger_video_are_told(tmp_path: Path) -> None:
    path = polygons(tmp_path, "count:\n  - [[0, 0], [1900, 0], [1900, 1000]]\n")
    with pytest.raises(VideoError, match="must lie in the picture"):
        counting(path, (20, 50))
    near = polygons(tmp_path, "ignore:\n  - [[100, -5], [205, -5], [205, 105], [100, 105]]\n")
    assert counting(near, (20, 50), (150, 50)) == [True, False]


def test_no_boxes(tmp_path: Path) -> None:
    path = polygons(tmp_path, "count:\n  - [[0, 0.8], [1, 0.8], [1, 1]]\n")
    assert read_regions(path).counts(np.zeros((0, 4), np.float32), width=9, height=9).shape == (0,)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", "NoneType"),
        ("- [[0, 0], [1, 1], [1, 0]]", "list"),
        ("cuont:\n  - [[0, 0], [1, 1], [1, 0]]", "cuont"),
        ("count:\n  - [[0, 0], [1, 1]]", "polygon 1 of `count`"),
        ("count:\n  - [[0, 0], [1, 1], [1, 0]]\n  - [[0, a], [1, 1], [1, 0]]", "polygon 2"),
        ("ignore: 3", "polygon 1 of `ignore`"),
        ("ignore:\n  - [[0, 0], [1, .inf], [1, 0]]", "polygon 1"),
        ("count: [", "not YAML"),
    ],
)
def test_another_content_is_told(tmp_path: Path, text: str, found: str) -> None:
    with pytest.raises(VideoError, match="light where people count") as caught:
        read_regions(polygons(tmp_path, text))
    assert found in str(caught.value)


def test_a_mask_that_is_no_mask(tmp_path: Path) -> None:
    with pytest.raises(VideoError, match="must exist"):
        read_regions(tmp_path / "none.png")
    (tmp_path / "a.png").write_bytes(b"no picture")
    with pytest.raises(VideoError, match="light where"):
        read_regions(tmp_path / "a.png")
    Image.new("L", (20, 10)).save(tmp_path / "b.png")
    with pytest.raises(VideoError, match="dark everywhere"):
        read_regions(tmp_path / "b.png")
    Image.new("L", (20, 20), 255).save(tmp_path / "c.png")
    with pytest.raises(VideoError, match="proportions"):
        counting(tmp_path / "c.png", (1, 1))
