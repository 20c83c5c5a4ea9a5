"""How well walks become people: IDF1, precision and recall of linking labelled tracklets.

    python benchmarks/people.py VIDEOS OUT [--model street] [--only campus]

VIDEOS holds `campus_two_camera` and `room_two_view` with their labels. The labelled boxes are
indexed as ready tracks into galleries in OUT (or taken from there), and linked without a label: not
at all, and with half, once and twice the share of strangers within the threshold. All videos of a
place are one sequence, so that an identity is a person over all cameras. IDF1 is computed by a loop
here and by `trackeval`; precision and recall are those of pairs of tracklets. Tracklets without an
identity in the labels are linked, but don't count.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from pathlib import Path

import numpy as np
from scipy.optimize import linear_sum_assignment
from trackeval.metrics import Identity

from footage import PLACES, Place, stored_track, track
from plain_faults import run
from tacan.embeddings.open import open_model
from tacan.embeddings.shipped import DEFAULT_MODEL
from tacan.gallery import Gallery, ModelInfo, open_gallery
from tacan.indexing.index_settings import IndexSettings
from tacan.indexing.index_videos import index_videos
from tacan.indexing.video_source import VideoSource
from tacan.linking import link_gallery
from tacan.linking.link import STRANGERS
from tacan.video.matching import match_tracks

Walk = tuple[int, int, int]
"""The labelled person, the linked one, and the number of boxes of a tracklet."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("videos", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--model", default=DEFAULT_MODEL)
    parser.add_argument("--only", choices=PLACES)
    chosen = parser.parse_args()
    print(
        "place    share   IDF1  trackeval  precision  recall  people  false pairs expected (real)"
    )
    for name in [chosen.only] if chosen.only else PLACES:
        with index_labels(PLACES[name], chosen.videos, chosen.out / name, chosen.model) as gallery:
            owners = labelled_people(gallery, PLACES[name], chosen.videos)
            for factor in (None, 0.5, 1.0, 2.0):
                print(f"{name:8} {measure(gallery, owners, factor)}", flush=True)


def index_labels(place: Place, videos: Path, out: Path, model: str) -> Gallery:
    embedder = open_model(model)
    info = ModelInfo(model, embedder.fingerprint, embedder.embedding_dim, embedder.metric)
    labels = videos / place.folder / place.labels
    settings = IndexSettings(detector=f"mot:{labels}")
    sources = [
        VideoSource(videos / place.folder / video, str(key), None, settings)
        for video, key in place.videos.items()
    ]
    gallery = open_gallery(out, write=True, create_with=info)
    index_videos(gallery, sources, embedder=embedder)
    return gallery


def labelled_people(gallery: Gallery, place: Place, videos: Path) -> dict[int, int]:
    """The labelled person of each tracklet that has one."""
    entries = json.loads((videos / place.folder / place.labels).read_text())["tracklets"]
    owners = {}
    for video, key in place.videos.items():
        here = [entry for entry in entries if entry[place.key] == key]
        kept = [each for each in gallery.tracklets() if each.source == video]
        matching = match_tracks(
            [track(entry) for entry in here], [stored_track(gallery, each.id) for each in kept]
        )
        for each, owner in zip(kept, matching.owners().tolist(), strict=True):
            if owner >= 0 and here[owner]["pid"] > 0:
                owners[each.id] = here[owner]["pid"]
    return owners


def measure(gallery: Gallery, owners: dict[int, int], factor: float | None) -> str:
    """A line of figures; unlinked where there is no factor."""
    report = None if factor is None else link_gallery(gallery, strangers=factor * STRANGERS)
    walks = [
        (owners[each.id], each.person_id if report and each.person_id else -each.id, each.n_frames)
        for each in gallery.tracklets()
        if each.id in owners
    ]
    precision, recall, n_false = pair_figures(walks)
    share = "none" if factor is None else f"{factor * STRANGERS:.3f}"
    expected = "" if report is None else f"{report.expected_false_pairs:.0f} ({n_false})"
    return (
        f"{share:>5} {idf1(walks):6.3f} {idf1_of_trackeval(walks):10.3f} {precision:10.3f} "
        f"{recall:7.3f} {len({person for _, person, _ in walks}):7}  {expected}"
    )


def idf1(walks: list[Walk]) -> float:
    """2 TP / (labelled + produced boxes), with people and identities matched one to one so that
    most boxes agree; every box of a labelled tracklet is both here."""
    counts: Counter[tuple[int, int]] = Counter()
    for label, person, boxes in walks:
        counts[label, person] += boxes
    labels = sorted({label for label, _ in counts})
    people = sorted({person for _, person in counts})
    table = np.array([[counts[label, person] for person in people] for label in labels])
    rows, columns = linear_sum_assignment(table, maximize=True)
    return float(table[rows, columns].sum() / table.sum())


def idf1_of_trackeval(walks: list[Walk]) -> float:
    """The same of `trackeval`, each box in a time step of its own."""
    labels = np.unique([label for label, _, _ in walks], return_inverse=True)[1]
    people = np.unique([person for _, person, _ in walks], return_inverse=True)[1]
    sizes = [boxes for _, _, boxes in walks]
    steps = [np.repeat(ids, sizes)[:, None] for ids in (labels, people)]
    n = sum(sizes)
    table = {
        "gt_ids": list(steps[0]),
        "tracker_ids": list(steps[1]),
        "similarity_scores": [np.ones((1, 1))] * n,
        "num_timesteps": n,
        "num_gt_dets": n,
        "num_tracker_dets": n,
        "num_gt_ids": int(labels.max()) + 1,
        "num_tracker_ids": int(people.max()) + 1,
    }
    return float(Identity({"PRINT_CONFIG": False}).eval_sequence(table)["IDF1"])


def pair_figures(walks: list[Walk]) -> tuple[float, float, int]:
    """Precision and recall of the pairs of tracklets that are linked, and how many are false."""
    labels, people = (np.array([walk[place] for walk in walks]) for place in (0, 1))
    upper = np.triu_indices(len(walks), 1)
    same = (labels[:, None] == labels[None])[upper]
    linked = (people[:, None] == people[None])[upper]
    right = int((same & linked).sum())
    return (
        right / max(int(linked.sum()), 1),
        right / max(int(same.sum()), 1),
        int(linked.sum()) - right,
    )


if __name__ == "__main__":
    run(main)
