"""What the commands of `tacan paper` have in common: their options, training, and what is shown."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tacan.cli.parameters import Flag
from tacan.paper.run_options import RunOptions

__all__ = [
    "Assembled",
    "TrainedRows",
    "TriedRows",
    "draw_figure",
    "is_first_process",
    "make_or_try_table",
    "make_table",
    "show_table",
    "train_rows",
    "train_splits",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Assembled:
    assemble: Flag = False
    """Train nothing: only make the table of the results that are in OUT."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainedRows(Assembled):
    rows: str | None = None
    """Which rows, by their names, separated by commas; all when not given."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TriedRows(TrainedRows):
    dry_run: Flag = False
    """Only try the rows: two steps of each at its full size, with a batch of two people, saved,
    continued and embedded. Says what came of it, and writes no table."""


def make_or_try_table(name: str, asked: TriedRows, options: RunOptions, out: Path | None) -> None:
    """The table `name` as `make_table` does it, or only a dry run of its rows."""
    if asked.dry_run:
        _try_rows(name, asked.rows, options, out)
    else:
        make_table(name, asked, options, out)


def make_table(name: str, asked: TrainedRows, options: RunOptions, out: Path | None) -> None:
    """Trains what is missing of the table `name`, and writes it to `out` after each seed."""
    from tacan.paper import NUMBERED_TABLES
    from tacan.views.paper_files import write_rows_table

    table, place = NUMBERED_TABLES[name], out or options.folder

    def write() -> Path:
        return write_rows_table(table, place, size=options.size)

    if not asked.assemble:
        train_rows(name, asked.rows, options, place, after_each_seed=write)
        if not is_first_process():
            return
    show_table(write())


def is_first_process() -> bool:
    """Under torchrun one process writes tables; without it there is only that."""
    from tacan.training.processes import Processes

    return Processes.from_torchrun().is_first


def _try_rows(name: str, rows: str | None, options: RunOptions, out: Path | None) -> None:
    from tacan.cli.console import say, show_stage
    from tacan.paper import NUMBERED_TABLES, find_variants
    from tacan.paper.dry_run import dry_run
    from tacan.text import table

    known = NUMBERED_TABLES[name].variants
    options.settle_torch()
    found = dry_run(
        find_variants(rows or ",".join(known), known),
        options.settings.base,
        (out or options.folder) / "dry-run",
        device=options.device,
        listener=show_stage,
    )
    head = ["row", "loss, step 1", "step 2", "checkpoint", "vector", "took"]
    lines = [
        [
            each.row,
            *(f"{loss:.3f}" for loss in each.losses),
            f"{each.checkpoint_bytes / 1e6:,.0f} MB",
            str(each.embedding_dim),
            f"{each.seconds:.0f} s",
        ]
        for each in found
    ]
    say(table([head, *lines]))


def train_rows(
    name: str,
    rows: str | None,
    options: RunOptions,
    place: Path,
    *,
    after_each_seed: Callable[[], object] = lambda: None,
) -> None:
    """Trains what is missing of `rows` of the table `name` (all when None), seed by seed."""
    from tacan.cli.console import show_stage
    from tacan.paper import NUMBERED_TABLES, find_variants, run_table

    table = NUMBERED_TABLES[name]
    variants = find_variants(rows or ",".join(table.variants), table.variants)
    options.seed_numbers()
    options.settle_torch()
    people = options.duke if name == "table5" else options.benchmark
    benchmark = people(place / "people", listener=show_stage)
    cells = options.cells(variants, benchmark, place / table.runs)
    with _told_where_it_goes_on(place):
        for first in range(0, len(cells), len(variants)):
            run_table(
                cells[first : first + len(variants)],
                benchmark,
                device=options.device,
                fetch=options.fetch,
                listener=show_stage,
            )
            if is_first_process():
                after_each_seed()


def draw_figure(number: int, options: RunOptions, out: Path | None) -> None:
    """Trains the rows that the figure shows where they are missing, and draws it."""
    from tacan.cli.console import note, say, show_stage
    from tacan.paper.variants import TABLE_1
    from tacan.views.paper_figures import FIGURES

    figure, place = FIGURES[number], out or options.folder
    train_rows("table1", ",".join(figure.rows), options, place)
    if not is_first_process():
        return
    benchmark = options.benchmark(place / "people", listener=show_stage)
    cells = options.cells([TABLE_1[row] for row in figure.rows], benchmark, place / "rows")
    for line in figure.write(cells, benchmark, place):
        say(line)
    note(f"{place}/figure{number}.png, .svg and .json")


def show_table(markdown: Path, *, others: str = ".csv, .json, .tex and .png") -> None:
    """The finished table, and where its files are."""
    from tacan.cli.console import note, say

    say(markdown.read_text(encoding="utf-8"))
    note(f"{markdown}, {others}")


def train_splits(
    rows: str | None,
    splits: str,
    roots: dict[str, Path | None],
    prid_splits: Path | None,
    options: RunOptions,
    place: Path,
    runs: Path,
) -> None:
    """Trains what is missing of `rows` (all when None) on each of `splits` of each data set."""
    from tacan.cli.console import show_stage
    from tacan.errors import ConfigError
    from tacan.paper import find_variants
    from tacan.paper.rivals import TACAN_ROWS
    from tacan.paper.splits_table import run_split_rows
    from tacan.splits import SplitChoice, parse_numbers

    if options.data is not None:
        fault = "Table 4 is of two data sets: name them by --ilids and --prid, not by --data"
        raise ConfigError([fault], source="the command line")
    variants = find_variants(rows or ",".join(TACAN_ROWS), TACAN_ROWS)
    seeds = options.seed_numbers()
    numbers = parse_numbers(splits)
    options.settle_torch()
    given = {name: root for name, root in roots.items() if root is not None}
    found = given or {
        name: options.generate_layout(name, place / "people", listener=show_stage) for name in roots
    }
    choices = [
        SplitChoice(
            dataset=name,
            root=root,
            numbers=numbers,
            splits_file=prid_splits if name == "prid2011" else None,
        )
        for name, root in found.items()
    ]
    with _told_where_it_goes_on(place):
        run_split_rows(
            choices,
            options.settings.base,
            runs,
            variants=variants,
            seeds=seeds,
            overrides=options.overrides(),
            device=options.device,
            fetch=options.fetch,
            listener=show_stage,
        )


@contextmanager
def _told_where_it_goes_on(place: Path) -> Generator[None]:
    from tacan.cli.console import note

    try:
        yield
    except KeyboardInterrupt:
        note(f"What is done lies in {place}; the same command goes on from there.")
        raise
