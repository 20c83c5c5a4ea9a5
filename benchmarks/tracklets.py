"""How many labelled tracklets are found in a video, and how long each stage takes.

    python benchmarks/tracklets.py VIDEO LABELS.json --detector yolox:yolox_nano.onnx --stride 2

LABELS is a file of boxes by frame, JSON or MOT (see `tacan.video.mot`); with several cameras in it,
name the one of VIDEO with --camera. A labelled tracklet is found when one produced tracklet has an
intersection over union of at least 0.5 with it in at least half of its labelled frames; between
two processed frames the produced box moves on a straight line.
"""

from __future__ import annotations

import argparse
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tacan.video.cut import TrackletCutter
from tacan.video.decode import open_video
from tacan.video.detect import open_detector
from tacan.video.matching import Track, match_tracks
from tacan.video.mot import open_ready_tracks
from tacan.video.records import Detector, VideoTracklet
from tacan.video.track import open_tracker


class Stopwatch:
    """Seconds spent in each stage."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = defaultdict(float)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        start = time.perf_counter()
        yield
        self.seconds[name] += time.perf_counter() - start


def find_tracklets(
    path: Path, detector: Detector, *, stride: int, tracker_name: str, watch: Stopwatch
) -> tuple[list[VideoTracklet], int]:
    """The tracklets of a video, one stage after another; and the number of processed frames."""
    tracklets: list[VideoTracklet] = []
    n_frames = 0
    with open_video(path) as video:
        tracker = open_tracker(tracker_name, fps=video.fps / stride)
        cutter = TrackletCutter()
        frames = video.frames(stride=stride)
        while True:
            with watch.stage("decode"):
                lot = [frame for _, frame in zip(range(4), frames, strict=False)]
            if not lot:
                break
            n_frames += len(lot)
            with watch.stage("detection"):
                found = detector.detect([frame.image for frame in lot])
            for frame, each in zip(lot, found, strict=True):
                with watch.stage("tracking"):
                    numbers = tracker.update(each)
                with watch.stage("cutting"):
                    tracklets += cutter.add(frame, each, numbers)
        with watch.stage("cutting"):
            tracklets += cutter.flush()
    return tracklets, n_frames


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("video", type=Path)
    parser.add_argument("labels", type=Path)
    parser.add_argument("--camera")
    parser.add_argument("--detector", default="hog")
    parser.add_argument("--tiles", type=int, nargs=2, metavar=("ROWS", "COLUMNS"))
    parser.add_argument("--stride", type=int, default=1)
    parser.add_argument("--tracker", default="bytetrack")
    chosen = parser.parse_args()
    tiles = tuple(chosen.tiles) if chosen.tiles else None
    detector = open_detector(chosen.detector, tiles=tiles)
    watch = Stopwatch()
    tracklets, n_frames = find_tracklets(
        chosen.video, detector, stride=chosen.stride, tracker_name=chosen.tracker, watch=watch
    )
    ready = open_ready_tracks(chosen.labels, camera=chosen.camera, video=chosen.video.name)
    labelled = list(ready.tracks().values())
    matching = match_tracks(labelled, [Track(t.frames, t.boxes) for t in tracklets])
    print(
        f"{len(tracklets)} tracklets; {matching.found.sum()} of {len(labelled)} labelled ones "
        f"found ({matching.coverage:.1%})"
    )
    total = sum(watch.seconds.values())
    for name, seconds in watch.seconds.items():
        print(f"{name:>10}: {seconds:7.2f} s, {1000 * seconds / n_frames:6.2f} ms a frame")
    duration = tracklets[-1].seconds[-1] if tracklets else 0.0
    print(f"{'together':>10}: {total:7.2f} s for {n_frames} frames of {duration:.0f} s of video")


if __name__ == "__main__":
    main()
