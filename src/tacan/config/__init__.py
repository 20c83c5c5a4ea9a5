"""Settings: their sections, the presets, and how a file, a preset and the command line meet."""

from tacan.config.load import config_yaml, load_config
from tacan.config.presets import PRESETS
from tacan.config.sections import (
    AugmentationConfig,
    ClipConfig,
    DataConfig,
    LossConfig,
    ModelConfig,
    OptimiserConfig,
    RunConfig,
    TrainConfig,
)

__all__ = [
    "PRESETS",
    "AugmentationConfig",
    "ClipConfig",
    "DataConfig",
    "LossConfig",
    "ModelConfig",
    "OptimiserConfig",
    "RunConfig",
    "TrainConfig",
    "config_yaml",
    "load_config",
]
