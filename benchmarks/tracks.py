"""How well people are followed: HOTA, IDF1, switches, fragments, found walks and their purity.

    python benchmarks/tracks.py VIDEOS CACHE --detector yolox:yolox_nano.onnx \\
        [--tracker bytetrack botsort] [--tiles none 2x2 auto] [--connect off careful]
        [--places campus room crowds] [--search]

VIDEOS holds `campus_two_camera` and `room_two_view` with their labels; what `track_scores.py`
counts of them, and what not, stands there. `crowds` are generated (`crowds.py`), drawn once into
CACHE; `choosing` are others of their kind, on which parameters were chosen. Detections are kept in
CACHE as well, so that the next tracker needs none. The detector `perfect` gives the labelled boxes,
and `noisy` those of crowds with errors: shaken, missed where people are half hidden, and a few
beside them. Everything goes through `find_tracklets` and, where tracks are split and connected or
with `--search`, `associate`, as `tacan index` does.

`--search` adds who is found: each tracklet has the identity of the labelled one that it lies upon,
and is searched for in both cameras among all tracklets, those without a label included.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from crowds import CROWDS, make_crowd
from footage import PLACES, Searched, searched, track
from plain_faults import run
from tacan import open_model
from tacan.embeddings.embedder import ClipEmbedder
from tacan.files import sha256
from tacan.indexing.association import associate
from tacan.indexing.embedding import clip_shape, embed_group, in_groups
from tacan.indexing.index_settings import IndexSettings
from tacan.video.decode import open_video
from tacan.video.detection_cache import DetectionCache, KnownDetections
from tacan.video.detection_source import DetectionSource, open_detection_source, settle_tiles
from tacan.video.matching import Track, match_tracks
from tacan.video.precomputed_tracks import PrecomputedTracks
from tacan.video.track import TRACKERS, open_tracker
from tacan.video.tracklets import find_tracklets
from tacan.video.video_records import Detections, FrameDetections, VideoFrame
from track_scores import Labels, Score, score_tracks

VISIBLE = 0.25
"""Share of a generated person that has to be seen for a label."""
BREAK = 10
"""Frames out of the picture after which a generated person's walk is another one."""


