from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pytest
import torch

from tacan.embeddings.embedder import TacanEmbedder
from tacan.embeddings.stream import TrackletStream
from tacan.indexing.embedding import embed_group, in_groups, new_tracklet
from tacan.video.video_records import Picture, Tick, VideoTracklet

T = 4


def clips_of(n_frames: int, *, seed: int) -> list[list[Picture]]:
    rng = np.random.default_rng([n_frames, seed])
    pictures = [
        Picture(3 * i, rng.integers(0, 256, (32, 16, 3), dtype=np.uint8)) for i in range(n_frames)
    ]
    return [pictures[i : i + T] for i in range(0, n_frames, T)]


def tracklet(number: int, n_frames: int) -> VideoTracklet:
    return VideoTracklet(
        number=number,
        frames=3 * np.arange(n_frames, dtype=np.int64),
        seconds=np.arange(n_frames) / 10,
        boxes=np.ones((n_frames, 4), np.float32),
        scores=np.ones(n_frames, np.float32),
        crops=(),
        quality=0.25,
        clips=tuple(map(tuple, clips_of(n_frames, seed=number))),
    )


@pytest.mark.parametrize("batch_frames", [1, 8, 1000])
def test_a_group_gives_what_each_tracklets_own_stream_gives(
    embedder: TacanEmbedder, batch_frames: int
) -> None:
    group = [tracklet(1, 9), tracklet(2, 1), tracklet(3, 16)]
    fragments = embed_group(group, embedder, batch_frames=batch_frames)
    done = [new_tracklet(each, number, embedder) for number, each in enumerate(fragments, start=1)]
    for each, new in zip(group, done, strict=True):
        stream = TrackletStream(embedder, keep_clip_weights=True)
        pixels = np.stack([p.pixels for clip in each.clips for p in clip])
        stream.add_frames(torch.from_numpy(pixels).permute(0, 3, 1, 2))
        np.testing.assert_allclose(new.embedding, stream.embedding(), atol=1e-5)
        np.testing.assert_allclose(new.clip_weights, stream.clip_weights(), atol=1e-5)
    assert [new.number for new in done] == [1, 2, 3]
    assert done[0].clip_frames.tolist() == [[0, 9], [12, 21], [24, 24]]
    assert (done[2].first_seconds, done[2].last_seconds) == (0.0, 1.5)
    assert done[2].n_frames == 16
    assert [new.tracks for new in done] == [(1,), (2,), (3,)]


def test_the_same_group_gives_the_same_bits(embedder: TacanEmbedder) -> None:
    group = [tracklet(1, 9), tracklet(2, 5)]
    first, second = (embed_group(group, embedder, batch_frames=8) for _ in range(2))
    assert [t.embeddings.tobytes() for t in first] == [t.embeddings.tobytes() for t in second]


def numbers_of(groups: Iterable[list[VideoTracklet] | Tick]) -> list[list[int] | Tick]:
    return [g if isinstance(g, Tick) else [t.number for t in g] for g in groups]


def test_groups_depend_on_the_tracklets_alone() -> None:
    tracklets = [tracklet(i, n) for i, n in enumerate((3, 9, 1, 1, 1, 40, 2))]
    assert numbers_of(in_groups(iter(tracklets), n_frames=10)) == [[0, 1], [2, 3, 4, 5], [6]]
    tick = Tick(9.0)
    ticked = in_groups([tick, tracklets[0], tick, tick, *tracklets[1:3]], n_frames=10)
    assert numbers_of(ticked) == [tick, [0], tick, tick, [1, 2]]
    assert list(in_groups(iter([]), n_frames=10)) == []
