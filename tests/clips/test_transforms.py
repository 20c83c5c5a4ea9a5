from __future__ import annotations

import math
import random

import numpy as np
import pytest
import torch
from torchvision.transforms.v2 import functional as F

from tacan.clips.transforms import ClipAugmentation, light_curves
from tacan.errors import ConfigError


@pytest.fixture
def clip() -> torch.Tensor:
    generator = torch.Generator().manual_seed(0)
    return torch.randint(0, 256, (4, 3, 24, 12), dtype=torch.uint8, generator=generator)


ALL = ClipAugmentation(flip=0.5, pad=3, erase=0.5, colour=0.3, light=0.3, zoom=0.3)
NONE = {
    "flip": 0.0, "pad": 0, "erase": 0.0, "colour": 0.0, "light": 0.0, "zoom": 0.0, "paste": 0.0
}  # fmt: skip


def test_deterministic_in_its_seed(clip: torch.Tensor) -> None:
    original = clip.clone()
    results = [ALL(clip, seed) for seed in range(20)]
    assert all(torch.equal(ALL(clip, seed), results[seed]) for seed in range(20))
    assert len({result.numpy().tobytes() for result in results}) == 20
    assert torch.equal(clip, original)
    assert results[0].dtype == torch.uint8
    assert results[0].shape == clip.shape


def test_global_generators_stay_as_they_are(clip: torch.Tensor) -> None:
    states = torch.get_rng_state(), np.random.get_state()[1].tolist(), random.getstate()
    for seed in range(10):
        ALL(clip, seed)
    assert torch.equal(torch.get_rng_state(), states[0])
    assert np.random.get_state()[1].tolist() == states[1]
    assert random.getstate() == states[2]


def test_all_frames_are_treated_alike(clip: torch.Tensor) -> None:
    same_frames = clip[:1].expand(4, -1, -1, -1)
    for seed in range(50):
        augmented = ALL(same_frames, seed)
        assert torch.equal(augmented, augmented[:1].expand_as(augmented))


def test_without_any_part_the_clip_is_a_copy(clip: torch.Tensor) -> None:
    augmented = ClipAugmentation(**NONE)(clip, 1)
    assert torch.equal(augmented, clip)
    augmented.zero_()
    assert clip.any()


def test_flip_is_a_mirror_with_its_probability(clip: torch.Tensor) -> None:
    assert torch.equal(ClipAugmentation(**NONE | {"flip": 1.0})(clip, 0), clip.flip(-1))
    sometimes = ClipAugmentation(**NONE | {"flip": 0.3})
    flipped = sum(torch.equal(sometimes(clip, seed), clip.flip(-1)) for seed in range(400))
    assert 85 <= flipped <= 155  # 120 and nearly four standard deviations


def test_shift_equals_padding_and_cropping(clip: torch.Tensor) -> None:
    filling = clip.float().mean((0, 2, 3)).round().tolist()
    padded = F.pad(clip, [3], fill=filling)
    crops = {
        F.crop(padded, top, left, 24, 12).numpy().tobytes(): (top, left)
        for top in range(7)
        for left in range(7)
    }
    augmentation = ClipAugmentation(**NONE | {"pad": 3})
    places = {crops[augmentation(clip, seed).numpy().tobytes()] for seed in range(600)}
    assert len(places) == 49


def test_padding_larger_than_the_picture(clip: torch.Tensor) -> None:
    augmentation = ClipAugmentation(**NONE | {"pad": 200})
    filling = clip.float().mean((0, 2, 3)).round().to(torch.uint8)[:, None, None]
    assert any(torch.equal(augmentation(clip, i), filling.expand_as(clip)) for i in range(9))


def test_erasing_is_one_box_of_the_mean_colour() -> None:
    clip = torch.randint(0, 2, (4, 3, 64, 32), dtype=torch.uint8) * 255
    filling = clip.float().mean((0, 2, 3)).round().to(torch.uint8)[:, None, None]
    augmentation = ClipAugmentation(**NONE | {"erase": 1.0})
    boxes = set()
    for seed in range(100):
        augmented = augmentation(clip, seed)
        erased = (augmented != clip).flatten(0, 1).any(0)
        rows, columns = torch.where(erased)
        box = (slice(rows.min(), rows.max() + 1), slice(columns.min(), columns.max() + 1))
        assert erased[box].all()
        assert torch.equal(augmented[:, :, *box], filling.expand(4, 3, *erased[box].shape))
        assert 0.015 < erased.float().mean() < 0.32
        boxes.add((rows.min().item(), columns.min().item(), *erased[box].shape))
    assert len(boxes) > 90


def test_erasing_happens_with_its_probability(clip: torch.Tensor) -> None:
    augmentation = ClipAugmentation(**NONE | {"erase": 0.3})
    changed = sum(not torch.equal(augmentation(clip, seed), clip) for seed in range(400))
    assert 85 <= changed <= 155


def test_switching_a_part_off_changes_no_other(clip: torch.Tensor) -> None:
    without = ClipAugmentation(flip=0.5, pad=3, erase=0.0, colour=0.3)
    never = ClipAugmentation(flip=0.5, pad=3, erase=1e-12, colour=0.3)
    assert all(torch.equal(without(clip, seed), never(clip, seed)) for seed in range(20))


