"""From a model and unlabelled footage to a model whose clip weight has learned from it, or not.

    crops -> clip features, natural and hidden -> five folds: learn, judge -> keep the best

The folder goes through `clips` (features, in parts) and `model`; an interrupted adaptation goes on.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tacan.adaptation.clip_features import ClipFeatures, clip_features
from tacan.adaptation.footage import Footage, read_footage
from tacan.adaptation.judge import (
    ADAPTED,
    AS_IT_WAS,
    PLAIN_MEAN,
    Scores,
    choose,
    judge,
    scores_of,
)
from tacan.adaptation.learn import learn_weight, others_of
from tacan.adaptation.weigh import LinearWeight, Vectors, plain_mean, put_into, weight_of
from tacan.embeddings.open import FROZEN, model_folder
from tacan.embeddings.own_runtime import READY, make_ready
from tacan.embeddings.weighted import check_clip_weight
from tacan.errors import EncoderError, StorageError
from tacan.files import atomic_path, write_text
from tacan.model import ModelFolder, load_model, save_model
from tacan.model.checkpoint import CONFIG_FILE, WEIGHTS_FILE
from tacan.progress import Progress, Stage, StageListener, silent, unheard
from tacan.retrieval.distances import METRICS
from tacan.runs.lock import only_process_in
from tacan.runs.run_state import RunKind, RunState, remove

__all__ = ["FOLDS", "AdaptReport", "adapt", "learn_and_judge"]

FOLDS = 5
"""Every fifth tracklet is held out, five times: each is judged by a weight that never saw it."""
FEATURES, REPORT = "clip_features", "adaptation.json"

ADAPTATION = RunKind(
    name="an adaptation",
    file="adapt_state.json",
    remedy="Take the same model, footage and options, or choose another folder by --out.",
)


@dataclass(frozen=True)
class AdaptReport:
    """What was kept, and why.

    kept
        `adapted`, `as it was` or `plain mean`.
    scores
        Those of all three on held-out tracklets.
    n_tracklets, n_clips
        That were learned from and judged by.
    n_strangers
        Pairs of tracklets that are certainly two people; `known_by` says how that is known.
    n_short, n_unused
        Tracklets that were too short, and that were more than asked for.
    fingerprint
        That of the model in the folder.
    """

    kept: str
    scores: dict[str, Scores]
    n_tracklets: int
    n_clips: int
    n_strangers: int
    known_by: str
    n_short: int
    n_unused: int
    fingerprint: str


def adapt(
    model: str,
    footage: Path,
    out: Path,
    *,
    seed: int = 0,
    at_most: int = 2000,
    listener: StageListener = unheard,
) -> AdaptReport:
    """Adapts the clip weight of `model` to the tracklets of a folder or gallery, into `out`.

    Parameters
    ----------
    model
        One of our own models, whose clip weight is positive: what `--model` names.
    footage
        As `read_footage` has it.
    out
        A folder that is new or empty, or one where the same adaptation was interrupted; in the end
        an ordinary model's folder.
    seed
        What occlusions and batches are drawn from.
    at_most
        Tracklets that are used, at least 10.
    listener
        Told of the stages.

    Raises
    ------
    EncoderError, CheckpointError, ConfigError
        For a model that can't be had, or has no clip weight that could learn.
    DataError
        For too few tracklets, and what can't be read.
    StorageError
        Where `out` is no such folder, or lies in the footage.
    """
    folder = _own_model(model)
    saved = load_model(folder)
    check_clip_weight(model, saved.config)
    _check_place(out, footage)
    with listener(Stage(1, 3, "reading", "tracklets", done=False)) as progress:
        shown = read_footage(
            footage, clip_len=saved.config.clip_len, at_most=at_most, progress=progress
        )
    settings = {"model": saved.fingerprint, "footage": shown.digest, "seed": seed}
    with only_process_in(out):
        state = RunState.open_or_create(ADAPTATION, out, settings)
        if "model" in state.done:
            return _read_report(out)
        with listener(Stage(2, 3, "looking at clips", "tracklets", done=False)) as progress:
            features = clip_features(shown, saved, out / FEATURES, seed=seed, progress=progress)
        with listener(Stage(3, 3, "learning and judging", "folds", done=False)) as progress:
            ranks, learned = learn_and_judge(features, shown, saved, seed=seed, progress=progress)
        kept = choose(ranks)
        fingerprint = _write(kept, learned, saved, folder, out, settings)
        report = AdaptReport(
            kept=kept,
            scores={name: scores_of(each) for name, each in ranks.items()},
            n_tracklets=len(shown),
            n_clips=int(features.mask.sum()),
            n_strangers=len(shown.strangers),
            known_by=shown.known_by,
            n_short=shown.n_short,
            n_unused=shown.n_unused,
            fingerprint=fingerprint,
        )
        write_text(out / REPORT, json.dumps(asdict(report), indent=2) + "\n")
        state.note("model", 0.0, done=True)
        remove(out, [FEATURES])
    return report


def _own_model(spec: str) -> Path:
    if spec.partition(":")[0] in FROZEN:
        raise EncoderError(
            "a model that adapts must be one of our own, since it is their clip weight that learns",
            got=repr(spec),
            remedy="Adapt street, and lend its weight to the encoder: --clip-weight OUT.",
        )
    return model_folder(spec)


def _check_place(out: Path, footage: Path) -> None:
    if out.resolve().is_relative_to(footage.resolve()):
        raise StorageError(
            "what is made must not lie in the footage",
            got=f"{out}, in {footage}",
            remedy="Choose another folder by --out.",
        )


def learn_and_judge(
    features: ClipFeatures,
    footage: Footage,
    saved: ModelFolder,
    *,
    seed: int,
    progress: Progress = silent,
) -> tuple[dict[str, NDArray[np.float64]], LinearWeight]:
    """Reciprocal ranks [2, N] under each weight, and the weight learned from all tracklets."""
    vectors, start, everybody = Vectors(saved), weight_of(saved), np.arange(len(footage))
    whole = vectors(features.clean, features.mask, start).detach().numpy()
    others = others_of(footage, METRICS[vectors.metric](whole, whole))

    def judged(weight: LinearWeight, rows: NDArray[np.int64]) -> NDArray[np.float64]:
        return judge(features, footage, rows, vectors, weight, seed=seed)

    ranks = {
        AS_IT_WAS: judged(start, everybody),
        PLAIN_MEAN: judged(plain_mean(saved), everybody),
        ADAPTED: np.empty((2, len(footage))),
    }
    for fold in range(FOLDS):
        held_out = everybody[fold::FOLDS]
        rest = np.setdiff1d(everybody, held_out)
        learned = learn_weight(features, rest, others, vectors, start, seed=seed)
        ranks[ADAPTED][:, held_out] = judged(learned, held_out)
        progress(fold + 1, FOLDS + 1)
    learned = learn_weight(features, everybody, others, vectors, start, seed=seed)
    progress(FOLDS + 1, FOLDS + 1)
    return ranks, learned


def _write(
    kept: str,
    learned: LinearWeight,
    saved: ModelFolder,
    folder: Path,
    out: Path,
    settings: dict[str, Any],
) -> str:
    """Writes the model, with an export for fast runtimes, and returns its fingerprint.

    A model that stays is copied byte by byte: galleries take its vectors as they did before.
    """
    if kept == AS_IT_WAS:
        names = [WEIGHTS_FILE, CONFIG_FILE, READY, Path(READY).with_suffix(".yaml").name]
        for name in names:
            if (folder / name).is_file():
                with atomic_path(out / name) as draft:
                    draft.write_bytes((folder / name).read_bytes())
        return saved.fingerprint
    put_into(saved, plain_mean(saved) if kept == PLAIN_MEAN else learned)
    notes = {"adapted": settings, "kept": kept, "before": saved.notes}
    fingerprint = save_model(out, saved.model, saved.config, notes=notes)
    make_ready(out)
    return fingerprint


def _read_report(out: Path) -> AdaptReport:
    try:
        content = json.loads((out / REPORT).read_text(encoding="utf-8"))
        scores = {name: Scores(**each) for name, each in content.pop("scores").items()}
        return AdaptReport(**content, scores=scores)
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise StorageError(
            f"a finished adaptation must have its {REPORT}",
            got=f"{out / REPORT}: {error}",
            remedy="Choose another folder by --out.",
        ) from error
