"""Tracks become tracklets: the rules, the pictures, the order."""

from __future__ import annotations

import numpy as np
import pytest
import simplejpeg

from tacan.errors import ConfigError
from tacan.video.clip_reservoir import ClipShape
from tacan.video.tracklet_builder import TrackletBuilder
from tacan.video.tracklet_settings import TrackletSettings
from tacan.video.video_records import Detections, VideoFrame, VideoTracklet

FPS = 10.0
HEIGHT, WIDTH = 240, 320
NOISE = np.random.default_rng(0).integers(0, 255, (HEIGHT, WIDTH, 3), dtype=np.uint8)

Sight = tuple[int, tuple[float, float, float, float]]
"""(track, box) of one person in one frame."""


def run(
    sights: list[list[Sight]],
    builder: TrackletBuilder | None = None,
    *,
    image: np.ndarray = NOISE,
    fps: float = FPS,
) -> list[VideoTracklet]:
    builder = TrackletBuilder() if builder is None else builder
    done: list[VideoTracklet] = []
    for index, people in enumerate(sights):
        boxes = np.array([box for _, box in people], np.float32).reshape(-1, 4)
        found = Detections(boxes, np.full(len(people), 0.8, np.float32))
        tracks = np.array([track for track, _ in people], np.int64)
        done += builder.add(VideoFrame(index, index / fps, image), found, tracks)
    return done + builder.flush()


def walk(track: int, frame: int, *, x: float = 20, y: float = 50, speed: float = 3) -> Sight:
    return track, (x + speed * frame, y, x + speed * frame + 40, y + 100)


def test_a_walk_becomes_one_tracklet_with_all_its_boxes() -> None:
    (tracklet,) = run([[walk(7, frame)] for frame in range(40)])
    assert tracklet.number == 1
    np.testing.assert_array_equal(tracklet.frames, np.arange(40))
    np.testing.assert_allclose(tracklet.seconds, np.arange(40) / FPS)
    np.testing.assert_array_equal(tracklet.boxes[5], walk(7, 5)[1])
    np.testing.assert_allclose(tracklet.scores, 0.8)
    assert 0 < tracklet.quality < 1
    assert len(tracklet.crops) == 16


def test_crops_are_the_pixels_of_their_boxes() -> None:
    smooth = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    smooth[..., 0] = np.linspace(0, 255, WIDTH).astype(np.uint8)
    smooth[..., 2] = np.linspace(0, 255, HEIGHT).astype(np.uint8)[:, None]
    builder = TrackletBuilder(TrackletSettings(max_crops=5, jpeg_quality=95))
    (tracklet,) = run([[walk(1, frame)] for frame in range(30)], builder, image=smooth)
    assert len(tracklet.crops) == 5
    for crop in tracklet.crops:
        x1, y1, x2, y2 = crop.box.astype(int)
        np.testing.assert_array_equal(crop.box, tracklet.boxes[crop.frame])
        assert crop.seconds == crop.frame / FPS
        seen = simplejpeg.decode_jpeg(crop.jpeg, colorspace="RGB").astype(int)
        assert seen.shape == (y2 - y1, x2 - x1, 3)
        assert np.abs(seen - smooth[y1:y2, x1:x2]).mean() < 4


def test_a_lower_jpeg_quality_is_smaller() -> None:
    sizes = []
    for quality in (95, 40):
        (tracklet,) = run(
            [[walk(1, frame)] for frame in range(10)],
            TrackletBuilder(TrackletSettings(jpeg_quality=quality)),
        )
        sizes.append(sum(len(crop.jpeg) for crop in tracklet.crops))
    assert sizes[1] < sizes[0] / 2


def test_a_jump_makes_two_people_of_one_track() -> None:
    sights = [[walk(1, frame, speed=1)] for frame in range(20)]
    sights += [[walk(1, frame, x=220, speed=1)] for frame in range(20)]
    first, second = run(sights)
    assert (first.number, second.number) == (1, 2)
    assert first.frames.tolist() == list(range(20))
    assert second.frames.tolist() == list(range(20, 40))