def test_colour_keeps_grey_level_order(clip: torch.Tensor) -> None:
    ramp = torch.arange(256, dtype=torch.uint8).reshape(1, 1, 16, 16).expand(2, 3, -1, -1)
    augmentation = ClipAugmentation(**NONE | {"colour": 0.4})
    brightness = set()
    for seed in range(30):
        augmented = augmentation(ramp, seed)
        assert (augmented[0, 0].flatten().int().diff() >= 0).all()
        brightness.add(int(augmented.float().mean()))
    assert min(brightness) < 110 < 145 < max(brightness)


@pytest.mark.parametrize("size", [(1, 1), (1, 5), (7, 1)])
def test_smallest_pictures(size: tuple[int, int]) -> None:
    clip = torch.full((2, 3, *size), 9, dtype=torch.uint8)
    always = ClipAugmentation(flip=1.0, pad=2, erase=1.0, colour=0.0)
    assert all(torch.equal(always(clip, seed), clip) for seed in range(20))


def test_faults_come_all_at_once() -> None:
    with pytest.raises(ConfigError) as caught:
        ClipAugmentation(flip=1.5, pad=-1, erase=-0.1, colour=2.0, light=-1.0, zoom=0.6, paste=2.0)
    assert len(caught.value.faults) == 7


def test_light_curves_equal_the_formula_level_by_level() -> None:
    changes = np.array([0.3, -0.2, 0.1, 0.4, -0.3, 0.25])
    curves = light_curves(changes)
    exposure, gamma = math.exp(0.3), math.exp(-0.3 * 0.6)
    contrast = math.exp(0.25 * 0.6)
    for channel, change in enumerate((-0.2, 0.1, 0.4)):
        for level in range(256):
            linear = exposure * math.exp(0.7 * change) * (level / 255) ** 2.2
            value = 0.5 + contrast * (min(max(linear, 0.0), 1.0) ** (gamma / 2.2) - 0.5)
            assert abs(curves[channel, level] - 255 * min(max(value, 0.0), 1.0)) <= 0.5 + 1e-9
    assert (light_curves(np.zeros(6)) == np.arange(256)).all()


def test_light_sends_every_channel_through_a_curve_of_its_own(clip: torch.Tensor) -> None:
    augmented = ClipAugmentation(**NONE | {"light": 0.3})(clip, 5)
    levels = [{} for _ in range(3)]
    for channel in range(3):
        before, after = clip[:, channel].flatten(), augmented[:, channel].flatten()
        for old, new in zip(before.tolist(), after.tolist(), strict=True):
            assert levels[channel].setdefault(old, new) == new
        rising = [levels[channel][level] for level in sorted(levels[channel])]
        assert rising == sorted(rising)
    assert levels[0] != levels[1]


def test_what_is_erased_has_the_colour_of_the_relit_clip(clip: torch.Tensor) -> None:
    flat = torch.full_like(clip, 120)
    for seed in range(10):
        augmented = ClipAugmentation(**NONE | {"light": 0.3, "erase": 1.0})(flat, seed)
        assert torch.equal(augmented, augmented[:1, :, :1, :1].expand_as(augmented))


def test_what_is_pasted_comes_from_one_side_of_the_occluder(clip: torch.Tensor) -> None:
    occluder = torch.randint(
        0, 256, (3, 24, 12), dtype=torch.uint8, generator=torch.Generator().manual_seed(1)
    )
    before = occluder.clone()
    augment = ClipAugmentation(**NONE | {"paste": 1.0})
    seen = set()
    for seed in range(40):
        augmented = augment(clip, seed, occluder=occluder)
        covered = (augmented != clip).any(dim=1).all(dim=0)
        rows, columns = covered.any(dim=1), covered.any(dim=0)
        if not rows.all():
            seen.add("below")
            n = int(rows.sum())
            expected = occluder[:, :n, :].expand(4, -1, -1, -1)
            assert torch.equal(augmented[..., 24 - n :, :], expected)
            assert 0.2 * 24 - 1 <= n <= 0.6 * 24 + 1
        else:
            n = int(columns.sum())
            side = "left" if columns[0] else "right"
            seen.add(side)
            here, there = (slice(0, n), slice(12 - n, 12))
            if side == "right":
                here, there = there, here
            expected = occluder[..., there].expand(4, -1, -1, -1)
            assert torch.equal(augmented[..., here], expected)
    assert seen == {"left", "right", "below"}
    assert torch.equal(occluder, before)
    assert torch.equal(augment(clip, 3), clip)


def test_zoom_cuts_every_other_clip_and_keeps_its_size() -> None:
    ramp = torch.arange(100, dtype=torch.uint8)[:, None].expand(1, 3, 100, 50).contiguous()
    augment = ClipAugmentation(**NONE | {"zoom": 0.4})
    cut = [augment(ramp, seed) for seed in range(200)]
    assert all(one.shape == ramp.shape for one in cut)
    unchanged = sum(torch.equal(one, ramp) for one in cut)
    assert 70 <= unchanged <= 130
    assert max(int(one[0, 0, 0, 0]) for one in cut) in range(15, 22)
    assert min(int(one[0, 0, -1, 0]) for one in cut) in range(58, 66)