@dataclass(frozen=True)
class LabelledVideo:
    path: Path
    labels: Labels
    place: str
    """Videos of one place show the same people."""
    pids: NDArray[np.int64]
    """[L], who each labelled walk is, 0 and less where that is not known."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("videos", type=Path)
    parser.add_argument("cache", type=Path)
    parser.add_argument("--detector", required=True, help="or perfect, or noisy")
    parser.add_argument("--tracker", nargs="+", choices=TRACKERS, default=[*TRACKERS])
    parser.add_argument("--tiles", nargs="+", default=["auto"])
    parser.add_argument("--connect", nargs="+", default=["off"])
    parser.add_argument("--model", default="street", help="what tracks are connected by")
    parser.add_argument("--rate", type=float, default=10.0, help="frames followed a second")
    names = [*PLACES, *CROWDS]
    parser.add_argument("--places", nargs="+", choices=names, default=[*PLACES, "crowds"])
    parser.add_argument("--search", action="store_true", help="also say who is found")
    chosen = parser.parse_args()
    print(
        f"{'':8} {'tiles':5} {'tracker':9} {'connect':7}  HOTA  IDF1   IDP   IDR  switches"
        "  fragments   found  purity  tracklets  updates/s"
        + ("  Rank-1   mAP  queries" if chosen.search else "")
    )
    embeds = chosen.search or chosen.connect != ["off"]
    embedder = open_model(chosen.model) if embeds else None
    for name in chosen.places:
        videos = labelled_videos(name, chosen.videos, chosen.cache)
        for tiles in chosen.tiles:
            for tracker in chosen.tracker:
                for connect in chosen.connect:
                    settings = {"tracker": tracker, "tiles": tiles, "connect": connect}
                    line = measure(videos, chosen.detector, settings, chosen, embedder)
                    print(f"{name:8} {tiles:5} {tracker:9} {connect:7} {line}", flush=True)


def measure(
    videos: list[LabelledVideo],
    detector: str,
    settings: dict,
    chosen: argparse.Namespace,
    embedder: ClipEmbedder | None,
) -> str:
    """The figures of one choice of settings over some videos, in a line."""
    results: list[tuple[Labels, list[Track]]] = []
    vectors: list[list[NDArray[np.float32]]] = []
    n_updates = 0
    seconds = 0.0
    for video in videos:
        found, source = follow(
            video, detector, settings, chosen.rate, chosen.cache, embedder=embedder
        )
        results.append((video.labels, [track for track, _ in found]))
        vectors.append([vector for _, vector in found if vector is not None])
        n_updates += len(source.seen)
        seconds += tracking_seconds(source.seen, settings["tracker"], chosen.rate)
    score: Score = score_tracks(results)
    n_tracklets = sum(len(tracks) for _, tracks in results)
    line = (
        f"{score.hota:.3f} {score.idf1:.3f} {score.id_precision:.3f} {score.id_recall:.3f} "
        f"{score.switches:9} {score.fragments:10} {score.found:4}/{score.walks:<3} "
        f"{score.purity:6.3f} {n_tracklets:10} {n_updates / seconds:10,.0f}"
    )
    if not chosen.search or embedder is None:
        return line
    who = search_for_all(videos, [tracks for _, tracks in results], vectors, embedder.metric)
    return f"{line} {who.rank_1:7.3f} {who.mean_ap:5.3f} {who.n_queries:8}"


def search_for_all(
    videos: list[LabelledVideo],
    tracks: list[list[Track]],
    vectors: list[list[NDArray[np.float32]]],
    metric: str,
) -> Searched:
    """How well people are found in both cameras of each place, over all places together."""
    places = []
    for place in dict.fromkeys(video.place for video in videos):
        here = [i for i, video in enumerate(videos) if video.place == place]
        owners = [match_tracks(videos[i].labels.walks, tracks[i]).owners() for i in here]
        # Whoever lies on no label is a distractor.
        pids = [np.append(videos[i].pids, 0)[own] for i, own in zip(here, owners, strict=True)]
        places.append(
            searched(
                np.concatenate([np.array(vectors[i], np.float32) for i in here]),
                np.maximum(np.concatenate(pids), 0),
                np.repeat(np.arange(len(here)), [len(own) for own in owners]),
                metric=metric,
            )
        )
    counts = [place.n_queries for place in places]
    return Searched(
        rank_1=float(np.average([place.rank_1 for place in places], weights=counts)),
        mean_ap=float(np.average([place.mean_ap for place in places], weights=counts)),
        n_queries=sum(counts),
    )


class Kept:
    """A `DetectionSource` that remembers what another one gave."""

    def __init__(self, source: DetectionSource) -> None:
        self._source = source
        self.name, self.fingerprint = source.name, source.fingerprint
        self.has_tracks, self.notes = source.has_tracks, source.notes
        self.seen: list[Detections] = []

    def detect(
        self, frames: Iterable[VideoFrame], *, cache: KnownDetections | None = None
    ) -> Iterator[FrameDetections]:
        for found in self._source.detect(frames, cache=cache):
            self.seen.append(found.detections)
            yield found


def follow(
    video: LabelledVideo,
    detector: str,
    settings: dict,
    rate: float,
    cache: Path,
    *,
    embedder: ClipEmbedder | None = None,
) -> tuple[list[tuple[Track, NDArray[np.float32] | None]], Kept]:
    """The tracklets of a video with their vectors, and the detections that they were made of."""
    with open_video(video.path) as opened:
        stride = max(1, round(opened.fps / rate))
        made = IndexSettings(
            detector="mot:" if detector in BOXES else detector, stride=stride, **settings
        )
        if detector in BOXES:
            source: DetectionSource = BOXES[detector](video.labels)
        else:
            source = open_detection_source(made, video=video.path, camera="1", threads=2)
        source, _ = settle_tiles(source, opened, made)
        kept = Kept(source)
        name = hashlib.sha256(
            f"{sha256(video.path)}:{source.fingerprint}:{stride}".encode()
        ).hexdigest()
        blocks = kept_blocks(cache / "detections" / name[:16])
        if embedder is None:
            found = find_tracklets(opened, made, source=kept, cache=blocks)
            walks = [(Track(each.frames, each.boxes), None) for each in found if not each.is_still]
            return walks, kept
        shape = clip_shape(made, embedder)
        found = find_tracklets(opened, made, source=kept, cache=blocks, clips=shape)
        moving = (tracklet for tracklet in found if not tracklet.is_still)
        groups = (
            embed_group(group, embedder, batch_frames=64)
            for group in in_groups(moving, n_frames=64)
        )
        done = [each for group in associate(groups, made, embedder) for each in group]
        return [(Track(each.frames, each.boxes), each.embedding) for each in done], kept


def kept_blocks(folder: Path) -> DetectionCache:
    """The detections in a folder, a file for each block."""
    folder.mkdir(parents=True, exist_ok=True)
    files = sorted(folder.glob("*.block"), key=lambda file: int(file.stem))
    return DetectionCache(
        [(int(file.stem), file.read_bytes()) for file in files],
        lambda first, data: (folder / f"{first}.block").write_bytes(data) and None,
    )


def tracking_seconds(seen: list[Detections], name: str, rate: float) -> float:
    tracker = open_tracker(name, fps=rate)
    began = time.perf_counter()
    for detections in seen:
        tracker.update(detections)
    return time.perf_counter() - began


def labelled_videos(name: str, videos: Path, cache: Path) -> list[LabelledVideo]:
    if name in CROWDS:
        drawn = []
        for seed in CROWDS[name]:
            for path in make_crowd(cache / "crowds", seed).values():
                labels, pids = crowd_labels(path.with_suffix(".txt"))
                drawn.append(LabelledVideo(path, labels, str(seed), pids))
        return drawn
    place = PLACES[name]
    entries = json.loads((videos / place.folder / place.labels).read_text())["tracklets"]
    found = []
    for video, key in place.videos.items():
        own = [entry for entry in entries if entry[place.key] == key]
        pids = np.array([entry["pid"] for entry in own], np.int64)
        found.append(LabelledVideo(videos / place.folder / video, real_labels(own), name, pids))
    return found


def real_labels(entries: list[dict]) -> Labels:
    people = [entry["pid"] if entry["pid"] > 0 else -1 - i for i, entry in enumerate(entries)]
    return Labels([track(entry) for entry in entries], people, elsewhere="ignored")


def crowd_labels(file: Path) -> tuple[Labels, NDArray[np.int64]]:
    """The walks of generated people, boxes in the picture of which enough is seen, and whose."""
    manifest = json.loads((file.parent / "manifest.json").read_text())["settings"]
    limits = np.array([manifest["width"], manifest["height"]] * 2)
    rows = np.loadtxt(file, delimiter=",", ndmin=2)
    rows[:, 4:6] += rows[:, 2:4]
    rows[:, 2:6] = np.clip(rows[:, 2:6], 0, limits)
    rows = rows[(rows[:, 4:6] - rows[:, 2:4]).min(axis=1) >= 1]
    frames, visible = rows[:, 0].astype(np.int64) - 1, rows[:, 8] >= VISIBLE
    walks: list[Track] = []
    pids: list[int] = []
    for person in np.unique(rows[:, 1]):
        own = np.flatnonzero(rows[:, 1] == person)
        own = own[np.argsort(frames[own])]
        for part in np.split(own, np.flatnonzero(np.diff(frames[own]) > BREAK) + 1):
            seen = part[visible[part]]
            if len(seen) >= BREAK:
                walks.append(Track(frames[seen], rows[seen, 2:6].astype(np.float32)))
                pids.append(int(person))
            else:
                visible[part] = False
    hidden = {
        int(frame): rows[(frames == frame) & ~visible, 2:6].astype(np.float32)
        for frame in np.unique(frames[~visible])
    }
    return Labels(walks, list(range(len(walks))), hidden), np.array(pids, np.int64)


def perfect_boxes(labels: Labels) -> PrecomputedTracks:
    """The labelled boxes as detections."""
    return detections_of(_rows(labels), "perfect")


def noisy_boxes(labels: Labels) -> PrecomputedTracks:
    """The labelled boxes as a detector might give them, always the same."""
    rows = _rows(labels)
    rng = np.random.default_rng(0)
    hidden = _most_covered(rows)
    sizes = np.tile(rows[:, 3:5] - rows[:, 1:3], 2)
    rows[:, 1:5] += rng.normal(0, 0.04, (len(rows), 4)) * sizes
    rows[:, 5] = np.clip(1 - 0.8 * hidden + rng.normal(0, 0.12, len(rows)), 0.05, 0.99)
    rows = rows[(rows[:, 5] > 0.1) & (rng.random(len(rows)) > 0.05 + 0.4 * hidden)]
    beside = rows[rng.random(len(rows)) < 0.02].copy()
    beside[:, 1:5] += 0.6 * np.tile(beside[:, 3:5] - beside[:, 1:3], 2) * rng.choice([-1, 1])
    beside[:, 5] = rng.uniform(0.1, 0.6, len(beside))
    return detections_of(np.concatenate([rows, beside]), "noisy")


BOXES = {"perfect": perfect_boxes, "noisy": noisy_boxes}


def _rows(labels: Labels) -> NDArray[np.float64]:
    """frame, x1, y1, x2, y2, score of every labelled box."""
    return np.concatenate(
        [
            np.column_stack([walk.frames, walk.boxes, np.full(len(walk.frames), 0.9)])
            for walk in labels.walks
        ]
    )


def _most_covered(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    """The share of each box that the nearer box (the lower one) in its frame covers most."""
    shares = np.zeros(len(rows))
    for frame in np.unique(rows[:, 0]):
        own = np.flatnonzero(rows[:, 0] == frame)
        boxes = rows[own, 1:5]
        corner = np.maximum(boxes[:, None, :2], boxes[None, :, :2])
        sides = np.clip(np.minimum(boxes[:, None, 2:], boxes[None, :, 2:]) - corner, 0, None)
        areas = (boxes[:, 2:] - boxes[:, :2]).prod(axis=1)
        shared = sides.prod(axis=2) / areas[:, None] * (boxes[None, :, 3] > boxes[:, None, 3])
        shares[own] = shared.max(axis=1)
    return shares


def detections_of(rows: NDArray[np.float64], name: str) -> PrecomputedTracks:
    by_frame = {
        int(frame): np.column_stack([np.full((rows[:, 0] == frame).sum(), -1.0),
                                     rows[rows[:, 0] == frame, 1:]])
        for frame in np.unique(rows[:, 0])
    }  # fmt: skip
    return PrecomputedTracks(by_frame, fingerprint=name)


if __name__ == "__main__":
    run(main)
