"""How many labelled tracklets are found in a video, and how long each stage takes.

    python benchmarks/tracklets.py VIDEO LABELS.json --detector yolox:nano --stride 2

LABELS is a file of boxes by frame, JSON or MOT (see `tacan.video.mot`); with several cameras in it,
name the one of VIDEO with --camera. A labelled tracklet is found when one produced tracklet has an
intersection over union of at least 0.5 with it in at least half of its labelled frames; between
two processed frames the produced box moves on a straight line.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from plain_faults import run
from tacan.video.matching import Track, match_tracks
from tacan.video.mot import open_precomputed_tracks
from tacan.video.pipeline import Pipeline
from tacan.video.track import TRACKERS
from tacan.video.tracklet_settings import TrackletSettings
from tacan.video.tracklets import find_tracklets


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("video", type=Path)
    parser.add_argument("labels", type=Path)
    parser.add_argument("--camera")
    parser.add_argument("--detector", default="auto")
    parser.add_argument("--tiles", metavar="auto|none|ROWSxCOLUMNS", default="auto")
    parser.add_argument("--stride", type=int, default=1)
    parser.add_argument("--tracker", choices=TRACKERS, default=TrackletSettings().tracker)
    chosen = parser.parse_args()
    settings = TrackletSettings(
        detector=chosen.detector,
        tiles=chosen.tiles,
        stride=chosen.stride,
        tracker=chosen.tracker,
    )
    frames: list[int] = []
    with Pipeline() as pipeline:
        found = find_tracklets(
            chosen.video,
            settings,
            on_frame=lambda found: frames.append(found.frame.index),
            pipeline=pipeline,
        )
        tracklets = list(pipeline.spawn("tracking", found))
    ready = open_precomputed_tracks(chosen.labels, camera=chosen.camera, video=chosen.video.name)
    labelled = list(ready.tracks().values())
    matching = match_tracks(labelled, [Track(t.frames, t.boxes) for t in tracklets])
    print(
        f"{len(tracklets)} tracklets; {matching.found.sum()} of {len(labelled)} labelled ones "
        f"found ({matching.coverage:.1%})"
    )
    for name in ("decode", "detection", "tracking"):
        seconds = pipeline.seconds[name]
        print(
            f"{name:>10}: {seconds:7.2f} s, {1000 * seconds / max(len(frames), 1):6.2f} ms a frame"
        )
    total, duration = sum(pipeline.seconds.values()), tracklets[-1].seconds[-1] if tracklets else 0
    print(f"{'together':>10}: {total:7.2f} s for {len(frames)} frames of {duration:.0f} s of video")


if __name__ == "__main__":
    run(main)
