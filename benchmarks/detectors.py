"""How long detectors take for a frame, on one core.

    python benchmarks/detectors.py VIDEO yolox:nano onnx:my_detector.onnx [--frames 40]

Prints the median time of a core for a frame, which other work on the machine changes little, and
how many people are found with a score of 0.4 and more in all frames, which are spread over the
first minute of VIDEO.
"""

from __future__ import annotations

import argparse
import time
from itertools import islice
from pathlib import Path

import cv2
import numpy as np
import torch

from plain_faults import run
from tacan.video.decode import open_video
from tacan.video.detect import open_detector

SURE = 0.4


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("video", type=Path)
    parser.add_argument("detectors", nargs="+")
    parser.add_argument("--frames", type=int, default=40)
    chosen = parser.parse_args()
    cv2.setNumThreads(1)
    torch.set_num_threads(1)
    with open_video(chosen.video) as video:
        stride = max(int(60 * video.fps) // chosen.frames, 1)
        images = [frame.image for frame in islice(video.frames(stride=stride), chosen.frames)]
    height, width = images[0].shape[:2]
    print(f"{len(images)} frames of {width} x {height}, one core")
    for spec in chosen.detectors:
        detector = open_detector(spec, threads=1)
        detector.detect(images[:2])
        seconds, found = [], 0
        for image in images:
            began = time.process_time()
            (people,) = detector.detect([image])
            seconds.append(time.process_time() - began)
            found += int((people.scores >= SURE).sum())
        print(f"{spec}: {1000 * np.median(seconds):.0f} ms a frame, {found} people")


if __name__ == "__main__":
    run(main)
