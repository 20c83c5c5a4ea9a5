"""Other ways to make people of tracklets than the one that ships, each on the same distances.

    python benchmarks/clusterings.py VIDEOS OUT --scenes FOLDER

Every way has one threshold: the distance within which a share of the certain strangers lies, as
`tacan link` has it. The share of each is chosen on generated scenes (those for choosing), and
what it gives is told there, on other generated scenes, and on the labelled boxes of real footage:
IDF1, and how many pairs of certain strangers it made one person. FOLDER and OUT are as for
`certainty.py` and `people.py`.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial.distance import squareform

from footage import PLACES
from labelled_scenes import CHOOSING, REPORTING, make, persons
from people import idf1, index_labels, labelled_people
from plain_faults import run
from tacan.embeddings.shipped import DEFAULT_MODEL
from tacan.gallery import Gallery, open_gallery
from tacan.linking.evidence import calibrate_strangers, gather_evidence
from tacan.retrieval.average_linkage import Means, linked_clusters, neighbours_within
from tacan.retrieval.calibration import Calibration

SHARES = (0.0025, 0.005, 0.01, 0.02, 0.04, 0.08, 0.16)
MUTUAL = 4
"""Nearest neighbours that must be so for each other."""

Label = NDArray[np.integer]


@dataclass(frozen=True)
class Problem:
    """Tracklets of one gallery: all distances, certain strangers, and who is who.

    owners int64 [N] is 0 where nobody knows; sizes int64 [N] are numbers of boxes.
    """

    means: Means
    distances: NDArray[np.float64]
    strangers: NDArray[np.integer]
    calibration: Calibration
    owners: NDArray[np.int64]
    sizes: NDArray[np.int64]

    @property
    def parted(self) -> NDArray[np.float64]:
        """The distances, with certain strangers farther apart than anybody."""
        found = self.distances.copy()
        for x, y in (self.strangers.T, self.strangers.T[::-1]):
            found[x, y] = 1e6
        return found

    def score(self, label: Label) -> tuple[float, int]:
        walks = [
            (int(owner), int(person), int(size))
            for owner, person, size in zip(self.owners, label, self.sizes, strict=True)
            if owner > 0
        ]
        one, other = self.strangers.T
        return idf1(walks), int((label[one] == label[other]).sum())


def average(problem: Problem, threshold: float) -> Label:
    near = neighbours_within(problem.means, threshold)
    return linked_clusters(near, apart=problem.strangers)


def _tree(problem: Problem, threshold: float, method: str) -> Label:
    tree = linkage(squareform(problem.parted, checks=False), method)
    return fcluster(tree, threshold, "distance")


def complete(problem: Problem, threshold: float) -> Label:
    return _tree(problem, threshold, "complete")


def single(problem: Problem, threshold: float) -> Label:
    return _tree(problem, threshold, "single")


def mutual_neighbours(problem: Problem, threshold: float) -> Label:
    """Components of the graph of those who are among each other's nearest, within the threshold."""
    distances = problem.parted
    np.fill_diagonal(distances, np.inf)
    ranks = distances.argsort(axis=1).argsort(axis=1)
    near = (distances <= threshold) & (ranks < MUTUAL) & (ranks.T < MUTUAL)
    return connected_components(csr_array(near), directed=False)[1]


def hdbscan(problem: Problem, threshold: float) -> Label:
    """HDBSCAN of those within the threshold of somebody: all others are alone, as is its noise."""
    from sklearn.cluster import HDBSCAN

    distances = problem.parted
    np.fill_diagonal(distances, np.inf)
    near = np.flatnonzero(distances.min(axis=1) <= threshold)
    np.fill_diagonal(distances, 0)
    label = np.arange(len(distances)) + len(distances)
    if len(near) < 2:
        return label
    model = HDBSCAN(min_cluster_size=2, metric="precomputed", allow_single_cluster=True, copy=True)
    found = model.fit_predict(distances[np.ix_(near, near)])
    label[near[found >= 0]] = found[found >= 0]
    return label


