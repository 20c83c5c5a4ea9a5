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
the order of the numbers, as one array [N, D] called `embeddings`; no number may be missing. A
table may have commas, semicolons (then with decimal commas too) or tabs between its columns.
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, TextIO

import numpy as np
from numpy.typing import NDArray

from tacan.errors import FeaturesError, TacanError
from tacan.features.arrays import Arrays, check_size, read_npy, read_npz
from tacan.features.matlab import read_mat
from tacan.installing import install_advice
from tacan.text import counted

__all__ = ["matlab_vector", "read_arrays"]

_NUMBERED = re.compile(r"(.*?)([0-9]+)")
_WHOLE = re.compile(r"[+-]?[0-9]+")
_TRUTH = {"true": True, "false": False, "yes": True, "no": False}

LONGEST_LINE = 1 << 24
"""Characters of a line of a table, enough for a million columns."""

TEXT_GROWS = 8
"""Times as much memory as its file takes a table that holds texts."""


def read_arrays(path: Path) -> Arrays:
    """The arrays of a file of any known kind. Raises `FeaturesError`."""
    try:
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
        return READERS[path.suffix.lower()](path)
    except TacanError:
        raise
    except Exception as error:  # Damaged files make their readers raise errors of many kinds.
        raise FeaturesError(
            f"a {path.suffix} file must be whole and readable",
            got=f"{path} ({str(error) or type(error).__name__})",
            remedy="Write it again.",
        ) from error


def _read_npy(path: Path) -> Arrays:
    return {"embeddings": read_npy(path)}


def matlab_vector(array: NDArray[Any]) -> NDArray[Any]:
    """A vector without MATLAB's second axis, and whole numbers as such: MATLAB has all as double.

    >>> matlab_vector(np.array([[1.0], [2.0]]))
    array([1, 2])
    """
    if array.ndim == 2 and 1 in array.shape:
        array = array.ravel()
        if array.dtype.kind == "f" and np.isfinite(array).all() and (array % 1 == 0).all():
            return array.astype(np.int64)
    return array


def _read_csv(path: Path) -> Arrays:
    check_size(path, TEXT_GROWS * path.stat().st_size)
    with path.open(newline="", encoding="utf-8-sig") as stream:
        head = stream.readline(LONGEST_LINE)
        stream.seek(0)
        separator = max(",;\t", key=head.count)
        lines = csv.reader(_lines(stream, path), delimiter=separator)
        names = next(lines, [])
        numbered = _numbered_columns(names, path)
        others = sorted(set(range(len(names))) - set(numbered))
        rows, vectors = [], []
        for line in lines:
            if not any(entry.strip() for entry in line) and len(line) <= 1 < len(names):
                continue  # a blank line
            if len(line) != len(names):
                raise FeaturesError(
                    f"each line must have {counted(len(names), 'field')}, as the first has",
                    got=f"{len(line)} in line {lines.line_num} of {path}",
                    remedy="Mend the line.",
                )
            if separator == ";":
                line = [_with_decimal_point(entry) for entry in line]
            rows.append([line[i] for i in others])
            vectors.append(np.array([_number(line[i]) for i in numbered], dtype=np.float32))
    columns = zip(*rows, strict=True) if rows else [()] * len(others)
    arrays = {names[i]: _typed(column) for i, column in zip(others, columns, strict=True)}
    return {**arrays, "embeddings": np.array(vectors)} if numbered else arrays


def _lines(stream: TextIO, path: Path) -> Iterator[str]:
    while line := stream.readline(LONGEST_LINE):
        if len(line) == LONGEST_LINE and not line.endswith("\n"):
            raise FeaturesError(
                f"a line of a table must have fewer than {LONGEST_LINE:,} characters",
                got=f"a longer one in {path}",
                remedy="Save it as .npz.",
            )
        yield line


