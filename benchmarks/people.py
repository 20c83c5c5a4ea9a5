"""How well walks become people: IDF1, precision and recall of linking labelled tracklets.

    python benchmarks/people.py VIDEOS OUT [--model street] [--only campus] [--answers 10]
    python benchmarks/people.py VIDEOS OUT --only scenes [--scenes FOLDER] [--seeds 201 202] \\
        [--detector street]

VIDEOS holds `campus_two_camera` and `room_two_view` with their labels. The labelled boxes are
indexed as ready tracks into galleries in OUT (or taken from there), and linked without a label: not
at all, and with half, once and twice the share of strangers within the threshold. All videos of a
place are one sequence, so that an identity is a person over all cameras. IDF1 is computed by a loop
here and by `trackeval`; precision and recall are those of pairs of tracklets. Tracklets without an
identity in the labels are linked, but don't count. `--only scenes` does the same on generated
scenes of three cameras, twelve people and 60 s in FOLDER, with their true boxes, or with those of a
detector as `tacan index` has them, and the model that ships; tracklets that lie on nobody don't
count. With `--answers` as many questions of `tacan people --review` are answered by the
labels, one after the other, and the gallery is linked again.
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
from labelled_scenes import REPORTING, SCENES, draw, indexed, persons
from plain_faults import run
from tacan.embeddings.open import open_model
from tacan.embeddings.shipped import DEFAULT_MODEL
from tacan.gallery import Gallery, ModelInfo, open_gallery
from tacan.indexing.index_settings import IndexSettings
from tacan.indexing.index_videos import index_videos
from tacan.indexing.video_source import VideoSource
from tacan.linking import confirm, link_gallery, reject, undo
from tacan.linking.link import STRANGERS, LinkReport
from tacan.linking.review import review
from tacan.video.matching import match_tracks

FACTORS = (0.5, 1.0, 2.0)
"""Of the default's share of strangers within the threshold."""

Walk = tuple[int, int, int]
"""The labelled person, the linked one, and the number of boxes of a tracklet."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("videos", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--model", default=DEFAULT_MODEL)
    parser.add_argument("--only", choices=[*PLACES, "scenes"])
    parser.add_argument("--scenes", type=Path)
    parser.add_argument("--seeds", type=int, nargs="+", default=REPORTING, choices=SCENES)
    parser.add_argument("--detector", help="for scenes; their true boxes without one")
    parser.add_argument("--answers", type=int, default=0)
    chosen = parser.parse_args()
    print(
        "place    share   IDF1  trackeval  precision  recall  people  "
        "pairs  false, at most (real)  missed (real)"
    )
    for name in PLACES if chosen.only is None else [chosen.only]:
        if name != "scenes":
            place = PLACES[name]
            with index_labels(place, chosen.videos, chosen.out / name, chosen.model) as gallery:
                owners = labelled_people(gallery, place, chosen.videos)
                tell(name, gallery, owners, chosen.answers)
    if chosen.only == "scenes" or chosen.scenes is not None:
        folder = chosen.scenes or chosen.out / "scenes"
        measure_scenes(folder, chosen.seeds, chosen.answers, chosen.detector)


def measure_scenes(folder: Path, seeds: list[int], n_answers: int, detector: str | None) -> None:
    found: list[list[float]] = []
    for seed in seeds:
        scene = draw(folder, seed)
        with open_gallery(indexed(scene, detector), write=True) as gallery:
            ids = gallery.index().columns.ids
            shown = zip(ids.tolist(), persons(gallery, scene, ids).tolist(), strict=True)
            owners = {number: person for number, person in shown if person > 0}
            found.append(tell(str(seed), gallery, owners, n_answers))
    means = "  ".join(f"{mean:.3f}" for mean in np.mean(found, axis=0))
    print(f"mean IDF1 of {len(seeds)} scenes, in this order: {means}")


def tell(name: str, gallery: Gallery, owners: dict[int, int], n_answers: int) -> list[float]:
    """Prints a line for each way to link, and gives the IDF1 of each."""
    found = []
    for factor in (None, *FACTORS):
        score, text = measure(gallery, owners, factor)
        found.append(score)
        print(f"{name:8} {text}", flush=True)
    if n_answers:
        link_gallery(gallery, strangers=STRANGERS)
        n_right = answer(gallery, owners, n_answers)
        score, text = measure(gallery, owners, 1.0)
        found.append(score)
        print(
            f"{name:8} {text}  after {n_answers} answers, {n_right} of them as it was", flush=True
        )
        while gallery.store.people().decisions():
            undo(gallery)
    return found


def answer(gallery: Gallery, owners: dict[int, int], count: int) -> int:
    """Answers the first questions whose answer the labels know; how many it had right before."""
    n_right = 0
    for _ in range(count):
        known = [
            doubt
            for doubt in review(gallery, top=10 * count)
            if doubt.one.id in owners and doubt.other.id in owners
        ]
        if not known:
            break
        doubt = known[0]
        same = owners[doubt.one.id] == owners[doubt.other.id]
        (confirm if same else reject)(gallery, doubt.one.name, doubt.other.name)
        n_right += same == doubt.is_linked
    return n_right


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


def measure(gallery: Gallery, owners: dict[int, int], factor: float | None) -> tuple[float, str]:
    """IDF1 and a line of figures; unlinked where there is no factor."""
    report = None if factor is None else link_gallery(gallery, strangers=factor * STRANGERS)
    walks = [
        (owners[each.id], each.person_id if report and each.person_id else -each.id, each.n_frames)
        for each in gallery.tracklets()
        if each.id in owners
    ]
    precision, recall, n_false, n_missed = pair_figures(walks)
    share = "none" if factor is None else f"{factor * STRANGERS:.3f}"
    expected = "" if report is None else told_of(report, n_false, n_missed)
    score = idf1(walks)
    return score, (
        f"{share:>5} {score:6.3f} {idf1_of_trackeval(walks):10.3f} {precision:10.3f} "
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


def told_of(report: LinkReport, n_false: int, n_missed: int) -> str:
    """False and missed pairs as they are expected, and as the labels have them."""
    missed = "can't tell"
    if report.expected_missed_pairs is not None:
        about, least, most = report.expected_missed_pairs
        missed = f"{about:.0f}, {least:.0f} to {most:.0f}"
    return (
        f"{report.n_pairs:5}  {report.expected_false_pairs:.0f} ({n_false})  {missed} ({n_missed})"
    )


def pair_figures(walks: list[Walk]) -> tuple[float, float, int, int]:
    """Precision and recall of the pairs of tracklets that are linked, and how many are false, and
    missed."""
    labels, people = (np.array([walk[place] for walk in walks]) for place in (0, 1))
    upper = np.triu_indices(len(walks), 1)
    same = (labels[:, None] == labels[None])[upper]
    linked = (people[:, None] == people[None])[upper]
    right = int((same & linked).sum())
    return (
        right / max(int(linked.sum()), 1),
        right / max(int(same.sum()), 1),
        int(linked.sum()) - right,
        int(same.sum()) - right,
    )


if __name__ == "__main__":
    run(main)
