from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tacan.video.detection_cache import DetectionCache, pack_block, unpack_block
from tacan.video.video_records import Detections


def found(n: int, seed: int = 0) -> Detections:
    rng = np.random.default_rng([n, seed])
    return Detections(
        rng.random((n, 4), np.float32) * 1000, rng.random(n, np.float32).astype(np.float32)
    )


def unread(first: int, data: bytes) -> None:
    """Where blocks go that nobody reads."""


def equal(one: Detections, other: Detections) -> bool:
    return (
        one.boxes.tobytes() == other.boxes.tobytes()
        and one.scores.tobytes() == other.scores.tobytes()
        and one.boxes.dtype == other.boxes.dtype
    )


@given(st.lists(st.integers(0, 4), min_size=1, max_size=12), st.integers(1, 5))
def test_a_block_comes_back_bit_by_bit(counts: list[int], stride: int) -> None:
    block = [(stride * i, found(n, i)) for i, n in enumerate(counts)]
    back = unpack_block(pack_block(block))
    assert back is not None
    assert [number for number, _ in back] == [number for number, _ in block]
    assert all(equal(a, b) for (_, a), (_, b) in zip(back, block, strict=True))


@pytest.mark.fuzz
@given(st.data())
def test_damaged_bytes_are_no_block(data: st.DataObject) -> None:
    whole = pack_block([(0, found(2)), (1, found(0)), (2, found(3))])
    length = data.draw(st.integers(0, len(whole) - 1))
    assert unpack_block(whole[:length]) is None
    assert unpack_block(b"XXXX" + whole[4:]) is None


def test_numbers_that_are_no_detections_are_no_block() -> None:
    boxes = np.array([[0, 0, np.nan, 9]], np.float32)
    assert unpack_block(pack_block([(0, Detections(boxes, np.ones(1, np.float32)))])) is None
    whole = bytearray(pack_block([(0, found(3)), (1, found(2))]))
    start = len(whole) - 20 * 5 - 2 * 4
    whole[start : start + 8] = np.array([-1, 6], "<i4").tobytes()
    assert unpack_block(bytes(whole)) is None


def test_a_cache_answers_until_it_ends() -> None:
    blocks = [
        (0, pack_block([(0, found(1)), (2, found(2))])),
        (4, pack_block([(4, found(0)), (6, found(3))])),
    ]
    cache = DetectionCache(blocks, unread)
    assert [None if (d := cache.get(i)) is None else len(d) for i in (0, 2, 4, 6, 8, 10)] == [
        1, 2, 0, 3, None, None,
    ]  # fmt: skip


def test_a_block_that_cannot_be_read_ends_the_cache() -> None:
    cache = DetectionCache([(0, pack_block([(0, found(1))])), (1, b"?"), (2, b"?")], unread)
    assert cache.get(0) is not None
    assert cache.get(1) is None
    assert cache.get(2) is None


def test_new_detections_are_stored_block_by_block_and_the_rest_at_the_end() -> None:
    stored: list[tuple[int, int]] = []
    cache = DetectionCache(
        [], lambda first, data: stored.append((first, len(unpack_block(data) or [])))
    )
    for frame in range(0, 70, 2):
        cache.add([(frame, found(1)), (frame + 1, found(0))])
    assert stored == [(0, 64)]
    cache.flush()
    cache.flush()
    assert stored == [(0, 64), (64, 6)]