def correlation(problem: Problem, threshold: float) -> Label:
    """Greedy correlation clustering: the two clusters whose union gains most become one, where the
    gain is the sum of threshold - distance over all pairs between them (GAEC, Keuper et al.
    2015); then each tracklet goes where it gains most, until none does."""
    gains = threshold - problem.parted
    np.fill_diagonal(gains, 0)
    label = np.arange(len(gains))
    between = gains.copy()
    np.fill_diagonal(between, -np.inf)
    while between.max(initial=-1) > 0:
        one, other = np.unravel_index(int(between.argmax()), between.shape)
        label[label == other] = one
        between[one] += between[other]
        between[:, one] = between[one]
        between[one, one] = -np.inf
        between[other], between[:, other] = -np.inf, -np.inf
    for _ in range(20):
        moved = False
        for row in range(len(label)):
            totals = np.bincount(label, gains[row], minlength=len(label) + 1)
            best = int(totals.argmax())
            if totals[best] > max(totals[label[row]], 0) + 1e-9:
                label[row], moved = best, True
        if not moved:
            break
    return label


WAYS: dict[str, Callable[[Problem, float], Label]] = {
    "average linkage (ships)": average,
    "complete linkage": complete,
    "single linkage": single,
    "mutual neighbours": mutual_neighbours,
    "HDBSCAN": hdbscan,
    "correlation": correlation,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("videos", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--scenes", type=Path, required=True)
    parser.add_argument("--model", default=DEFAULT_MODEL)
    parser.add_argument("--choosing", type=int, nargs="+", default=CHOOSING)
    parser.add_argument("--reporting", type=int, nargs="+", default=REPORTING)
    chosen = parser.parse_args()
    choosing = [generated(chosen.scenes, seed) for seed in chosen.choosing]
    reporting = [generated(chosen.scenes, seed) for seed in chosen.reporting]
    real = {name: filmed(name, chosen) for name in PLACES}
    print("IDF1 (pairs of certain strangers that were linked)")
    print(f"{'way':24} {'share':>7}  {'choosing':>11}  {'generated':>11}  campus       room")
    for name, way in WAYS.items():
        told = {share: measured(way, share, choosing) for share in SHARES}
        share = max(SHARES, key=lambda share: told[share][0])
        columns = [told[share], measured(way, share, reporting)]
        columns += [measured(way, share, [problem]) for problem in real.values()]
        shown = "  ".join(f"{score:.3f} ({broken:3})" for score, broken in columns)
        print(f"{name:24} {share:7}  {shown}", flush=True)


def measured(
    way: Callable[[Problem, float], Label], share: float, problems: list[Problem]
) -> tuple[float, int]:
    """The mean IDF1 and the number of broken constraints."""
    scores = []
    for problem in problems:
        threshold = problem.calibration.distance_at(share)
        alone = np.arange(len(problem.owners))
        scores.append(problem.score(alone if threshold is None else way(problem, threshold)))
    return float(np.mean([score for score, _ in scores])), sum(broken for _, broken in scores)


def generated(folder: Path, seed: int) -> Problem:
    scene = make(folder, seed)
    with open_gallery(scene / "gallery") as gallery:
        ids = gallery.index().columns.ids
        owners = dict(zip(ids.tolist(), persons(gallery, scene, ids).tolist(), strict=True))
        return problem_of(gallery, owners)


def filmed(name: str, chosen: argparse.Namespace) -> Problem:
    place = PLACES[name]
    with index_labels(place, chosen.videos, chosen.out / name, chosen.model) as gallery:
        return problem_of(gallery, labelled_people(gallery, place, chosen.videos))


def problem_of(gallery: Gallery, owners: dict[int, int]) -> Problem:
    evidence = gather_evidence(gallery, judgements=(), people=(), travel={})
    ids, means = evidence.columns.ids.tolist(), evidence.means
    sizes = {each.id: each.n_frames for each in gallery.tracklets()}
    compared = np.stack([means.between(row, np.arange(evidence.n)) for row in range(evidence.n)])
    distances = means.distances(compared)
    return Problem(
        means=means,
        distances=(distances + distances.T) / 2,
        strangers=evidence.apart,
        calibration=calibrate_strangers(gallery, evidence),
        owners=np.array([owners.get(number, 0) for number in ids], np.int64),
        sizes=np.array([sizes[number] for number in ids], np.int64),
    )


if __name__ == "__main__":
    run(main)
