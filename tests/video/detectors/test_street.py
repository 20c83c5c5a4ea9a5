from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from tacan.runtimes import network
from tacan.synthetic.scenes.camera_video import CameraRenderer
from tacan.synthetic.scenes.scene_settings import SceneSettings
from tacan.video.boxes import ious
from tacan.video.detect import open_detector
from tacan.video.detectors.street import POWER, open_street
from tacan.video.detectors.yolox import grid_cells


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory):
    """A generated picture, and the boxes of the people in it who are well seen."""
    settings = SceneSettings(people=6, cameras=1, seconds=4, fps=5, seed=71, height=480, width=640)
    renderer = CameraRenderer(tmp_path_factory.mktemp("scene"), settings)
    visible: list = []
    frames = list(renderer._frames(0, visible))
    clear = [each for each in visible if each.visibility > 0.8]
    best = max(range(len(frames)), key=lambda frame: sum(each.frame == frame for each in clear))
    boxes = [each.box for each in clear if each.frame == best]
    boxes = [box for box in boxes if box[0] > 0 and box[1] > 0 and box[2] < 640 and box[3] < 480]
    return frames[best], np.array(boxes, np.float32)


def test_people_in_a_generated_scene_are_found(scene) -> None:
    image, boxes = scene
    detector, fingerprint = open_street(threshold=0.3)
    assert fingerprint.startswith("street:")
    found = detector.detect_one(image)
    assert len(boxes) >= 2
    assert (ious(boxes[:, None], found.boxes[None]).max(axis=1, initial=0) > 0.5).mean() >= 0.6
    assert (found.scores >= 0.3).all()


@pytest.mark.parametrize(
    ("tall", "score", "counts"),
    [
        (200, 0.3, True),
        (130, 0.3, True),
        (126, 0.45, False),
        (126, 0.55, True),
        (66, 0.55, True),
        (62, 0.99, False),
    ],
)
def test_what_the_coarse_look_sees_of_smaller_people_counts_where_it_is_sure(
    monkeypatch: pytest.MonkeyPatch, tall: float, score: float, counts: bool
) -> None:
    detector, _ = open_street(threshold=0.2)

    def rows(pixels: np.ndarray) -> np.ndarray:
        """One box, in the middle of the coarse look at a square picture."""
        height, width = pixels.shape[2:]
        found = np.zeros((len(grid_cells(width, height)[0]), 5), np.float32)
        if height == 320:
            cell = 20 * 40 + 20
            found[cell] = (20, tall / 2, 20, tall / 2, score ** (1 / POWER))
        return found

    monkeypatch.setattr(detector, "_run", rows)
    found = detector.detect_one(np.zeros((640, 640, 3), np.uint8))
    assert len(found) == counts
    if counts:
        assert found.boxes[0, 3] - found.boxes[0, 1] == pytest.approx(2 * tall)


def test_a_tile_is_looked_at_once(scene, monkeypatch: pytest.MonkeyPatch) -> None:
    image, _ = scene
    detector, _ = open_street(threshold=0.2)
    seen: list[tuple[int, ...]] = []
    run = detector._run
    monkeypatch.setattr(
        detector, "_run", lambda pixels: (seen.append(pixels.shape), run(pixels))[1]
    )
    detector.detect_one(image)
    assert [max(shape) for shape in seen] == [640, 320]
    seen.clear()
    assert len(detector.detect_tile(image)) > 0
    assert [max(shape) for shape in seen] == [640]


def test_an_empty_picture_holds_nobody() -> None:
    detector, _ = open_street(threshold=0.3)
    assert len(detector.detect_one(np.full((300, 400, 3), 128, np.uint8))) == 0


def test_threads_and_sizes_do_not_disturb_each_other(scene) -> None:
    image, _ = scene
    detector, _ = open_street(threshold=0.2)
    pictures = [image, image[:, :300], np.ascontiguousarray(image[::-1]), image[:200]] * 3
    alone = [detector.detect_one(picture) for picture in pictures]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(detector.detect_one, pictures))
    for one, other in zip(alone, together, strict=True):
        np.testing.assert_array_equal(one.boxes, other.boxes)


def test_boxes_lie_within_the_frame_whatever_its_shape() -> None:
    rng = np.random.default_rng(0)
    detector = open_detector("street", threshold=0.01)
    for shape in ((40, 900), (900, 40), (1, 1), (33, 64)):
        [found] = detector.detect([rng.integers(0, 256, (*shape, 3), dtype=np.uint8)])
        assert (found.boxes >= 0).all()
        assert (found.boxes[:, [0, 2]] <= shape[1]).all()
        assert (found.boxes[:, [1, 3]] <= shape[0]).all()


def test_opencv_finds_the_same_as_onnxruntime(scene, monkeypatch: pytest.MonkeyPatch) -> None:
    image, _ = scene
    fast, name = open_street(threshold=0.2)
    monkeypatch.setattr(network, "find_spec", lambda package: None)
    slow, other_name = open_street(threshold=0.2)
    assert name.endswith("onnx")
    assert other_name.endswith("opencv")
    for picture in (image, image[:, :300]):
        one, other = fast.detect_one(picture), slow.detect_one(picture)
        np.testing.assert_allclose(one.boxes, other.boxes, atol=0.05)
        np.testing.assert_allclose(one.scores, other.scores, atol=1e-3)
