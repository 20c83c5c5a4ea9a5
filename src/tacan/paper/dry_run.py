"""Two steps of each row at its full size: that it builds, learns, saves, goes on and embeds.

Only the batch is smaller, two people with two tracklets each, and first weights are random. So rows
that need a large GPU can be tried on any machine before one is asked for.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tacan.config import TrainConfig
from tacan.datasets import load_dataset
from tacan.paper.benchmark import generate_part
from tacan.paper.variants import Variant, variant_config
from tacan.progress import Stage, StageListener, unheard
from tacan.runs.run_state import remove

__all__ = ["DryRun", "dry_run"]

STEPS = 2

SMALL: dict[str, Any] = {
    "data.dataset": "folder",
    "data.workers": 0,
    "data.validation_share": 0.0,
    "clips.identities_per_batch": 2,
    "clips.tracklets_per_identity": 2,
    "model.weights": None,
    "optimiser.warmup": 0,
    "run.iterations": 1,
    "run.validate_every": 0,
    "run.checkpoint_every": 1,
    "run.log_every": 1,
    "run.precision": "32",
}
"""What differs from a row's own settings: nothing of its model, losses and clips."""

PEOPLE: dict[str, Any] = {
    "layout": "folder",
    "identities": 3,
    "cameras": 2,
    "seed": 0,
    "height": 64,
    "width": 32,
    "min_frames": 4,
    "median_frames": 6,
    "max_frames": 8,
    "distractor_share": 0.0,
    "junk_share": 0.0,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class DryRun:
    """What came of a row: losses of both steps, bytes of its checkpoint, D and the time."""

    row: str
    losses: tuple[float, float]
    checkpoint_bytes: int
    embedding_dim: int
    seconds: float


def dry_run(
    variants: Iterable[Variant],
    base: Path,
    out: Path,
    *,
    device: str = "auto",
    listener: StageListener = unheard,
) -> list[DryRun]:
    """Tries every row of `variants` over the full model of `base`, in the folder `out`.

    Each takes one step, is saved, goes on for another, and embeds; its folder is removed.
    Raises whatever a real run of the row would.
    """
    people = out / "people"
    generate_part(people, PEOPLE)
    rows = list(variants)
    found = []
    for place, variant in enumerate(rows, start=1):
        config = variant_config(variant, base, {**SMALL, "data.root": str(people)})
        stage = Stage(place, len(rows), f"Try {variant.name}", "steps", done=False)
        with listener(stage) as progress:
            found.append(_try(variant.name, config, out, device))
            progress(STEPS, STEPS)
    return found


def _try(row: str, config: TrainConfig, out: Path, device: str) -> DryRun:
    from tacan.embeddings.extract import embed_to_file
    from tacan.embeddings.open import open_model
    from tacan.features.features_file import load_features
    from tacan.training import train

    folder, begun = out / row, time.monotonic()
    remove(out, [row])  # of an earlier try that was interrupted
    losses = []
    longer = config.run.model_copy(update={"iterations": STEPS})
    for settings in (config, config.model_copy(update={"run": longer})):
        record = train(
            settings,
            folder,
            resume=True,
            change_iterations=True,
            on_row=lambda line: losses.append(line.losses["loss"]),
        )
    checkpoint_bytes = sum(f.stat().st_size for f in _files(record.checkpoint))
    vectors = folder / "features.npz"
    split = load_dataset("folder", config.data.root or out, "train")
    embed_to_file(split, open_model(str(folder), device=device), vectors)
    embedded = load_features(vectors)
    remove(out, [row])
    return DryRun(
        row=row,
        losses=(losses[0], losses[-1]),
        checkpoint_bytes=checkpoint_bytes,
        embedding_dim=embedded.embeddings.shape[1],
        seconds=time.monotonic() - begun,
    )


def _files(path: Path) -> list[Path]:
    return [path] if path.is_file() else [each for each in path.rglob("*") if each.is_file()]