def test_a_sudden_growth_is_a_jump() -> None:
    sights = [[(1, (100, 80, 120, 130))] for _ in range(10)]
    sights += [[(1, (90, 20, 140, 150))] for _ in range(10)]
    assert len(run(sights)) == 2
    patient = TrackletBuilder(max_growth=4, max_speed=20)
    assert len(run(sights, patient)) == 1


@pytest.mark.parametrize(("hidden", "n"), [(5, 1), (40, 2)])
def test_a_long_absence_ends_a_tracklet(hidden: int, n: int) -> None:
    sights = [[walk(1, frame, speed=0)] for frame in range(10)]
    sights += [[]] * hidden + [[walk(1, 0, speed=0)] for _ in range(10)]
    assert len(run(sights)) == n


def test_a_tracklet_comes_out_as_soon_as_it_has_ended() -> None:
    builder = TrackletBuilder()
    early = []
    for index in range(60):
        people = [walk(1, index, speed=1)] if index < 20 else []
        boxes = np.array([box for _, box in people], np.float32).reshape(-1, 4)
        found = Detections(boxes, np.ones(len(people), np.float32))
        early += builder.add(
            VideoFrame(index, index / FPS, NOISE), found, np.ones(len(people), np.int64)
        )
    assert len(early) == 1
    assert builder.flush() == []


@pytest.mark.parametrize(
    ("rules", "kept"),
    [
        (TrackletSettings(min_frames=20), 1),
        (TrackletSettings(min_frames=21), 0),
        (TrackletSettings(min_seconds=1.9), 1),
        (TrackletSettings(min_seconds=2.0), 0),
        (TrackletSettings(min_height=100), 1),
        (TrackletSettings(min_height=101), 0),
        (TrackletSettings(min_sharpness=1), 1),
        (TrackletSettings(min_sharpness=1000), 0),
        (TrackletSettings(min_seconds=0, max_seconds=0.95, min_frames=1), 2),
    ],
)
def test_rules_for_length_size_and_sharpness(rules: TrackletSettings, kept: int) -> None:
    tracklets = run([[walk(1, frame, speed=1)] for frame in range(20)], TrackletBuilder(rules))
    assert [tracklet.number for tracklet in tracklets] == list(range(1, kept + 1))


def lengths(sights: list[list[Sight]], *, fps: float = 8, **settings: float) -> list[int]:
    """Lengths of the tracklets at a rate whose times are exact in binary."""
    builder = TrackletBuilder(TrackletSettings(min_frames=1, min_seconds=0, **settings))
    return [len(tracklet) for tracklet in run(sights, builder, fps=fps)]


@pytest.mark.parametrize(("hidden", "expected"), [(95, [8]), (96, [4, 4])])
def test_the_border_of_an_absence(hidden: int, expected: list[int]) -> None:
    """A track that is not seen for more than max_lost_seconds and a half has ended."""
    seen = [[walk(1, 0)]] * 4
    assert lengths([*seen, *[[]] * hidden, *seen], fps=64, max_lost_seconds=1.0) == expected


@pytest.mark.parametrize(("moved", "expected"), [(87.5, [8]), (87.75, [4, 4])])
def test_the_border_of_a_jump(moved: float, expected: list[int]) -> None:
    """Half a height and three heights a second: 50 + 300 / 8 pixels at a height of 100."""
    sights = [[walk(1, 0)]] * 4 + [[walk(1, 0, x=20 + moved)]] * 4
    assert lengths(sights) == expected


@pytest.mark.parametrize(("height", "expected"), [(180, [8]), (181, [4, 4])])
@pytest.mark.parametrize("shrinks", [False, True])
def test_the_border_of_growth(height: int, expected: list[int], shrinks: bool) -> None:
    small, tall = (1, (50, 20, 90, 120)), (1, (50, 20, 90, 20 + height))
    sights: list[list[Sight]] = [[small]] * 4 + [[tall]] * 4
    assert lengths(sights[::-1] if shrinks else sights) == expected


def test_the_border_of_the_longest_tracklet() -> None:
    sights = [[walk(1, 0)]] * 20
    assert lengths(sights, max_seconds=1.0) == [9, 9, 2]


