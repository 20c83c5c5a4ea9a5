"""`tacan paper`: the paper's tables, from nothing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from tacan.cli.outputs import OutputFolder
from tacan.cli.parameters import Flag
from tacan.paper.run_options import RunOptions

__all__ = ["paper"]

Options = Annotated[RunOptions | None, Parameter(name="*")]

paper = App(
    name="paper",
    help="""The paper's tables, each from nothing to ours beside the published figures.

    On generated people, or on MARS by --data. Interrupted, the same command goes on where it
    stopped. A row and a seed is one training, whichever tables it stands in; rows and seeds may be
    asked for in several calls, also at once, and a table holds all that are there. Under torchrun
    all processes train and the first does the rest: let `tacan paper people` make the people first.

    Example: tacan paper table1 --rows triplet,clip_attention --seeds 0

    Example: tacan paper table2 --data /data/MARS --size paper-size --workers 8 --fetch""",
)


@paper.command
def people(*, options: Options = None, out: OutputFolder | None = None) -> None:
    """Generates the people of a size, as every table does that doesn't find them.

    Example: tacan paper people --size two-cores --out runs/paper/two-cores

    Parameters
    ----------
    out
        The folder of the tables; the people go to OUT/people. runs/paper/SIZE when not given.
    """
    from tacan.cli.console import note, show_stage

    chosen = options or RunOptions()
    place = out or chosen.folder
    chosen.benchmark(place / "people", listener=show_stage)
    note(f"{place}/people")


@paper.command
def table1(
    *,
    rows: str | None = None,
    options: Options = None,
    out: OutputFolder | None = None,
    assemble: Flag = False,
    dry_run: Flag = False,
) -> None:
    """What each part of the model is worth: the paper's six rows, and four between them.

    Writes table1.md, .csv, .json, .tex and .png to OUT.

    Example: tacan paper table1

    Parameters
    ----------
    rows
        Which rows, by their names, separated by commas; all when not given.
    out
        The folder for people, runs and tables; runs/paper/SIZE when not given.
    assemble
        Train nothing: only make the table of the results that are in OUT/rows.
    dry_run
        Only try the rows: two steps of each at its full size, with a batch of two people, saved,
        continued and embedded. Says what came of it, and writes no table.
    """
    if dry_run:
        _try_rows("table1", rows, options or RunOptions(), out)
        return
    _make_table("table1", rows, options or RunOptions(), out, assemble=assemble)


@paper.command
def table2(
    *,
    rows: str | None = None,
    options: Options = None,
    out: OutputFolder | None = None,
    assemble: Flag = False,
    dry_run: Flag = False,
) -> None:
    """Other ways from frames to one vector, trained on equal terms with the paper's model.

    Writes table2.md, .csv, .json, .tex and .png to OUT.

    Example: tacan paper table2 --rows mean,lstm,min_max

    Parameters
    ----------
    rows
        Which rows, by their names, separated by commas; all when not given.
    out
        The folder for people, runs and tables; runs/paper/SIZE when not given.
    assemble
        Train nothing: only make the table of the results that are in OUT/rows.
    dry_run
        Only try the rows: two steps of each at its full size, with a batch of two people, saved,
        continued and embedded. Says what came of it, and writes no table.
    """
    if dry_run:
        _try_rows("table2", rows, options or RunOptions(), out)
        return
    _make_table("table2", rows, options or RunOptions(), out, assemble=assemble)


@paper.command
def table3(
    *, options: Options = None, out: OutputFolder | None = None, assemble: Flag = False
) -> None:
    """The largest distance within an identity (Eq. 10), without and with the min-max loss.

    Of five identities, as in the paper, and of all; of vectors as they are and of length 1.
    Trains the rows clip_attention and min_max of Table 1 where they are not there, and writes
    table3.md, .csv, .json, .tex and .png to OUT.

    Example: tacan paper table3

    Parameters
    ----------
    out
        The folder for people, runs and tables; runs/paper/SIZE when not given.
    assemble
        Train nothing: only make the table of the results that are in OUT/rows.
    """
    from tacan.paper.spread_table import WITH, WITHOUT
    from tacan.views.paper_files import write_spread_table

    chosen = options or RunOptions()
    place = out or chosen.folder
    if not assemble:
        _train("table1", f"{WITHOUT},{WITH}", chosen, place)
        if not _is_first_process():
            return
    _show(write_spread_table(place, size=chosen.size))


@paper.command
def table4(
    *,
    rows: str | None = None,
    splits: str = "0-9",
    ilids: Path | None = None,
    prid: Path | None = None,
    prid_splits: Path | None = None,
    options: Options = None,
    out: OutputFolder | None = None,
    assemble: Flag = False,
) -> None:
    """ILIDS-VID and PRID-2011: means over ten splits, on each of which every row is trained.

    Writes table4.md, .csv, .json, .tex and .png to OUT. On generated people unless copies are
    named; with one of the two, the other is left out.

    Example: tacan paper table4 --rows min_max --seeds 0 --splits 0-2

    Example: tacan paper table4 --ilids /data/iLIDS --prid /data/PRID --size paper-size --fetch

    Parameters
    ----------
    rows
        Which rows, by their names, separated by commas; all when not given.
    splits
        Which splits, such as 0-4 or 0,3,5.
    ilids
        The folder of a copy of iLIDS-VID.
    prid
        The folder of a copy of PRID-2011.
    prid_splits
        Its published splits, where they are not in that folder.
    out
        The folder for people, runs and tables; runs/paper/SIZE when not given.
    assemble
        Train nothing: only make the table of the results that are in OUT/rows-splits.
    """
    from tacan.paper.splits_table import SPLIT_RUNS
    from tacan.views.paper_files import write_splits_table

    chosen = options or RunOptions()
    place = out or chosen.folder
    if not assemble:
        roots = {"ilids-vid": ilids, "prid2011": prid}
        _train_splits(rows, splits, roots, prid_splits, chosen, place, place / SPLIT_RUNS)
    _show(write_splits_table(place, size=chosen.size))


@paper.command
def table5(
    *,
    rows: str | None = None,
    options: Options = None,
    out: OutputFolder | None = None,
    assemble: Flag = False,
) -> None:
    """DukeMTMC-VideoReID: the paper's model, and what it is without its parts.

    Writes table5.md, .csv, .json, .tex and .png to OUT. On generated people in its layout unless
    --data names a copy.

    Example: tacan paper table5 --seeds 0

    Parameters
    ----------
    rows
        Which rows, by their names, separated by commas; all when not given.
    out
        The folder for people, runs and tables; runs/paper/SIZE when not given.
    assemble
        Train nothing: only make the table of the results that are in OUT/rows-duke.
    """
    _make_table("table5", rows, options or RunOptions(), out, assemble=assemble)


@paper.command
def figure4(*, options: Options = None, out: OutputFolder | None = None) -> None:
    """Consecutive clips with their weights, and mean weights by how much of the person is seen.

    Writes figure4.png and .svg (of two people the three consecutive clips whose weights differ
    most), figure4_tenths.png and .svg, figure4.json and weights.html to OUT: a page on which one
    moves through tracklets frame by frame.

    Trains what it needs of Table 1 where it is not there; of several seeds it shows the first.

    Example: tacan paper figure4

    Parameters
    ----------
    out
        The folder for people, runs and figures; runs/paper/SIZE when not given.
    """
    _draw(4, options or RunOptions(), out)


@paper.command
def figure5(*, options: Options = None, out: OutputFolder | None = None) -> None:
    """Vectors of five identities by t-SNE, without and with the min-max loss, and silhouettes.

    Writes figure5.png, .svg and .json to OUT. It needs scikit-learn.

    Trains what it needs of Table 1 where it is not there; of several seeds it shows the first.

    Example: tacan paper figure5

    Parameters
    ----------
    out
        The folder for people, runs and figures; runs/paper/SIZE when not given.
    """
    _draw(5, options or RunOptions(), out)


@paper.command
def figure6(*, options: Options = None, out: OutputFolder | None = None) -> None:
    """A long tracklet, its clips coloured by their weight, and what another background changes.

    Writes figure6.png, .svg and .json to OUT. Colours are by the paper's thresholds and by thirds
    of all weights. On generated people the same people are drawn again before other places.

    Trains what it needs of Table 1 where it is not there; of several seeds it shows the first.

    Example: tacan paper figure6

    Parameters
    ----------
    out
        The folder for people, runs and figures; runs/paper/SIZE when not given.
    """
    _draw(6, options or RunOptions(), out)


@paper.command
def choices(
    *,
    rows: str | None = None,
    options: Options = None,
    out: OutputFolder | None = None,
    assemble: Flag = False,
    dry_run: Flag = False,
) -> None:
    """What the paper leaves open: the full model with one setting changed in each row.

    Writes choices.md, .csv, .json, .tex and .png to OUT.

    Example: tacan paper choices --rows weight_softmax,sgd

    Parameters
    ----------
    rows
        Which rows, by their names, separated by commas; all when not given.
    out
        The folder for people, runs and tables; runs/paper/SIZE when not given.
    assemble
        Train nothing: only make the table of the results that are in OUT/rows.
    dry_run
        Only try the rows: two steps of each at its full size, with a batch of two people, saved,
        continued and embedded. Says what came of it, and writes no table.
    """
    if dry_run:
        _try_rows("choices", rows, options or RunOptions(), out)
        return
    _make_table("choices", rows, options or RunOptions(), out, assemble=assemble)


@paper.command
def costs(*, options: Options = None, out: OutputFolder | None = None) -> None:
    """What the ways from frames to one vector cost: parameters, multiply-adds, time for a clip.

    Writes costs.md, .csv and .tex to OUT. Nothing is trained. On a machine that does nothing else
    the times say most.

    Example: tacan paper costs --size paper-size --threads 1

    Parameters
    ----------
    out
        The folder for the tables; runs/paper/SIZE when not given.
    """
    from tacan.cli.console import note, say
    from tacan.files import write_text
    from tacan.paper.costs import cost_table, measure_cost
    from tacan.paper.rivals import TABLE_2
    from tacan.paper.variants import variant_config

    chosen = options or RunOptions()
    place = out or chosen.folder
    device = chosen.settle_torch()
    measured = [
        measure_cost(row.title, variant_config(row, chosen.settings.base).model, device=device)
        for row in TABLE_2.values()
    ]
    table = cost_table(measured)
    path = place / "costs.md"
    write_text(path, table.markdown())
    write_text(path.with_suffix(".csv"), table.csv())
    write_text(path.with_suffix(".tex"), table.latex())
    say(table.markdown())
    note(f"{path}, .csv and .tex")


@paper.command
def configs(folder: OutputFolder, /, *, size: str = "two-cores") -> None:
    """Writes the rows of Table 1 as files of their own, which `tacan train` takes one by one.

    Example: tacan paper configs rows --size paper-size

    Parameters
    ----------
    folder
        Where the files go; those of the same names are replaced.
    size
        two-cores, one-gpu or paper-size.
    """
    from tacan.errors import ConfigError
    from tacan.files import write_text
    from tacan.paper import SIZES, variant_yaml
    from tacan.paper.variants import TABLE_1

    if size not in SIZES:
        fault = f"--size is one of {', '.join(SIZES)}; got {size!r}"
        raise ConfigError([fault], source="the command line")
    for name, variant in TABLE_1.items():
        write_text(folder / f"{name}.yaml", variant_yaml(variant, SIZES[size].base))


def _make_table(
    name: str, rows: str | None, options: RunOptions, out: Path | None, *, assemble: bool
) -> None:
    from tacan.paper import NUMBERED_TABLES
    from tacan.views.paper_files import write_rows_table

    table, place = NUMBERED_TABLES[name], out or options.folder

    def write() -> Path:
        return write_rows_table(table, place, size=options.size)

    if not assemble:
        _train(name, rows, options, place, after_each_seed=write)
        if not _is_first_process():
            return
    _show(write())


def _is_first_process() -> bool:
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


def _train(
    name: str,
    rows: str | None,
    options: RunOptions,
    place: Path,
    *,
    after_each_seed: Callable[[], object] = lambda: None,
) -> None:
    from tacan.cli.console import note, show_stage
    from tacan.paper import NUMBERED_TABLES, find_variants, run_table

    table = NUMBERED_TABLES[name]
    variants = find_variants(rows or ",".join(table.variants), table.variants)
    options.seed_numbers()
    options.settle_torch()
    people = options.duke if name == "table5" else options.benchmark
    benchmark = people(place / "people", listener=show_stage)
    cells = options.cells(variants, benchmark, place / table.runs)
    try:
        for first in range(0, len(cells), len(variants)):
            run_table(
                cells[first : first + len(variants)],
                benchmark,
                device=options.device,
                fetch=options.fetch,
                listener=show_stage,
            )
            if _is_first_process():
                after_each_seed()
    except KeyboardInterrupt:
        note(f"What is done lies in {place}; the same command goes on from there.")
        raise


def _draw(number: int, options: RunOptions, out: Path | None) -> None:
    from tacan.cli.console import note, say, show_stage
    from tacan.paper.variants import TABLE_1
    from tacan.views.paper_figures import FIGURES

    figure, place = FIGURES[number], out or options.folder
    _train("table1", ",".join(figure.rows), options, place)
    if not _is_first_process():
        return
    benchmark = options.benchmark(place / "people", listener=show_stage)
    cells = options.cells([TABLE_1[row] for row in figure.rows], benchmark, place / "rows")
    for line in figure.write(cells, benchmark, place):
        say(line)
    note(f"{place}/figure{number}.png, .svg and .json")


def _show(markdown: Path) -> None:
    """The finished table, and where its files are."""
    from tacan.cli.console import note, say

    say(markdown.read_text(encoding="utf-8"))
    note(f"{markdown}, .csv, .json, .tex and .png")


def _train_splits(
    rows: str | None,
    splits: str,
    roots: dict[str, Path | None],
    prid_splits: Path | None,
    options: RunOptions,
    place: Path,
    runs: Path,
) -> None:
    from tacan.cli.console import note, show_stage
    from tacan.errors import ConfigError
    from tacan.paper import find_variants
    from tacan.paper.rivals import TACAN_ROWS
    from tacan.paper.splits_table import run_split_rows
    from tacan.splits import SplitChoice, parse_numbers

    if options.data is not None:
        fault = "Table 4 is of two data sets: name them by --ilids and --prid, not by --data"
        raise ConfigError([fault], source="the command line")
    variants, seeds = (
        find_variants(rows or ",".join(TACAN_ROWS), TACAN_ROWS),
        options.seed_numbers(),
    )
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
    try:
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
    except KeyboardInterrupt:
        note(f"What is done lies in {place}; the same command goes on from there.")
        raise
