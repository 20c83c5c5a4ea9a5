"""Real footage with labels, from its video files to found people: what is found, and who.

    python benchmarks/footage.py VIDEOS OUT --detector yolox:nano \\
        --model openvino:person-reidentification-retail-0248.xml [--tiles none] [--connect off] \\
        [--only campus]

VIDEOS holds `campus_two_camera` and `room_two_view` with their labels. Each is indexed into a
gallery in OUT (or taken from there, if it is done), and two things are measured.

1. The share of the labelled tracklets that are found: one tracklet of the gallery has an
   intersection over union of at least 0.5 with the labelled one in at least half of its frames.
2. Who is found: a tracklet of the gallery has the identity of the labelled one that it lies upon,
   and is searched for in both cameras (what is of the same person and camera is taken out), and
   in the other camera alone, as `tacan search --exclude-camera` does: once among all tracklets
   that were found, those of people without a label included, and once among the labelled ones.
   Queries whose person has no tracklet from the other camera don't count.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from plain_faults import run
from tacan.embeddings.open import open_model
from tacan.embeddings.shipped import DEFAULT_MODEL
from tacan.embeddings.weighted import NO_CLIP_WEIGHT
from tacan.evaluation import evaluate
from tacan.features.features_file import Features
from tacan.gallery import Gallery, ModelInfo, open_gallery
from tacan.indexing.index_report import IndexReport
from tacan.indexing.index_settings import IndexSettings
from tacan.indexing.index_videos import index_videos
from tacan.indexing.video_source import VideoSource
from tacan.video.matching import Track, match_tracks
from tacan.video.track import TRACKERS


@dataclass(frozen=True)
class Place:
    """Videos with labels: the key and value by which the labels name each video."""

    folder: str
    labels: str
    key: str
    videos: dict[str, str | int]


PLACES = {
    "campus": Place(
        "campus_two_camera",
        "labels.json",
        "camera",
        {"caesar_cam1.mp4": 1, "caesar_cam2.mp4": 2},
    ),
    "room": Place(
        "room_two_view",
        "labels_multi.json",
        "video",
        {name: name for name in ("s3_f_side_multi.mp4", "s3_m_front_multi.mp4")},
    ),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("videos", type=Path)
    parser.add_argument("out", type=Path)
    defaults = IndexSettings()
    parser.add_argument("--detector", default=defaults.detector)
    parser.add_argument("--model", default=DEFAULT_MODEL)
    parser.add_argument("--clip-weight", default=NO_CLIP_WEIGHT)
    parser.add_argument("--stride", type=int, default=defaults.stride)
    parser.add_argument("--tracker", choices=TRACKERS, default=defaults.tracker)
    parser.add_argument("--tiles", default=defaults.tiles)
    parser.add_argument("--connect", default=defaults.connect)
    parser.add_argument("--only", choices=PLACES)
    parser.add_argument("--min-height", type=float, default=defaults.min_height)
    parser.add_argument("--embedded-frames", type=int, default=defaults.embedded_frames)
    chosen = parser.parse_args()
    for name in [chosen.only] if chosen.only else PLACES:
        place = PLACES[name]
        settings = IndexSettings(
            detector=chosen.detector,
            stride=chosen.stride,
            tracker=chosen.tracker,
            tiles=chosen.tiles,
            connect=chosen.connect,
            min_height=chosen.min_height,
            embedded_frames=chosen.embedded_frames,
        )
        gallery, report = index_place(place, chosen, chosen.out / name, settings)
        with gallery:
            print(f"\n{name}: {gallery.info().n_tracklets} tracklets")
            for source in report.sources:
                print(f"  {source.text()}")
            measure(gallery, place, chosen.videos / place.folder)


def index_place(
    place: Place, chosen: argparse.Namespace, folder: Path, settings: IndexSettings
) -> tuple[Gallery, IndexReport]:
    embedder = open_model(chosen.model, clip_weight=chosen.clip_weight)
    info = ModelInfo(
        chosen.model,
        embedder.fingerprint,
        embedder.embedding_dim,
        embedder.metric,
        chosen.clip_weight,
    )
    sources = [
        VideoSource(chosen.videos / place.folder / video, str(number), None, settings)
        for number, video in enumerate(place.videos, 1)
    ]
    gallery = open_gallery(folder, write=True, create_with=info)

    def tell(done: int, total: int) -> None:
        sys.stderr.write(f"\r{done} of {total} frames")

    return gallery, index_videos(gallery, sources, embedder=embedder, progress=tell)


def measure(gallery: Gallery, place: Place, folder: Path) -> None:
    labels = json.loads((folder / place.labels).read_text())["tracklets"]
    found, known = [], []
    pids: dict[int, int] = {}
    for number, name in enumerate(place.videos.values(), 1):
        here = [entry for entry in labels if entry[place.key] == name]
        kept = [t for t in gallery.tracklets() if t.camera == str(number)]
        matching = match_tracks(
            [track(entry) for entry in here], [stored_track(gallery, t.id) for t in kept]
        )
        found += matching.found.tolist()
        known += [entry["pid"] > 0 for entry in here]
        for tracklet, owner in zip(kept, matching.owners().tolist(), strict=True):
            pids[tracklet.id] = here[owner]["pid"] if owner >= 0 else -1
    have_id = np.array(known)
    of_known = np.array(found)[have_id]
    print(
        f"  labelled ones found: {sum(found)} of {len(found)} ({np.mean(found):.1%}); of those "
        f"with an identity {of_known.sum()} of {len(of_known)} ({of_known.mean():.1%})"
    )
    score(gallery, pids)


def track(entry: dict) -> Track:
    return Track(np.array(entry["frames"], np.int64), np.array(entry["boxes"], np.float32))


def stored_track(gallery: Gallery, number: int) -> Track:
    trajectory = gallery.trajectory(number)
    return Track(trajectory.frames, trajectory.boxes)


def score(gallery: Gallery, pids: dict[int, int]) -> None:
    ids, vectors = gallery.vectors()
    cameras = {t.id: int(t.camera) for t in gallery.tracklets()}
    of_rows = np.array([pids[int(number)] for number in ids], np.int64)
    # Whoever has no label is somebody else: a distractor.
    who = np.maximum(of_rows, 0)
    where = np.array([cameras[int(number)] for number in ids], np.int64)
    known = who > 0
    print(f"  {known.sum()} tracklets of {len(set(who[known].tolist()))} known people")
    for among_text, among in {"all": known | True, "the labelled": known}.items():
        for cameras_text, is_both in {"both cameras": True, "the other camera": False}.items():
            found = searched(
                vectors[among],
                who[among],
                where[among],
                metric=gallery.model.metric,
                both_cameras=is_both,
            )
            print(f"  searched for in {cameras_text} among {among_text}: {found.text()}")


@dataclass(frozen=True)
class Searched:
    """Rank-1 and mAP over a number of queries."""

    rank_1: float
    mean_ap: float
    n_queries: int

    def text(self) -> str:
        return f"Rank-1 {self.rank_1:.3f}, mAP {self.mean_ap:.3f} over {self.n_queries} queries"


def searched(
    vectors: NDArray[np.float32],
    who: NDArray[np.int64],
    where: NDArray[np.int64],
    *,
    metric: str,
    both_cameras: bool = True,
) -> Searched:
    """How well each known person (`who` above 0) is found in both cameras, or in the other ones.

    What is of the same person and camera is no answer. Queries without a right answer don't count.
    """
    known = who > 0
    roles = [(known, known | True)]
    if not both_cameras:
        roles = [(known & (where == camera), where != camera) for camera in np.unique(where)]
    results = [
        evaluate(
            Features(vectors, who, where, is_query=queries, is_gallery=others),
            "cross-camera",
            metric=metric,
        )
        for queries, others in roles
        if queries.any() and others.any()
    ]
    counts = [result.n_valid_query for result in results]
    return Searched(
        rank_1=float(np.average([result.rank_1 for result in results], weights=counts)),
        mean_ap=float(np.average([result.mean_ap for result in results], weights=counts)),
        n_queries=sum(counts),
    )


if __name__ == "__main__":
    run(main)
