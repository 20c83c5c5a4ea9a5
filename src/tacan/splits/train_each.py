"""A model for each split: trained on its train half, and tested with the other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from tacan.config import TrainConfig, load_config
from tacan.errors import ConfigError, StorageError, TrainingError
from tacan.features.features_file import Features, load_features
from tacan.progress import Progress
from tacan.runs.splits_folder import SplitsFolder, finished
from tacan.runs.training_folder import RESUMABLE_CHANGES, plain_settings, resolve_paths
from tacan.splits.split_choice import SplitChoice, TrainTestSplit
from tacan.splits.vector_source import Extraction, Listeners, Stage
from tacan.training import train
from tacan.training.processes import Processes

__all__ = ["TrainEach", "training_config"]

CHOSEN = ("dataset", "root", "split_number", "variant", "splits_file", "split_seed")
"""Settings of the section `data` that the choice of splits decides."""


def training_config(
    source: str | Path, overrides: Mapping[str, Any], choice: SplitChoice
) -> TrainConfig:
    """The settings of preset or file `source`, with `overrides`, for the data of `choice`.

    The data set that a file names gives way to that of `choice`. Raises `ConfigError`, also for
    an override of what `choice` says.
    """
    names = [f"data.{name}" for name in CHOSEN]
    if taken := [name for name in names if name in overrides]:
        faults = [f"{name} is what the command itself says of the data set" for name in taken]
        raise ConfigError(faults, source="the command line")
    chosen = {"dataset": choice.dataset, "root": choice.root, "split_number": None}
    data = {f"data.{name}": value for name, value in (chosen | choice.options).items()}
    return load_config(source, {**overrides, **data})


class TrainEach:
    """Vectors of each test half by a model that was trained on the other half.

    Every training begins with the same seed: what differs between splits is the people.

    Parameters
    ----------
    config
        The settings of all trainings, see `training_config`.
    extraction
        How tracklets are embedded.
    fetch
        As for `tacan.training.train`.

    Raises `TrainingError` in one of several processes that torchrun started.
    """

    def __init__(
        self, config: TrainConfig, *, extraction: Extraction | None = None, fetch: bool = False
    ) -> None:
        self._fetch = fetch
        self._config = resolve_paths(config)
        self._extraction = extraction or Extraction()
        n_processes = Processes.from_torchrun().world_size
        if n_processes > 1:
            raise TrainingError(
                "splits are trained by one process, one after another",
                got=f"{n_processes} processes of torchrun",
                remedy="Start it without torchrun; give several machines splits of their own.",
            )

    def settings(self) -> dict[str, Any]:
        """The training settings that the weights depend on, by their dotted names."""
        plain = {
            f"{section}.{name}": value
            for section, settings in plain_settings(self._config).items()
            for name, value in settings.items()
            if f"{section}.{name}" not in RESUMABLE_CHANGES
            and not (section == "data" and name in CHOSEN)
        }
        return {"source": "a training for each split", **plain, **self._extraction.settings()}

    def vectors(
        self, splits: Sequence[TrainTestSplit], folder: SplitsFolder, listeners: Listeners
    ) -> Iterator[Features]:
        """Trains on each train half and embeds its test half, where that is not in `folder`.

        A training that was interrupted goes on. Raises `StorageError` where a finished split was
        one of other people, and what `tacan.training.train` and
        `tacan.embeddings.extract.embed_to_file` raise.
        """
        for place, split in enumerate(splits):
            path = folder.features(split.number)
            features = finished(path)
            if features is not None and features.meta.get("halves") != split.key:
                raise _other_people(folder, split)
            done, count = features is not None, 2 * len(splits)
            training = Stage(
                2 * place + 1, count, f"Train on split {split.number}", "iterations", done
            )
            with listeners.stage(training) as progress:
                if not done:
                    train(
                        self._for_split(split.number),
                        folder.run(split.number),
                        resume=True,
                        fetch=self._fetch,
                        progress=progress,
                    )
            embedding = Stage(2 * place + 2, count, f"Embed split {split.number}", "frames", done)
            with listeners.stage(embedding) as progress:
                if features is None:
                    features = self._embed(split, folder, listeners, progress)
            yield features

    def _for_split(self, number: int) -> TrainConfig:
        data = self._config.data.model_copy(update={"split_number": number})
        return self._config.model_copy(update={"data": data})

    def _embed(
        self, split: TrainTestSplit, folder: SplitsFolder, listeners: Listeners, progress: Progress
    ) -> Features:
        model, path = folder.run(split.number), folder.features(split.number)
        notes = {"model": str(model), "halves": split.key}
        report = self._extraction.to_file(
            split.test, self._extraction.open(str(model)), path, notes=notes, progress=progress
        )
        listeners.report(report)
        return load_features(path)


def _other_people(folder: SplitsFolder, split: TrainTestSplit) -> StorageError:
    return StorageError(
        "a finished split keeps its people and their crops",
        got=f"others for split {split.number} than when {folder.features(split.number)} was made",
        remedy="Restore the data set and its splits file, or choose another folder by --out.",
    )
