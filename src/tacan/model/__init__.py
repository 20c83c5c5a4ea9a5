"""The model of Fig. 1, its parts, its builder, and its files."""

from tacan.model.build import build_model
from tacan.model.checkpoint import ModelFolder, SavedModel, load_model, read_model, save_model
from tacan.model.tacan import ClipOutput, Tacan, TacanOutput

__all__ = [
    "ClipOutput",
    "ModelFolder",
    "SavedModel",
    "Tacan",
    "TacanOutput",
    "build_model",
    "load_model",
    "read_model",
    "save_model",
]
