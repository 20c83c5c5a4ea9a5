"""What tells that one track goes on from another: looks, the place where it ended, its motion.

    python benchmarks/connecting.py CACHE --detector yolox:yolox_nano.onnx noisy [--places choosing]

Of generated crowds (`crowds.py`, drawn into CACHE as by `tracks.py`), tracks as they are after
exchanging and splitting, and before anything is connected. A pair is a track and one that begins
within 5 s and as near as `tacan.indexing.connecting` allows; true pairs are of one walk. Tracks
that lie on no label are left out. Printed are the average precision of each measure and of the
cost, and what logistic regression on motion and looks makes of the weight and the largest cost.
"""

from __future__ import annotations

import argparse
from itertools import combinations
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score

from crowds import CROWDS
from plain_faults import run
from tacan import open_model
from tacan.embeddings.embedder import ClipEmbedder
from tacan.gallery.cannot_link import cannot_link
from tacan.indexing import connecting
from tacan.indexing.connecting import MAX_GAP, costs, motion_at_the_end, within_reach
from tacan.retrieval.precision import paired_distances
from tacan.video.decode import open_video
from tacan.video.matching import match_tracks
from tracks import LabelledVideo, follow, labelled_videos


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("cache", type=Path)
    parser.add_argument("--detector", nargs="+", required=True, help="or noisy")
    parser.add_argument("--places", nargs="+", choices=[*CROWDS], default=["choosing"])
    chosen = parser.parse_args()
    connecting.LARGEST_COST.clear()  # Nothing is connected.
    embedder = open_model("street")
    print(f"{'':30}    pairs   true   looks   place  motion    cost")
    every: list[NDArray[np.float64]] = []
    for detector in chosen.detector:
        videos = [
            video
            for place in chosen.places
            for video in labelled_videos(place, chosen.cache, chosen.cache)
        ]
        pairs = np.concatenate([pairs_of(v, detector, chosen.cache, embedder) for v in videos])
        is_one, looks, place, motion = pairs.T
        measures = (looks, place, motion, costs(looks, motion))
        shares = [average_precision_score(is_one, -measure) for measure in measures]
        print(
            f"{detector[-30:]:30} {len(pairs):8,} {int(is_one.sum()):6,} "
            + " ".join(f"{share:7.3f}" for share in shares),
            flush=True,
        )
        every.append(pairs)
    is_one, looks, _, motion = np.concatenate(every).T
    logs = np.log(motion + connecting.LEAST_DEVIATION)
    fit = LogisticRegression(C=10).fit(np.column_stack([looks, logs]), is_one)
    (by_looks, by_place), even = fit.coef_[0], fit.intercept_[0]
    a_half, three_in_ten = ((-even + np.log(odds)) / by_looks for odds in (1, 3 / 7))
    print(
        f"logistic regression: weight of the place {by_place / by_looks:.3f}; cost at which a half "
        f"are one walk {a_half:.2f}, and three in ten {three_in_ten:.2f}"
    )


def pairs_of(
    video: LabelledVideo, detector: str, cache: Path, embedder: ClipEmbedder
) -> NDArray[np.float64]:
    """[n, 4]: whether both are of one walk; their distance in medians of strangers'; the distance
    in heights of where the second begins from where the first ended; and from where it would be."""
    settings = {"tracker": "botsort", "tiles": "auto", "connect": "careful"}
    found, _ = follow(video, detector, settings, 10.0, cache, embedder=embedder)
    tracks = [track for track, _ in found]
    vectors = np.array([vector for _, vector in found], np.float32)
    owners = match_tracks(video.labels.walks, tracks).owners()
    couples = combinations(range(len(tracks)), 2)
    strangers = np.array([(i, j) for i, j in couples if cannot_link(tracks[i], tracks[j])])
    metric = embedder.metric
    median = np.median(
        paired_distances(vectors[strangers[:, 0]], vectors[strangers[:, 1]], metric=metric)
    )
    with open_video(video.path) as opened:
        fps = opened.fps
    rows = []
    for i, before in enumerate(tracks):
        place, speed = motion_at_the_end(before.frames / fps, before.boxes)
        end = before.boxes[-1]
        for j, after in enumerate(tracks):
            gap = (after.frames[0] - before.frames[-1]) / fps
            if not 0 < gap <= MAX_GAP or min(owners[i], owners[j]) < 0:
                continue
            begin = after.boxes[0]
            if not within_reach(end, begin, gap):
                continue
            height = max(end[3] - end[1], begin[3] - begin[1])
            middle, last = begin.reshape(2, 2).mean(axis=0), end.reshape(2, 2).mean(axis=0)
            looks = paired_distances(vectors[i : i + 1], vectors[j : j + 1], metric=metric)[0]
            rows.append(
                (
                    owners[i] == owners[j],
                    looks / median,
                    np.hypot(*(middle - last)) / height,
                    np.hypot(*(middle - place - gap * speed)) / height,
                )
            )
    return np.array(rows, np.float64).reshape(-1, 4)


if __name__ == "__main__":
    run(main)
