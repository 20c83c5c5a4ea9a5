"""The files of the paper's tables: Markdown, CSV, JSON, LaTeX and a picture, side by side."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tacan.errors import StorageError
from tacan.files import write_text
from tacan.paper import (
    NumberedTable,
    as_csv,
    as_json,
    as_latex,
    as_markdown,
    collect_results,
    make_rows,
)
from tacan.paper.plain_table import PlainTable
from tacan.paper.published import TABLE_4, Published
from tacan.paper.splits_table import (
    SPLIT_RUNS,
    SPLITS_PROTOCOL,
    collect_split_results,
    splits_json,
    splits_table,
)
from tacan.paper.spread_table import spread_json, spread_rows, spread_table
from tacan.views.splits_chart import draw_splits
from tacan.views.spread_chart import draw_spread
from tacan.views.table_rows_chart import draw_rows

__all__ = ["write_plain_table", "write_rows_table", "write_splits_table", "write_spread_table"]


def write_rows_table(table: NumberedTable, place: Path, *, size: str) -> Path:
    """Writes `table` of the results in its folder in `place`, and returns the Markdown's path.

    Raises `StorageError` where there are none, or a file can't be written.
    """
    rows = make_rows(collect_results(place / table.runs), table.variants, table.published)
    if not rows:
        raise _no_results(table.title, place / table.runs)
    path = place / f"{table.name}.md"
    others = {name: _published(printed) for name, printed in table.others.items()}
    _write_json(
        path,
        {"table": table.name, "title": table.title, "size": size, "protocol": table.protocol}
        | {"rows": as_json(rows), "only_published": others},
    )
    write_text(path, as_markdown(rows, others=table.others))
    write_text(path.with_suffix(".csv"), as_csv(rows))
    write_text(path.with_suffix(".tex"), as_latex(rows, others=table.others))
    draw_rows(rows, path.with_suffix(".png"))
    return path


def write_splits_table(place: Path, *, size: str) -> Path:
    """Writes Table 4 of the results in `place`/rows-splits, and returns the Markdown's path.

    Raises `StorageError` where there are none, or a file can't be written.
    """
    runs = place / SPLIT_RUNS
    rows = collect_split_results(runs)
    if not rows:
        raise _no_results("Table 4", runs)
    path = place / "table4.md"
    table = splits_table(rows)
    write_plain_table(table, path)
    published = {
        dataset: {name: _published(printed) for name, printed in of_dataset.items()}
        for dataset, of_dataset in TABLE_4.items()
    }
    content = {"table": "table4", "size": size, "protocol": SPLITS_PROTOCOL}
    _write_json(path, {**content, "rows": splits_json(rows), "published": published})
    draw_splits(rows, path.with_suffix(".png"))
    return path


def write_spread_table(place: Path, *, size: str) -> Path:
    """Writes Table 3 of the results in `place`/rows to `place`, and returns the Markdown's path.

    Raises `StorageError` where they are not there, or a file can't be written.
    """
    results = collect_results(place / "rows")
    rows = spread_rows(results)
    if not rows:
        raise _no_results("Table 3 with one seed without and with the min-max loss", place / "rows")
    path = place / "table3.md"
    table = spread_table(rows, results)
    write_plain_table(table, path)
    _write_json(path, {"table": "table3", "size": size, **spread_json(rows, results)})
    draw_spread(rows, path.with_suffix(".png"))
    return path


def write_plain_table(table: PlainTable, path: Path) -> None:
    """Writes `table` to the Markdown file `path`, and beside it as CSV and LaTeX."""
    write_text(path, table.markdown())
    write_text(path.with_suffix(".csv"), table.csv())
    write_text(path.with_suffix(".tex"), table.latex())


def _write_json(path: Path, content: dict[str, Any]) -> None:
    text = json.dumps(content, indent=2, ensure_ascii=False) + "\n"
    write_text(path.with_suffix(".json"), text)


def _published(printed: Published) -> dict[str, Any]:
    return {"scores": dict(printed.scores), "source": printed.source}


def _no_results(what: str, runs: Path) -> StorageError:
    return StorageError(
        "a table is made of results",
        got=f"none of {what} in {runs}",
        remedy="Run the same command without --assemble.",
    )
