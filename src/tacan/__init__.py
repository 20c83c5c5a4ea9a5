"""TACAN: find the same person again in video.

A tracklet becomes clips, clips become embeddings with a learned weight each, and their weighted
mean is the tracklet's vector. Everything for that from Python, loaded when it is first used:

    load_dataset     the tracklets of a data set
    open_model       a model, ours or a frozen encoder
    embed            tracklets to vectors
    load_features    vectors from a file
    evaluate         mAP and CMC of vectors
    find_tracklets   the people in a video
    open_gallery     the people that were seen, in a folder
    index_videos     videos into a gallery
    search           who else is this?
    load_config      the settings of a training
    train            a model from tracklets
    TacanError       every expected fault

>>> import tacan
>>> model = tacan.open_model("street")  # doctest: +SKIP
>>> people = tacan.load_dataset("folder", "people")  # doctest: +SKIP
>>> features, report = tacan.embed(people, model)  # doctest: +SKIP
>>> tacan.evaluate(features, "cross-camera").mean_ap  # doctest: +SKIP
0.815
"""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

from tacan.version import VERSION

if TYPE_CHECKING:
    from tacan.config import load_config
    from tacan.datasets import load_dataset
    from tacan.embeddings.extract import embed
    from tacan.embeddings.open import open_model
    from tacan.errors import TacanError
    from tacan.evaluation import evaluate
    from tacan.features.features_file import load_features
    from tacan.gallery import open_gallery
    from tacan.indexing.index_videos import index_videos
    from tacan.search.search import search
    from tacan.training import train
    from tacan.video.tracklets import find_tracklets

__version__ = VERSION

__all__ = [
    "TacanError",
    "__version__",
    "embed",
    "evaluate",
    "find_tracklets",
    "index_videos",
    "load_config",
    "load_dataset",
    "load_features",
    "open_gallery",
    "open_model",
    "search",
    "train",
]

_PLACES = {
    "TacanError": "tacan.errors",
    "embed": "tacan.embeddings.extract",
    "evaluate": "tacan.evaluation",
    "find_tracklets": "tacan.video.tracklets",
    "index_videos": "tacan.indexing.index_videos",
    "load_config": "tacan.config",
    "load_dataset": "tacan.datasets",
    "load_features": "tacan.features.features_file",
    "open_gallery": "tacan.gallery",
    "open_model": "tacan.embeddings.open",
    "search": "tacan.search.search",
    "train": "tacan.training",
}


def __getattr__(name: str) -> Any:
    """What `__all__` names, imported when it is first asked for (PEP 562)."""
    if name not in _PLACES:
        raise AttributeError(f"module 'tacan' has no attribute {name!r}")
    return getattr(import_module(_PLACES[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)


class _FrontDoor(ModuleType):
    """This module, whose `search` is the function although a room has the same name.

    The import system writes a room into the package as an attribute, where `__getattr__` would no
    longer be asked. `from tacan.search import ...` works as ever.
    """

    @property
    def search(self) -> Any:
        return __getattr__("search")

    @search.setter
    def search(self, room: ModuleType) -> None:
        pass


sys.modules[__name__].__class__ = _FrontDoor
