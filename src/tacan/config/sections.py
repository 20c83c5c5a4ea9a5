"""The settings of a training run, each with its meaning, its range and its one default."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from tacan.computing import Precision

__all__ = [
    "AugmentationConfig",
    "ClipConfig",
    "DataConfig",
    "LossConfig",
    "ModelConfig",
    "OptimiserConfig",
    "RunConfig",
    "TrainConfig",
]


def _list_of_words(value: Any) -> Any:
    """`[0.5, 0.5]` on a command line -> its words; anything else stays."""
    if not isinstance(value, str):
        return value
    inner = value.strip().removeprefix("[").removesuffix("]")
    return [word.strip() for word in inner.split(",")] if inner.strip() else []


Finite = Annotated[float, Field(allow_inf_nan=False)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Probability = Annotated[float, Field(ge=0, le=1)]
NonNegative = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Count = Annotated[int, Field(ge=1)]
Triple = Annotated[tuple[Finite, Finite, Finite], BeforeValidator(_list_of_words)]
PositiveTriple = Annotated[tuple[Positive, Positive, Positive], BeforeValidator(_list_of_words)]
Shares = Annotated[tuple[Annotated[float, Field(gt=0, lt=1)], ...], BeforeValidator(_list_of_words)]


class Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class DataConfig(Section):
    """Where the tracklets come from."""

    dataset: str = "mars"
    """Name of the data set's layout: `mars`, `ilids-vid`, `prid2011`, `duke-video` or `folder`."""
    root: Path | None = None
    """Its folder."""
    split_number: Annotated[int, Field(ge=0)] | None = None
    """Which of the numbered halvings of iLIDS-VID and PRID-2011, from 0; their first one if none
    is given. `tacan splits` trains on all of them in turn."""
    variant: str | None = None
    """For PRID-2011: `prid-178` (its default, the published halvings) or `prid-200` (seeded)."""
    splits_file: Path | None = None
    """Halvings in place of those in the root, for iLIDS-VID and `prid-178`."""
    split_seed: Annotated[int, Field(ge=0)] | None = None
    """For `prid-200`: what its halvings are drawn from; 0 if none is given."""
    validation_share: Annotated[float, Field(ge=0, lt=1)] = 0.1
    """Share of the training identities held out for validation; 0 trains on all, unvalidated."""
    workers: Annotated[int, Field(ge=0)] = 1
    """Processes that read crops beside the training process; 0 reads in that process."""
    memory: Annotated[int, Field(ge=0)] = 1024
    """MB in which these processes may keep crops. Training data that fits, resized, is read from
    disk once; larger data is read anew each time."""


class ClipConfig(Section):
    """How tracklets become clips, and clips a batch, in training."""

    n_clips: Count = 4
    """m, clips drawn from each tracklet. The clip weight learns only where they compete: m > 1."""
    sampling: Literal["consecutive", "strided", "segments"] = "consecutive"
    """Which frames make a training clip: T in a row, T with gaps, or T in a row from each of m
    equal segments of the tracklet."""
    identities_per_batch: Annotated[int, Field(ge=1)] = 8
    """k, identities in a batch."""
    tracklets_per_identity: Count = 4
    """j, tracklets of each identity in a batch; k x j is the batch (the paper's 32)."""


class AugmentationConfig(Section):
    """Random changes to a training clip: the same for all of its frames."""

    flip: Probability = 0.5
    """Probability of a mirror image."""
    pad: Annotated[int, Field(ge=0)] = 0
    """Pixels added on every side before a crop of the old size is cut out at random."""
    erase: Probability = 0.0
    """Probability that a random box is erased."""
    colour: Annotated[float, Field(ge=0, le=0.5)] = 0.0
    """Strength of random changes in brightness, contrast and saturation."""
    light: Annotated[float, Field(ge=0, le=1)] = 0.0
    """Strength of another camera's light: its exposure, colour cast, gamma and contrast, as
    standard deviations of logarithms (0.3 is much)."""
    zoom: Annotated[float, Field(ge=0, le=0.5)] = 0.0
    """Share of a crop's height that a badly cut box may lose below, and half of it elsewhere."""
    paste: Probability = 0.0
    """Probability that a part of somebody else's crop covers a part of the clip."""


