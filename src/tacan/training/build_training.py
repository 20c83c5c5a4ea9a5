"""The parts of a run, built from its settings."""

from __future__ import annotations

from functools import partial
from typing import cast

import torch

from tacan.clips.clip_dataset import TrainingClips
from tacan.clips.identity_sampler import IdentityBatchSampler
from tacan.clips.transforms import ClipAugmentation
from tacan.config import TrainConfig
from tacan.datasets import load_dataset
from tacan.errors import ConfigError
from tacan.losses.multi_loss import MultiLoss
from tacan.losses.softmax import SoftmaxLoss
from tacan.model import build_model
from tacan.model.encoders import FrameEncoder
from tacan.model.memory_format import channels_last
from tacan.training.checkpoints import Checkpoint, check_optimiser, check_weights
from tacan.training.module import TrainingModule
from tacan.training.processes import Processes
from tacan.training.schedule import build_optimiser, learning_rate_factor
from tacan.training.start import trained_model
from tacan.training.training_data import TrainingBatches, TrainingData, divide

__all__ = ["build_batches", "build_module", "read_training_data"]

MIN_MAX_EPS = 1e-6
"""Added to S_B in Eq. 9."""


def read_training_data(config: TrainConfig) -> TrainingData:
    """The training split of `config`, divided. Raises `ConfigError` and `DataError`."""
    data = config.data
    if data.root is None:
        raise ConfigError(
            ["data.root is not set; name the data set's folder with --data.root FOLDER"]
        )
    split = load_dataset(
        data.dataset,
        data.root,
        "train",
        split_number=data.split_number,
        splits_file=data.splits_file,
        variant=data.variant,
        split_seed=data.split_seed,
    )
    return divide(split, validation_share=data.validation_share, seed=config.run.seed)


def build_module(
    config: TrainConfig, *, n_identities: int, checkpoint: Checkpoint | None
) -> TrainingModule:
    """The model and its losses as the seed makes them, or as `checkpoint` left them.

    The global random generator is left as it was. Raises `EncoderError`, `ConfigError` for a model
    to start from that isn't the run's, and `CheckpointError` for a checkpoint of another shape.
    """
    settings = config.model
    start = config.run.start_from if checkpoint is None else None
    if checkpoint is not None:
        settings = settings.model_copy(update={"weights": None})
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(config.run.seed)
        model = build_model(settings) if start is None else trained_model(start, config.model)
        encoder = cast(FrameEncoder, model.encoder)
        encoder.recompute = config.run.recompute
        model.accumulate = config.run.accumulate
        embedding_dim = settings.embedding_dim or encoder.compared_dim
        losses = _build_losses(config, embedding_dim, n_identities)
    channels_last(model)
    make_optimiser = partial(
        build_optimiser,
        config.optimiser.name,
        learning_rate=config.optimiser.learning_rate,
        weight_decay=config.optimiser.weight_decay,
    )
    module = TrainingModule(
        model=model,
        losses=losses,
        build_optimiser=make_optimiser,
        learning_rate=partial(_learning_rate, config),
        seed=config.run.seed,
        largest_gradient=config.optimiser.clip_gradient,
        first_iteration=checkpoint.iteration if checkpoint else 0,
        optimiser_state=checkpoint.optimiser if checkpoint else None,
    )
    if checkpoint is not None:
        check_weights(module.state_dict(), checkpoint.weights)
        check_optimiser(make_optimiser(module.parameters()), checkpoint.optimiser)
        module.load_state_dict(checkpoint.weights)
    return module


def build_batches(
    config: TrainConfig, data: TrainingData, *, first_batch: int, processes: Processes
) -> TrainingBatches:
    """This process' parts of batches `first_batch` and on. Raises `ConfigError`."""
    augmentation = config.augmentation
    clips = TrainingClips(
        data.training,
        data.labels,
        height=config.model.height,
        width=config.model.width,
        clip_len=config.model.clip_len,
        n_clips=config.clips.n_clips,
        sampling=config.clips.sampling,
        augmentation=ClipAugmentation(
            flip=augmentation.flip,
            pad=augmentation.pad,
            erase=augmentation.erase,
            colour=augmentation.colour,
            light=augmentation.light,
            zoom=augmentation.zoom,
            paste=augmentation.paste,
        ),
        keep_frames=_fits(config, data),
    )
    sampler = IdentityBatchSampler(
        data.labels,
        identities_per_batch=config.clips.identities_per_batch,
        tracklets_per_identity=config.clips.tracklets_per_identity,
        n_batches=config.run.iterations,
        seed=config.run.seed,
        first_batch=first_batch,
        rank=processes.rank,
        world_size=processes.world_size,
    )
    n_tracklets = config.clips.identities_per_batch * config.clips.tracklets_per_identity
    n_crops = n_tracklets * config.clips.n_clips * config.model.clip_len // processes.world_size
    return TrainingBatches(
        clips,
        sampler,
        workers=config.data.workers,
        pin_memory=torch.cuda.is_available(),
        batch_bytes=3 * config.model.height * config.model.width * n_crops,
        trainings=processes.local_world_size,
    )


def _fits(config: TrainConfig, data: TrainingData) -> bool:
    """True where every reading process may keep all training crops, resized, in memory."""
    n_frames = sum(len(tracklet) for tracklet in data.training)
    needed = 3 * config.model.height * config.model.width * n_frames * max(1, config.data.workers)
    return needed <= config.data.memory * 1_000_000


def _build_losses(config: TrainConfig, embedding_dim: int, n_identities: int) -> MultiLoss:
    loss = config.loss
    softmax = None
    if loss.softmax > 0:
        softmax = SoftmaxLoss(
            embedding_dim,
            n_identities,
            label_smoothing=loss.label_smoothing,
            bias=not config.model.neck,
        )
    return MultiLoss(
        softmax=softmax,
        softmax_weight=loss.softmax,
        triplet_form=loss.triplet_form,
        triplet_weight=loss.triplet,
        margin=loss.margin,
        min_max_eps=MIN_MAX_EPS,
        min_max_weight=loss.min_max,
        pooling_weight=loss.pooling,
        unit_length=loss.unit_length,
    )


def _learning_rate(config: TrainConfig, iteration: int) -> float:
    optimiser = config.optimiser
    return optimiser.learning_rate * learning_rate_factor(
        iteration,
        iterations=config.run.iterations,
        warmup=optimiser.warmup,
        decay=optimiser.decay,
        decay_at=optimiser.decay_at,
    )
