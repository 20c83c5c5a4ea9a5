from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from PIL import Image
from torch.utils.data import DataLoader

from tacan.clips.clip_dataset import TrainingClips
from tacan.clips.identity_sampler import IdentityBatchSampler, SampledTracklet
from tacan.clips.transforms import ClipAugmentation
from tacan.errors import ConfigError, CropError
from tacan.images.resize import load_frames
from tacan.records import Tracklet

AUGMENTATION = ClipAugmentation(flip=0.5, pad=2, erase=0.5, colour=0.1)


def make(
    tracklets: list[Tracklet],
    *,
    labels: list[int] | None = None,
    sampling: str = "consecutive",
    augmentation: ClipAugmentation | None = AUGMENTATION,
    keep_frames: bool = False,
) -> TrainingClips:
    return TrainingClips(
        tracklets,
        list(range(len(tracklets))) if labels is None else labels,
        height=32,
        width=16,
        clip_len=3,
        n_clips=2,
        sampling=sampling,
        augmentation=augmentation,
        keep_frames=keep_frames,
    )


def test_item_is_clips_and_label(tracklet: Tracklet) -> None:
    clips, label = make([tracklet], labels=[5])[SampledTracklet(0, 11)]
    assert clips.shape == (2, 3, 3, 32, 16)
    assert clips.dtype == torch.uint8
    assert clips.is_contiguous()
    assert label == 5


def test_item_depends_on_its_draw_alone(tracklet: Tracklet) -> None:
    items = make([tracklet])
    torch.manual_seed(1)
    first = items[SampledTracklet(0, 11)][0]
    torch.manual_seed(2)
    others = [items[SampledTracklet(0, seed)][0] for seed in range(10)]
    assert torch.equal(items[SampledTracklet(0, 11)][0], first)
    assert not any(torch.equal(first, other) for other in others)


def test_clips_are_consecutive_frames_of_the_tracklet(tracklet: Tracklet) -> None:
    frames = load_frames(tracklet, range(9), height=32, width=16)
    windows = [frames[i : i + 3] for i in range(7)]
    clips, _ = make([tracklet], augmentation=None)[SampledTracklet(0, 3)]
    starts = [i for clip in clips for i in range(7) if torch.equal(clip, windows[i])]
    assert len(starts) == 2
    assert starts[1] - starts[0] >= 3


def test_each_clip_has_an_augmentation_of_its_own(tracklet: Tracklet) -> None:
    still = Tracklet("still", 1, 1, tracklet.directory, tracklet.frames[:1])
    pairs = [make([still])[SampledTracklet(0, seed)][0] for seed in range(10)]
    for clips in pairs:
        assert torch.equal(clips, clips[:, :1].expand_as(clips))
    assert sum(torch.equal(clips[0], clips[1]) for clips in pairs) <= 1


@pytest.mark.parametrize("sampling", ["strided", "segments"])
def test_other_samplings(tracklet: Tracklet, sampling: str) -> None:
    clips = make([tracklet], sampling=sampling, augmentation=None)[SampledTracklet(0, 0)][0]
    usual = make([tracklet], augmentation=None)[SampledTracklet(0, 0)][0]
    assert not torch.equal(clips, usual)


def test_unreadable_crop_stops_training_with_its_name(tracklet: Tracklet) -> None:
    tracklet.path(0).write_bytes(b"no image")
    broken = Tracklet("broken", 1, 1, tracklet.directory, tracklet.frames[:1])
    with pytest.raises(CropError, match=r"0\.png"):
        make([broken])[SampledTracklet(0, 0)]


def test_kept_frames_are_the_same_and_read_once(tracklet: Tracklet) -> None:
    fresh, keeping = make([tracklet]), make([tracklet], keep_frames=True)
    samples = [SampledTracklet(0, seed) for seed in range(30)]
    expected = [fresh[sample][0] for sample in samples]
    assert all(
        torch.equal(keeping[sample][0], clips)
        for sample, clips in zip(samples, expected, strict=True)
    )
    for number in range(len(tracklet)):
        tracklet.path(number).unlink()
    assert all(
        torch.equal(keeping[sample][0], clips)
        for sample, clips in zip(samples, expected, strict=True)
    )


def test_workers_give_what_the_main_process_gives(tracklet: Tracklet) -> None:
    tracklets = [Tracklet(str(i), i, 1, tracklet.directory, tracklet.frames[i:]) for i in range(4)]
    items = make(tracklets)
    batches = []
    for n_workers in (0, 2):
        sampler = IdentityBatchSampler(
            [1, 1, 2, 2], identities_per_batch=2, tracklets_per_identity=2, n_batches=3, seed=5
        )
        batches.append(list(DataLoader(items, batch_sampler=sampler, num_workers=n_workers)))
    assert len(batches[0]) == 3
    for (clips, labels), (worker_clips, worker_labels) in zip(*batches, strict=True):
        assert clips.shape == (4, 2, 3, 3, 32, 16)
        assert labels.dtype == torch.int64
        assert torch.equal(clips, worker_clips)
        assert torch.equal(labels, worker_labels)


def test_refuses_labels_that_do_not_match(tracklet: Tracklet) -> None:
    with pytest.raises(ConfigError, match="got 2 for 1 tracklets"):
        make([tracklet], labels=[0, 1])


def test_refuses_an_unknown_sampling(tracklet: Tracklet) -> None:
    with pytest.raises(ConfigError, match="got 'all'"):
        make([tracklet], sampling="all")


@pytest.mark.parametrize("keep_frames", [False, True])
def test_what_is_pasted_comes_from_another_tracklet(
    tracklet: Tracklet, keep_frames: bool, tmp_path: Path
) -> None:
    colours = {"red": (200, 0, 0), "blue": (0, 0, 200)}
    tracklets = []
    for camid, (name, colour) in enumerate(colours.items(), start=1):
        for frame in range(1, 6):
            Image.new("RGB", (16, 32), colour).save(tmp_path / f"{name}{frame}.png")
        frames = tuple(f"{name}{frame}.png" for frame in range(1, 6))
        tracklets.append(
            replace(tracklet, tracklet_id=name, camid=camid, directory=tmp_path, frames=frames)
        )
    pasting = ClipAugmentation(flip=0.0, pad=0, erase=0.0, colour=0.0, paste=1.0)
    items = make(tracklets, augmentation=pasting, keep_frames=keep_frames)
    for seed in range(5):
        clips, _ = items[SampledTracklet(0, seed)]
        assert torch.equal(clips, items[SampledTracklet(0, seed)][0])
        assert set(clips[:, :, 0].unique().tolist()) == {0, 200}
        blue = (clips[:, :, 2] == 200).float().mean(dim=(2, 3))
        assert ((blue > 0.15) & (blue < 0.65)).all()
    alone, _ = make(tracklets[:1], augmentation=pasting)[SampledTracklet(0, 0)]
    assert (alone[:, :, 0] == 200).all()
