"""How often each word for how sure an answer is was right, on generated scenes.

    python benchmarks/certainty.py FOLDER [--seeds 11 12] [--examples 3] [--prior FILE]

Scenes are drawn into FOLDER and indexed with their true boxes and tracks, unless they are there
already. Each tracklet of a scene then asks for its person among all others, twice: as it is, and
with all tracklets of the person taken out; with --examples together with the next ones of the
person, as one query. The prior of a scene is made of the other scenes, or with --shipped it is that
of the model. `--prior` writes that of all scenes, which ships with the model as `strangers.json`.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from pathlib import Path

import numpy as np

from labelled_scenes import SCENES, make, persons
from plain_faults import run
from tacan.gallery import Gallery, open_gallery
from tacan.retrieval.calibration import Calibration
from tacan.retrieval.examples import mean_distances
from tacan.retrieval.priors import load_prior

N_QUANTILES = 400
LEVELS = ("sure", "likely", "unsure", "unknown")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seeds", type=int, nargs="+", default=[11, 12], choices=SCENES)
    parser.add_argument("--examples", type=int, default=1)
    parser.add_argument("--shipped", action="store_true")
    parser.add_argument("--prior", type=Path)
    chosen = parser.parse_args()
    scenes = [make(chosen.folder, seed) for seed in chosen.seeds]
    strangers, told = [], Counter()
    for scene in scenes:
        with open_gallery(scene / "gallery") as gallery:
            strangers.append(gallery.calibration().distances)
            model, metric = gallery.model.fingerprint, gallery.model.metric
    for number, scene in enumerate(scenes):
        others = strangers[:number] + strangers[number + 1 :]
        prior = Calibration(metric, np.sort(np.concatenate(others))) if others else None
        if chosen.shipped:
            prior = load_prior(model, metric)
        with open_gallery(scene / "gallery") as gallery:
            calibration = Calibration(metric, strangers[number], prior)
            told += ask(gallery, scene, calibration, chosen.examples)
    sizes = ", ".join(str(len(distances)) for distances in strangers)
    print(f"{len(scenes)} scenes with {sizes} pairs of certainly different people")
    print("word      answers  of which right  somebody absent")
    for level in LEVELS:
        answers = told[level, True] + told[level, False]
        print(f"{level:<8}{answers:>9}{told[level, True]:>16}{told[level, 'absent']:>17}")
    if chosen.prior is not None:
        shares = (np.arange(N_QUANTILES) + 0.5) / N_QUANTILES
        distances = np.quantile(np.concatenate(strangers), shares).round(4).tolist()
        text = json.dumps({"fingerprint": model, "metric": metric, "distances": distances})
        chosen.prior.write_text(text + "\n", encoding="utf-8")


def ask(gallery: Gallery, scene: Path, calibration: Calibration, n_examples: int) -> Counter:
    """How often each level was given to an answer that was right, wrong, or of somebody absent."""
    index, told = gallery.index(), Counter()
    vectors, metric = index.vectors.matrix(), calibration.metric
    people = persons(gallery, scene, index.columns.ids)
    for row, person in enumerate(people):
        own = np.flatnonzero(people == person)
        examples = np.roll(own, -int(np.flatnonzero(own == row)[0]))[:n_examples]
        distances = mean_distances(vectors[examples], vectors, metric=metric)
        others = np.ones(len(people), np.bool_)
        others[examples] = False
        for is_absent, mask in ((False, others), (True, people != person)):
            best = np.flatnonzero(mask)[distances[mask].argmin()]
            certainty = calibration.certainty(distances[best], n_searched=int(mask.sum()))
            is_right = bool(people[best] == person)
            told[certainty.level, "absent" if is_absent else is_right] += 1
    return told


if __name__ == "__main__":
    run(main)