def test_the_borders_of_what_is_kept() -> None:
    sights = [[walk(1, 0)]] * 9
    (tracklet,) = run(sights)
    sharpest = max(crop.sharpness for crop in tracklet.crops)
    assert lengths(sights, min_sharpness=sharpest) == [9]
    assert lengths(sights, min_sharpness=np.nextafter(sharpest, 1e9)) == []
    assert lengths(sights, min_height=100.0) == [9]
    assert lengths(sights, min_height=100.001) == []
    settings = TrackletSettings(min_frames=9, min_seconds=1.0)
    assert len(run(sights, TrackletBuilder(settings), fps=8)) == 1
    assert len(run(sights[1:], TrackletBuilder(settings), fps=8)) == 0


@pytest.mark.parametrize(("side", "n"), [(1.0, 1), (0.75, 0)])
def test_a_box_must_be_a_pixel_wide_and_high(side: float, n: int) -> None:
    for box in ((20, 50, 20 + side, 150), (20, 50, 60, 50 + side)):
        builder = TrackletBuilder(TrackletSettings(min_height=0))
        assert len(run([[(1, box)]] * 9, builder)) == n


def test_dropped_tracks_leave_no_hole_in_the_numbers() -> None:
    sights = [[walk(1, frame, speed=1)] for frame in range(3)] + [[]] * 20
    sights += [[walk(2, frame, speed=1)] for frame in range(20)]
    (tracklet,) = run(sights)
    assert tracklet.number == 1


def test_numbers_go_by_first_frame_where_people_leave_together() -> None:
    sights = [
        [walk(9, frame, x=10, speed=1)] + ([walk(4, frame, x=200, speed=1)] if frame > 3 else [])
        for frame in range(20)
    ]
    first, second = run(sights)
    assert (first.frames[0], second.frames[0]) == (0, 4)


def test_the_order_of_detections_does_not_matter() -> None:
    sights = [[walk(1, frame, speed=1), walk(2, frame, x=150, speed=1)] for frame in range(20)]
    turned = [people[::-1] for people in sights]
    for left, right in zip(run(sights), run(turned), strict=True):
        np.testing.assert_array_equal(left.boxes, right.boxes)
        assert [c.jpeg for c in left.crops] == [c.jpeg for c in right.crops]
        assert left.quality == right.quality


def test_boxes_are_clipped_to_the_frame_and_those_outside_are_dropped() -> None:
    sights: list[list[Sight]] = [
        [(1, (-20, -10, 30, 90)), (2, (-50, 10, -10, 90))] for _ in range(12)
    ]
    (tracklet,) = run(sights)
    np.testing.assert_array_equal(tracklet.boxes[0], [0, 0, 30, 90])


def test_detections_without_a_track_are_nobody() -> None:
    assert run([[walk(-1, frame)] for frame in range(20)]) == []


def test_nobody_at_all() -> None:
    assert run([[] for _ in range(20)]) == []


def test_memory_does_not_grow_with_a_long_track() -> None:
    builder = TrackletBuilder(TrackletSettings(max_crops=4))
    box = np.array([[20, 20, 60, 120]], np.float32)
    found = Detections(box, np.array([0.9], np.float32))
    for index in range(500):
        builder.add(VideoFrame(index, index / FPS, NOISE), found, np.array([1]))
        assert all(len(run.crops._bins) <= 8 for run in builder._running.values())


def test_wrong_settings_are_refused() -> None:
    with pytest.raises(ConfigError) as caught:
        TrackletSettings(min_frames=0, max_lost_seconds=-1, min_height=-1)
    assert len(caught.value.faults) == 3
    for wrong in ({"max_crops": 0}, {"jpeg_quality": 0}, {"jpeg_quality": 101}):
        with pytest.raises(ConfigError):
            TrackletSettings(**wrong)
    with pytest.raises(ConfigError, match="max_seconds"):
        TrackletSettings(min_seconds=2, max_seconds=1)


