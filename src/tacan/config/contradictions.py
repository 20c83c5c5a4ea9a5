"""Settings that are fine one by one and can't work together."""

from __future__ import annotations

from collections.abc import Iterator

from tacan.config.sections import TrainConfig

__all__ = ["contradictions"]

Location = tuple[str, ...]


def contradictions(config: TrainConfig) -> Iterator[tuple[tuple[Location, ...], str]]:
    """Yields the settings that contradict each other, by name, and why they do."""
    clips, model, loss = config.clips, config.model, config.loss
    optimiser, run = config.optimiser, config.run
    pairwise = loss.triplet > 0 or loss.min_max > 0
    if clips.n_clips == 1 and model.clip_weight in ("sigmoid_sum", "softmax"):
        yield (
            (("clips", "n_clips"), ("model", "clip_weight")),
            f"clip weight {model.clip_weight!r} divides by the sum of a tracklet's weights, and so "
            "gets no gradient from tracklets of one clip; set clips.n_clips to 2 or more, or "
            "model.clip_weight to none",
        )
    if pairwise and clips.identities_per_batch < 2:
        yield (
            (("clips", "identities_per_batch"), ("loss", "triplet"), ("loss", "min_max")),
            "triplet and min-max losses compare identities, and a batch of one has nothing to "
            "compare; set clips.identities_per_batch to 2 or more",
        )
    if pairwise and clips.tracklets_per_identity < 2:
        yield (
            (("clips", "tracklets_per_identity"), ("loss", "triplet"), ("loss", "min_max")),
            "triplet and min-max losses need two tracklets of an identity to pull together; set "
            "clips.tracklets_per_identity to 2 or more",
        )
    if not pairwise and loss.softmax == 0:
        yield (
            (("loss", "softmax"), ("loss", "triplet"), ("loss", "min_max")),
            "with every loss turned off nothing is learnt; give one of them a weight above 0",
        )
    if model.encoder.startswith("small") and model.weights == "pretrained":
        yield (
            (("model", "encoder"), ("model", "weights")),
            "the small encoders have no published weights; leave model.weights out or name a file",
        )
    if "banded" in model.encoder and {*model.mean, *model.std} != {0.5}:
        yield (
            (("model", "encoder"), ("model", "mean"), ("model", "std")),
            f"the encoder {model.encoder!r} counts colours of pixels from -1 to 1; set model.mean "
            "and model.std to [0.5, 0.5, 0.5]",
        )
    n_clips = clips.identities_per_batch * clips.tracklets_per_identity * clips.n_clips
    if run.accumulate > n_clips:
        yield (
            (("run", "accumulate"), ("clips", "n_clips")),
            f"a batch of {n_clips} clips can't be taken in {run.accumulate} parts; lower "
            "run.accumulate",
        )
    if optimiser.warmup >= run.iterations:
        yield (
            (("optimiser", "warmup"), ("run", "iterations")),
            f"a warm-up of {optimiser.warmup} iterations leaves none of {run.iterations} to train "
            "in; shorten optimiser.warmup",
        )
    if run.validate_every and config.data.validation_share == 0:
        yield (
            (("run", "validate_every"), ("data", "validation_share")),
            "there is nothing to validate on; set data.validation_share above 0, or "
            "run.validate_every to 0",
        )
