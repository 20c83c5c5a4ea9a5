"""The folder of a run: what lies where, and whether a run may go on in it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tacan.config import TrainConfig, config_yaml, load_config
from tacan.errors import TrainingError
from tacan.files import write_text
from tacan.runs.run_state import setting_differences

__all__ = ["RESUMABLE_CHANGES", "RunFolder", "check_settings", "plain_settings", "resolve_paths"]

Settings = dict[str, dict[str, Any]]

RESUMABLE_CHANGES = frozenset(
    {
        "data.root",
        "data.splits_file",
        "data.workers",
        "data.memory",
        "run.recompute",
        "run.validate_every",
        "run.checkpoint_every",
        "run.log_every",
    }
)
"""Settings that may differ when a run goes on, because the weights don't depend on them."""

ITERATIONS = "run.iterations"
"""May differ where the learning rate doesn't depend on it, or when that is asked for."""

LONGER = (
    " With --change-iterations the run goes on with another length: the learning rate follows that "
    "from here on, and the weights are not those of a run that had it from the beginning."
)


class RunFolder:
    """`config.yaml`, `log.csv`, `validation.csv`, `tensorboard/`, `checkpoints/last.ckpt`, and
    models: `model/`, that of the finished run; until then `last/`, that of the checkpoint; and
    `best/`, the one with the highest mAP in a validation."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.config = path / "config.yaml"
        self.log = path / "log.csv"
        self.checkpoint = path / "checkpoints" / "last.ckpt"
        self.model = path / "model"
        self.last_model = path / "last"
        self.best_model = path / "best"

    def check(self, config: TrainConfig, *, resume: bool, change_iterations: bool) -> None:
        """Checks that `config` may be run here.

        Raises `TrainingError` where another run is kept and `resume` is not set, or where the
        settings of the run to go on with are others; it lists the differences.
        """
        if not self.config.exists():
            return
        if not resume:
            raise TrainingError(
                "a run needs a folder of its own",
                got=f"{self.path}, which holds a run",
                remedy="Go on with that run by --resume, or choose another folder by --out.",
            )
        before = plain_settings(load_config(self.config))
        check_settings(before, config, change_iterations=change_iterations)

    def keep(self, config: TrainConfig) -> None:
        """Writes down the settings. Raises `StorageError`."""
        write_text(self.config, config_yaml(config))


def resolve_paths(config: TrainConfig) -> TrainConfig:
    """`config` with absolute paths, so that a run can go on from any working directory."""
    weights = config.model.weights
    paths = {name: getattr(config.data, name) for name in ("root", "splits_file")}
    data = config.data.model_copy(
        update={name: path.absolute() if path else None for name, path in paths.items()}
    )
    is_file = weights is not None and weights != "pretrained"
    model = config.model.model_copy(
        update={"weights": str(Path(weights).absolute()) if weights and is_file else weights}
    )
    start = config.run.start_from
    if start and Path(start).exists():
        start = str(Path(start).absolute())
    run = config.run.model_copy(update={"start_from": start})
    return config.model_copy(update={"data": data, "model": model, "run": run})


def plain_settings(config: TrainConfig) -> Settings:
    """Sections of settings of numbers, strings and lists."""
    return config.model_dump(mode="json")


def check_settings(
    before: Settings, config: TrainConfig, *, change_iterations: bool = False
) -> None:
    """Raises `TrainingError` where a run begun with `before` can't go on with `config`.

    It lists the differences that matter: those that the weights depend on. With
    `change_iterations` the length of the run may differ, whatever depends on it.
    """
    now, changeable = plain_settings(config), RESUMABLE_CHANGES
    if change_iterations or config.optimiser.decay == "none":
        changeable |= {ITERATIONS}
    if differences := setting_differences(before, now, changeable=changeable):
        raise TrainingError(
            "a run goes on with the settings that it began with",
            got="\n  - ".join(["", *differences]),
            remedy="\nTake those of the run's config.yaml, or choose another folder by --out."
            + (LONGER if any(text.startswith(ITERATIONS) for text in differences) else ""),
        )