def test_clips_are_the_pixels_of_the_tracks_own_boxes() -> None:
    """Two people who end in one frame with one box, each in a colour of their own."""
    image = NOISE.copy()
    shape = ClipShape(clip_len=4, max_clips=2, height=300, width=300)
    builder = TrackletBuilder(clips=shape, max_speed=20)
    for index in range(12):
        image[:, :160], image[:, 160:] = 10 + index, 200 + index
        boxes = np.array([walk(9, index, x=180)[1], walk(4, index, x=20)[1]], np.float32)
        if index == 11:
            boxes[:] = (120, 50, 160, 150)
        found = Detections(boxes, np.ones(2, np.float32))
        frame = VideoFrame(index, index / FPS, image.copy())
        assert builder.add(frame, found, np.array([9, 4])) == []
    tracklets = builder.flush()
    assert [t.number for t in tracklets] == [1, 2]
    for tracklet, least in zip(tracklets, (10, 200), strict=True):
        pictures = [picture for clip in tracklet.clips for picture in clip]
        assert [picture.frame for picture in pictures] == [0, 1, 2, 3, 8, 9, 10, 11]
        assert tracklet.n_pictures == 8
        for picture in pictures[:-1]:
            assert picture.pixels.shape == (100, 40, 3)
            assert (picture.pixels == least + picture.frame).all()


def test_a_tracklet_behind_a_jump_has_clips_of_its_own() -> None:
    shape = ClipShape(clip_len=4, max_clips=None, height=300, width=300)
    sights = [[walk(1, frame, speed=1)] for frame in range(10)]
    sights += [[walk(1, frame, x=220, speed=1)] for frame in range(10)]
    first, second = run(sights, TrackletBuilder(clips=shape))
    assert [[p.frame for p in clip] for clip in first.clips] == [
        [0, 1, 2, 3], [4, 5, 6, 7], [8, 9],
    ]  # fmt: skip
    assert [p.frame for p in second.clips[0]] == [10, 11, 12, 13]
    assert run(sights)[0].clips == ()


def follow(
    scores: list[float], *, all_sure: bool = False, settings: TrackletSettings | None = None
) -> list[VideoTracklet]:
    """The tracklets of one person who is seen with these scores, ten times a second."""
    builder = TrackletBuilder(
        settings,
        clips=ClipShape(clip_len=2, max_clips=None, height=16, width=8),
        all_sure=all_sure,
    )
    done: list[VideoTracklet] = []
    for frame, score in enumerate(scores):
        found = Detections(
            np.array([walk(1, frame, speed=1)[1]], np.float32), np.array([score], np.float32)
        )
        done += builder.add(VideoFrame(frame, frame / FPS, NOISE), found, np.array([1]))
    return done + builder.flush()


def test_a_weak_end_is_left_out_with_its_pictures() -> None:
    (tracklet,) = follow([0.8] * 20 + [0.2] * 12)
    assert tracklet.frames[-1] == 19
    assert {crop.frame for crop in tracklet.crops} <= set(range(20))
    assert max(picture.frame for clip in tracklet.clips for picture in clip) <= 19


def test_what_is_weak_between_sure_sights_or_for_long_is_kept() -> None:
    (between,) = follow([0.8] * 10 + [0.2] * 12 + [0.8] * 10)
    (lasting,) = follow([0.8] * 10 + [0.2] * 30)
    (ready,) = follow([0.8] * 10 + [0.2] * 12, all_sure=True)
    assert [len(each) for each in (between, lasting, ready)] == [32, 40, 22]
    assert [pic.frame for clip in lasting.clips for pic in clip] == sorted(
        pic.frame for clip in lasting.clips for pic in clip
    )
    assert follow([0.2] * 12) == []


def test_the_borders_of_what_is_weak() -> None:
    """A second and a half after it was sure, a track that goes on weakly is believed."""
    assert [len(each) for each in follow([0.8] * 10 + [0.2] * 14)] == [10]
    assert [len(each) for each in follow([0.8] * 10 + [0.2] * 16)] == [26]
    settings = TrackletSettings(track_threshold=0.5)
    assert [len(each) for each in follow([0.5] * 10, settings=settings)] == [10]
    assert follow([0.499] * 10, settings=settings) == []
