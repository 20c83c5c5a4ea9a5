from __future__ import annotations

from pathlib import Path

import numpy as np

from tacan.video.chain_detections import ChainDetections
from tacan.video.detection_cache import DetectionCache, unpack_block
from tacan.video.encode import write_video
from tacan.video.video_chain import ChainLink, VideoChain
from tacan.video.video_records import Detections


def test_detections_are_kept_with_their_file_and_counted_from_its_start(tmp_path: Path) -> None:
    links = []
    for number, n in enumerate((5, 4)):
        frames = [np.full((48, 64, 3), 90, np.uint8)] * n
        links.append(
            ChainLink(write_video(tmp_path / f"{number}.mp4", frames, fps=5, size=(64, 48)))
        )
    chain = VideoChain(links)
    assert len(list(chain.frames())) == 9
    stored: list[list[tuple[int, bytes]]] = [[], []]
    found = {
        i: Detections(np.full((1, 4), i, np.float32), np.ones(1, np.float32)) for i in range(9)
    }
    caches = [
        DetectionCache([], lambda first, data, kept=kept: kept.append((first, data)))
        for kept in stored
    ]
    new = ChainDetections(chain, caches)
    assert new.get(0) is None
    new.add([(i, found[i]) for i in range(3)])
    new.add([(i, found[i]) for i in range(3, 9)])
    assert len(stored[0]) == 1  # A file's own is stored before the next one's.
    new.flush()
    blocks = [unpack_block(data) for kept in stored for _, data in kept]
    assert [[number for number, _ in block or []] for block in blocks] == [
        [0, 1, 2, 3, 4],
        [0, 1, 2, 3],
    ]
    again = ChainDetections(chain, [DetectionCache(kept, lambda *_: None) for kept in stored])
    for i in range(9):
        known = again.get(i)
        assert known is not None
        assert known.boxes[0, 0] == i
    chain.close()
