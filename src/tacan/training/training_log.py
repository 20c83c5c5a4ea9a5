"""The log of a run: rows of a CSV file, and the same for TensorBoard."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from torch.utils.tensorboard.writer import SummaryWriter

from tacan.errors import StorageError
from tacan.files import write_text
from tacan.training.validation import SCORES

__all__ = ["LOG_COLUMNS", "VALIDATION_COLUMNS", "CsvLog", "LogRow", "RunLog"]

LOG_COLUMNS = (
    "iteration",
    "loss",
    "softmax",
    "triplet",
    "min_max",
    "pooling",
    "learning_rate",
    "images_per_second",
)
VALIDATION_COLUMNS = ("iteration", *SCORES)


@dataclass(frozen=True, slots=True)
class LogRow:
    """A row of the log: means of the losses and the speed since the row before."""

    iteration: int
    """Iterations that are done, of the whole run."""
    losses: Mapping[str, float]
    """`loss`, the total, and each term that is on."""
    learning_rate: float
    """In the latest iteration."""
    images_per_second: float
    """Crops of all processes."""

    def values(self) -> dict[str, float]:
        """By the names of `LOG_COLUMNS`."""
        return {
            **self.losses,
            "learning_rate": self.learning_rate,
            "images_per_second": self.images_per_second,
        }


class CsvLog:
    """A CSV file that grows by whole rows, the first column being the iteration.

    What a killed run wrote about iterations after `last_iteration` is taken out first.
    """

    def __init__(self, path: Path, columns: tuple[str, ...], *, last_iteration: int) -> None:
        self._path = path
        self._columns = columns
        kept = _rows_until(path, columns, last_iteration)
        write_text(path, _as_csv([columns, *kept]))

    def append(self, row: Mapping[str, float]) -> None:
        """Raises `StorageError`."""
        line = _as_csv([[_number(row.get(column)) for column in self._columns]])
        with storing(self._path), self._path.open("a", encoding="utf-8", newline="") as stream:
            stream.write(line)


class RunLog:
    """`log.csv`, `validation.csv` and `tensorboard/` in a run's folder."""

    def __init__(self, folder: Path, *, last_iteration: int) -> None:
        self._losses = CsvLog(folder / "log.csv", LOG_COLUMNS, last_iteration=last_iteration)
        self._validations: CsvLog | None = None
        self._folder = folder
        self._last_iteration = last_iteration
        self._board = SummaryWriter(
            str(folder / "tensorboard"), purge_step=last_iteration + 1 if last_iteration else None
        )

    def row(self, row: LogRow) -> None:
        self._losses.append({"iteration": row.iteration, **row.values()})
        self._draw("training", row.values(), row.iteration)

    def validation(self, iteration: int, scores: Mapping[str, float]) -> None:
        if self._validations is None:
            self._validations = CsvLog(
                self._folder / "validation.csv",
                VALIDATION_COLUMNS,
                last_iteration=self._last_iteration,
            )
        self._validations.append({"iteration": iteration, **scores})
        self._draw("validation", scores, iteration)

    def close(self) -> None:
        with storing(self._folder / "tensorboard"):
            self._board.close()

    def _draw(self, part: str, values: Mapping[str, float], iteration: int) -> None:
        with storing(self._folder / "tensorboard"):
            for name, value in values.items():
                self._board.add_scalar(f"{part}/{name}", value, iteration)


@contextmanager
def storing(path: Path) -> Iterator[None]:
    """A block whose operating system errors are told as a `StorageError` about `path`."""
    try:
        yield
    except OSError as error:
        raise StorageError(
            f"{path} must be writable, with room for the data",
            got=error.strerror or str(error),
            remedy="The run's last checkpoint is untouched. Free some space and resume.",
        ) from error


def _rows_until(path: Path, columns: tuple[str, ...], last_iteration: int) -> list[list[str]]:
    """The whole rows of a log, also of one that was begun with fewer columns."""
    if not path.is_file():
        return []
    with path.open(encoding="utf-8", errors="replace", newline="") as stream:
        rows = list(csv.reader(stream))
    if not rows or rows[0][:1] != [columns[0]] or not set(rows[0]) <= set(columns):
        return []
    return [
        [dict(zip(rows[0], row, strict=True)).get(column, "") for column in columns]
        for row in rows[1:]
        if len(row) == len(rows[0]) and row[0].isdigit() and int(row[0]) <= last_iteration
    ]


def _as_csv(rows: Iterable[Iterable[object]]) -> str:
    stream = io.StringIO()
    csv.writer(stream, lineterminator="\n").writerows(rows)
    return stream.getvalue()


def _number(value: float | None) -> str:
    return "" if value is None else repr(value) if isinstance(value, int) else f"{value:.6g}"