class ModelConfig(Section):
    """Everything that a model is built from, and what its user must know to feed it."""

    encoder: str = "resnet50"
    """Frame encoder: `small` (five layers, for CPUs), `small_narrow` (fewer channels, for
    a clip weight alone), `small_se` (`small` with squeeze and excitation); `banded` (colours and
    textures by height, on a MobileNetV2: what carries to new cameras; its first stages keep their
    weights), `banded_masked` (the same with a mask of the person, learned from masks, behind which
    hidden bands fade: `street`), `banded_unfrozen` (all stages learn, as they must from random
    weights), `small_banded` and `small_banded_se` (the same on the small ones); or the name of a
    timm backbone, such as `resnet50` or `legacy_seresnet50` (the paper's SENet50)."""
    weights: str | None = None
    """The encoder's first weights: a local file (.safetensors, or .pth read without its code),
    `pretrained` to let timm fetch its own from the network, or none for random ones."""
    last_stride: Annotated[int, Field(ge=1, le=2)] = 2
    """Stride of the encoder's last stage; 1 doubles the map's height and width."""
    height: Annotated[int, Field(ge=16, le=1024)] = 224
    """H, pixels that a crop is resized to."""
    width: Annotated[int, Field(ge=8, le=1024)] = 112
    """W, pixels that a crop is resized to."""
    mean: Triple = (0.485, 0.456, 0.406)
    """Mean of red, green and blue that is subtracted, in a range of 0 to 1 (ImageNet's)."""
    std: PositiveTriple = (0.229, 0.224, 0.225)
    """Standard deviation of red, green and blue that is divided by (ImageNet's)."""
    clip_len: Annotated[int, Field(ge=1, le=64)] = 4
    """T, frames in a clip, in training and afterwards."""
    temporal_pooling: Literal[
        "mean",
        "max",
        "attention",
        "attention_rectified",
        "attention_literal",
        "rnn",
        "lstm",
        "convolution",
        "non_local",
        "parts",
        "regions",
        "self_attention",
    ] = "attention"
    """Frames to clip: plain mean or max; Fig. 2's attention; the same with its reference's ReLU on
    the score; that with the factor 1/T as Sec. 3.2 prints it. The others are the paper's rivals:
    recurrent networks, a convolution over time, a 3-D convolution with a non-local block (ResNet3D
    NL), parts that are to differ (STAN), the quality of regions (RQEN), self-attention (SCAN)."""
    attention_channels: Annotated[int, Field(ge=1, le=4096)] = 256
    """Hidden channels of the attention: `attention`, `parts`, `self_attention`."""
    clip_weight: Literal["none", "linear_mean", "sigmoid_mean", "sigmoid_sum", "softmax"] = (
        "sigmoid_sum"
    )
    """Clips to tracklet: plain mean; Eq. 1 and 3 to the letter (`linear_mean`); a sigmoid weight
    divided by the number of clips, or by the sum of the weights; a softmax over the clips."""
    embedding_dim: Annotated[int, Field(ge=0, le=16384)] = 1024
    """D of the embedding layer (Eq. 2); 0 leaves the layer out, so that D = d."""
    neck: bool = False
    """BNNeck: batch normalisation between the metric losses and what is searched with."""
    metric: Literal["euclidean", "cosine"] = "euclidean"
    """The distance that the model's vectors are meant for."""


class LossConfig(Section):
    """The terms of Eq. 4. A weight of 0 turns a term off."""

    softmax: NonNegative = 1.0
    """Weight of the classification loss."""
    label_smoothing: Annotated[float, Field(ge=0, lt=1)] = 0.1
    """Share of the target spread over all identities."""
    triplet: NonNegative = 1.0
    """Weight of the batch-hard triplet loss (Eq. 5 and 6)."""
    triplet_form: Literal[
        "distance", "squared_sum", "distance_sum", "squared_mean", "soft_margin"
    ] = "distance"
    """Distance and mean over anchors; Eq. 5 to the letter, squared and summed; what lies between
    the two; or softplus in place of the margin."""
    margin: NonNegative = 0.3
    """alpha of Eq. 5."""
    unit_length: bool = False
    """Triplet and min-max losses see embeddings scaled to length 1, for a model whose vectors are
    compared by cosine distance."""
    min_max: NonNegative = 1.0
    """Weight of the min-max loss (Eq. 7 to 9)."""
    pooling: NonNegative = 1.0
    """Weight of the loss that a temporal pooling brings along, as `parts` does: the others have
    none."""


class OptimiserConfig(Section):
    """How the weights move. Its unit is the iteration: one batch, one step."""

    name: Literal["adam", "adamw", "sgd"] = "adam"
    """The optimiser; SGD has a momentum of 0.9."""
    learning_rate: Annotated[float, Field(gt=0, le=10)] = 3e-4
    """Learning rate after the warm-up."""
    weight_decay: NonNegative = 5e-4
    """Weight decay."""
    warmup: Annotated[int, Field(ge=0)] = 0
    """Iterations in which the learning rate rises from a hundredth of itself."""
    decay: Literal["none", "step", "cosine"] = "step"
    """After the warm-up: constant, divided by ten at each of `decay_at`, or half a cosine to 0."""
    decay_at: Shares = (0.25, 0.5, 0.75)
    """Steps of the `step` decay, as shares of the run."""
    clip_gradient: NonNegative = 0.0
    """Largest norm of the gradient; 0 leaves it alone."""


class RunConfig(Section):
    """How the run itself goes."""

    iterations: Count = 62_000
    """Steps of the optimiser in all."""
    seed: Annotated[int, Field(ge=0, lt=2**31)] = 0
    """Seed of everything that is random."""
    start_from: str | None = None
    """A trained model to go on from: its folder, a run's folder, or a model that ships. The run
    must have its settings under `model`; the classifier of identities begins anew."""
    precision: Precision = "32"
    """Arithmetic of the forward pass. The losses stay in float32."""
    recompute: bool = False
    """Compute the encoder's activations a second time on the way back: a third more time for a
    fraction of the memory."""
    accumulate: Count = 1
    """Parts in which a process takes the clips of its batch, one after another, for GPUs of little
    memory: it holds the activations of one part at a time. The losses see the whole batch, and the
    gradient is that of the whole, for a third more time; only batch normalisation sees each part
    by itself."""
    sync_batch_norm: bool = False
    """Batch normalisation over the whole batch of several GPUs under torchrun, not over each one's
    part of it. Slower; worth it where a GPU's part is small. Without effect in one process."""
    validate_every: Annotated[int, Field(ge=0)] = 2000
    """Iterations between two validations on the held-out training identities; 0 is never."""
    checkpoint_every: Count = 500
    """Iterations between two resumable checkpoints."""
    log_every: Count = 10
    """Iterations between two rows of the log."""


class TrainConfig(Section):
    """All settings of a training run."""

    data: DataConfig = DataConfig()
    clips: ClipConfig = ClipConfig()
    augmentation: AugmentationConfig = AugmentationConfig()
    model: ModelConfig = ModelConfig()
    loss: LossConfig = LossConfig()
    optimiser: OptimiserConfig = OptimiserConfig()
    run: RunConfig = RunConfig()
