"""Files of arrays, whatever their format: each as a dict from names to arrays.

| ending | read as |
|---|---|
| .npz | its arrays, without pickles |
| .npy | one array, called `embeddings` |
| .mat | its variables (MATLAB up to v7.2) |
| .csv | its columns, under the names in the first line |
| .parquet | its columns, if pyarrow is installed (the extra `parquet`) |
| a folder | the tables of MARS (`info`), as labels |

In a table, columns that share a stem and end in a number (`f0`, `f1`, ...) are put together, in
the order of the numbers, as one array [N, D] called `embeddings`.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tacan.errors import FeaturesError
from tacan.text import counted

__all__ = ["Arrays", "matlab_vector", "read_arrays"]

Arrays = dict[str, NDArray[Any]]

_NUMBERED = re.compile(r"(.*?)(\d+)")
_TRUTH = {"true": True, "false": False}


def read_arrays(path: Path) -> Arrays:
    """The arrays of a file of any known kind. Raises `FeaturesError`."""
    if path.is_dir():
        return _read_mars(path)
    if not path.is_file():
        raise FeaturesError(
            "a file of features must exist", got=str(path), remedy="Check the path."
        )
    if path.suffix.lower() not in READERS:
        raise FeaturesError(
            f"features must be in a file that ends in {', '.join(READERS)}",
            got=path.name,
            remedy="Save them in one of these formats.",
        )
    try:
        return READERS[path.suffix.lower()](path)
    except FeaturesError:
        raise
    except Exception as error:  # Damaged files make their readers raise errors of many kinds.
        raise _unreadable(path, error) from error


def _unreadable(path: Path, error: Exception) -> FeaturesError:
    if "Object arrays" in str(error):
        return FeaturesError(
            "a features file must hold plain arrays, for a pickle can run any code",
            got=f"{path} with an array of Python objects",
            remedy="Store numbers, truth values and strings (`numpy.asarray(x, dtype=...)`).",
        )
    return FeaturesError(
        f"a {path.suffix} file must be whole and readable",
        got=f"{path}: {error}",
        remedy="Write it again.",
    )


def _read_npz(path: Path) -> Arrays:
    with np.load(path, allow_pickle=False) as archive:
        return {name: archive[name] for name in archive}


def _read_npy(path: Path) -> Arrays:
    return {"embeddings": np.load(path, allow_pickle=False)}


def _read_mat(path: Path) -> Arrays:
    from scipy.io import loadmat

    try:
        contents = loadmat(path)
    except NotImplementedError as error:
        raise FeaturesError(
            "a .mat file must be of version 7.2 or older",
            got=f"{path}, which is of version 7.3",
            remedy="Save it in MATLAB with `save(file, '-v7', ...)`.",
        ) from error
    return {name: array for name, array in contents.items() if not name.startswith("__")}


def matlab_vector(array: NDArray[Any]) -> NDArray[Any]:
    """A vector without MATLAB's second axis, and whole numbers as such: MATLAB has all as double.

    >>> matlab_vector(np.array([[1.0], [2.0]]))
    array([1, 2])
    """
    if array.ndim == 2 and 1 in array.shape:
        array = array.ravel()
        if array.dtype.kind == "f" and np.isfinite(array).all() and (array % 1 == 0).all():
            return array.astype(np.int64)
        if array.dtype.kind == "O":
            return np.array([str(np.squeeze(entry)) for entry in array])
    return array


def _read_csv(path: Path) -> Arrays:
    with path.open(newline="", encoding="utf-8-sig") as stream:
        lines = csv.reader(stream)
        names = next(lines, [])
        numbered = _numbered_columns(names)
        others = [i for i in range(len(names)) if i not in set(numbered)]
        rows, vectors = [], []
        for number, line in enumerate(lines, start=2):
            if len(line) != len(names):
                raise FeaturesError(
                    f"each line must have {counted(len(names), 'field')}, as the first has",
                    got=f"{len(line)} in line {number} of {path}",
                    remedy="Mend the line.",
                )
            rows.append([line[i] for i in others])
            vectors.append(np.array([_number(line[i]) for i in numbered], dtype=np.float32))
    columns = zip(*rows, strict=True) if rows else [()] * len(others)
    arrays = {names[i]: _typed(column) for i, column in zip(others, columns, strict=True)}
    return {**arrays, "embeddings": np.array(vectors)} if numbered else arrays


def _read_parquet(path: Path) -> Arrays:
    try:
        import pyarrow.parquet as parquet
    except ImportError as error:
        raise FeaturesError(
            "a .parquet file can be read only where pyarrow is installed",
            got=str(path),
            remedy="Run `pip install 'tacan[parquet]'`, or save the columns as .csv or .npz.",
        ) from error
    table = parquet.read_table(path)
    arrays = {name: _from_arrow(table[name].to_numpy()) for name in table.column_names}
    numbered = [table.column_names[i] for i in _numbered_columns(table.column_names)]
    if numbered:
        arrays["embeddings"] = np.stack([arrays.pop(name) for name in numbered], axis=1)
    return arrays


def _from_arrow(column: NDArray[Any]) -> NDArray[Any]:
    """Strings as such, lists of one length as rows; what is uneven stays an array of objects."""
    if column.dtype != object:
        return column
    try:
        return np.array(column.tolist())
    except ValueError:
        return column


def _read_mars(folder: Path) -> Arrays:
    from tacan.datasets.mars_tables import read_mars_tables

    table = read_mars_tables(folder, "test")
    return {
        "pids": table.pids,
        "camids": table.camids,
        "is_query": table.is_query,
        "is_gallery": table.is_gallery,
    }


def _numbered_columns(names: Sequence[str]) -> list[int]:
    """The columns of the largest family `STEM0, STEM1, ...`, in the order of their numbers."""
    families: dict[str, list[tuple[int, int]]] = {}
    for column, name in enumerate(names):
        match = _NUMBERED.fullmatch(name.strip())
        if match:
            families.setdefault(match[1], []).append((int(match[2]), column))
    largest = max(families.values(), key=len, default=[])
    return [column for _, column in sorted(largest)]


def _typed(column: Sequence[str]) -> NDArray[Any]:
    """Truth values, whole numbers, numbers (NaN where empty) or strings, as all entries are."""
    words = [entry.strip() for entry in column]
    if all(word.lower() in _TRUTH for word in words):
        return np.array([_TRUTH[word.lower()] for word in words])
    try:
        return np.array([int(word) for word in words])
    except ValueError:
        pass
    try:
        return np.array([_number(word) for word in words])
    except ValueError:
        return np.array(words)


def _number(word: str) -> float:
    return float(word) if word.strip() else float("nan")


READERS: dict[str, Callable[[Path], Arrays]] = {
    ".npz": _read_npz,
    ".npy": _read_npy,
    ".mat": _read_mat,
    ".csv": _read_csv,
    ".parquet": _read_parquet,
}