def _read_parquet(path: Path) -> Arrays:
    try:
        import pyarrow.parquet as parquet
    except ImportError as error:
        raise FeaturesError(
            "a .parquet file can be read only where pyarrow is installed",
            got=str(path),
            remedy=f"{install_advice('pyarrow')} Or save the columns as .csv or .npz.",
        ) from error
    head = parquet.ParquetFile(path).metadata
    groups = [head.row_group(i) for i in range(head.num_row_groups)]
    # A column of one value repeated takes next to nothing in the file, and 8 bytes a row here.
    stored = sum(group.total_byte_size for group in groups)
    check_size(path, max(2 * stored, 8 * head.num_rows * head.num_columns))
    table = parquet.read_table(path)
    _check_names(table.column_names, path)
    arrays = {name: _from_arrow(table[name].to_numpy()) for name in table.column_names}
    numbered = [table.column_names[i] for i in _numbered_columns(table.column_names, path)]
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


def _numbered_columns(names: Sequence[str], path: Path) -> list[int]:
    """The columns of the largest family `STEM0, STEM1, ...`, in the order of their numbers.

    Raises `FeaturesError` where a number is missing or there twice, or where it can't be told
    which of two families is meant.
    """
    _check_names(names, path)
    families: dict[str, list[tuple[int, int]]] = {}
    for column, name in enumerate(names):
        match = _NUMBERED.fullmatch(name.strip())
        if match:
            families.setdefault(match[1], []).append((int(match[2]), column))
    if not families:
        return []
    sizes = sorted(map(len, families.values()))
    stem, largest = max(families.items(), key=lambda family: len(family[1]))
    numbers = sorted(number for number, _ in largest)
    fault = None
    if len(sizes) > 1 and sizes[-2] == sizes[-1] > 1:
        fault = f"{sizes[-1]} columns each of {len(families)} different names"
    elif gap := next((a + 1 for a, b in pairwise(numbers) if b != a + 1), 0):
        twice = gap - 1 in numbers[numbers.index(gap - 1) + 1 :]
        fault = f"{stem}{gap - 1} twice" if twice else f"no {stem}{gap} among {len(largest)}"
    if fault is not None:
        raise FeaturesError(
            "the numbered columns of a table must be one embedding, number by number",
            got=f"{fault} in {path}",
            remedy="Add what is missing, rename what does not belong to it, or save it as .npz.",
        )
    return [column for _, column in sorted(largest)]


def _check_names(names: Sequence[str], path: Path) -> None:
    repeated = [name for name, count in Counter(names).items() if count > 1]
    if repeated:
        raise FeaturesError(
            "each column of a table must have a name of its own",
            got=f"{repeated[0]!r} {Counter(names)[repeated[0]]} times in {path}",
            remedy="Rename or drop the others.",
        )


def _typed(column: Sequence[str]) -> NDArray[Any]:
    """Truth values, whole numbers, numbers (NaN where empty) or strings, as all entries are."""
    words = [entry.strip() for entry in column]
    if all(word.lower() in _TRUTH for word in words):
        return np.array([_TRUTH[word.lower()] for word in words])
    try:
        if all(map(_WHOLE.fullmatch, words)):
            return np.array([int(word) for word in words])
        return np.array([_number(word) for word in words])
    except (ValueError, OverflowError):
        return np.array(words)


def _number(word: str) -> float:
    if "_" in word:
        raise ValueError(f"could not convert string to float: {word!r}")
    return float(word) if word.strip() else float("nan")


def _with_decimal_point(entry: str) -> str:
    """`0,5` as `0.5`: where semicolons stand between columns, a comma can be a decimal one."""
    return entry.replace(",", ".") if entry.count(",") == 1 and "." not in entry else entry


READERS: dict[str, Callable[[Path], Arrays]] = {
    ".npz": read_npz,
    ".npy": _read_npy,
    ".mat": read_mat,
    ".csv": _read_csv,
    ".parquet": _read_parquet,
}
