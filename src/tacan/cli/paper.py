"""`tacan paper`: the paper's tables, from nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from tacan.cli.outputs import OutputFolder
from tacan.cli.paper_runs import (
    Assembled,
    TrainedRows,
    TriedRows,
    draw_figure,
    is_first_process,
    make_or_try_table,
    make_table,
    show_table,
    train_rows,
    train_splits,
)
from tacan.paper.run_options import RunOptions

__all__ = ["paper"]

EVERY_FIELD = Parameter(name="*")
Options = Annotated[RunOptions | None, EVERY_FIELD]
Trained = Annotated[TrainedRows | None, EVERY_FIELD]
Tried = Annotated[TriedRows | None, EVERY_FIELD]

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
    *, tried: Tried = None, options: Options = None, out: OutputFolder | None = None
) -> None:
    """What each part of the model is worth: the paper's six rows, and four between them.

    Writes table1.md, .csv, .json, .tex and .png to OUT.

    Example: tacan paper table1

    Parameters
    ----------
    out
        The folder for people, runs and tables; runs/paper/SIZE when not given.
    """
    make_or_try_table("table1", tried or TriedRows(), options or RunOptions(), out)


@paper.command
def table2(
    *, tried: Tried = None, options: Options = None, out: OutputFolder | None = None
) -> None:
    """Other ways from frames to one vector, trained on equal terms with the paper's model.

    Writes table2.md, .csv, .json, .tex and .png to OUT.

    Example: tacan paper table2 --rows mean,lstm,min_max

    Parameters
    ----------
    out
        The folder for people, runs and tables; runs/paper/SIZE when not given.
    """
    make_or_try_table("table2", tried or TriedRows(), options or RunOptions(), out)


@paper.command
def table3(
    *,
    assembled: Annotated[Assembled | None, EVERY_FIELD] = None,
    options: Options = None,
    out: OutputFolder | None = None,
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
    """
    from tacan.paper.spread_table import WITH, WITHOUT
    from tacan.views.paper_files import write_spread_table

    chosen = options or RunOptions()
    place = out or chosen.folder
    if not (assembled or Assembled()).assemble:
        train_rows("table1", f"{WITHOUT},{WITH}", chosen, place)
        if not is_first_process():
            return
    show_table(write_spread_table(place, size=chosen.size))


@paper.command
def table4(
    *,
    trained: Trained = None,
    splits: str = "0-9",
    ilids: Path | None = None,
    prid: Path | None = None,
    prid_splits: Path | None = None,
    options: Options = None,
    out: OutputFolder | None = None,
) -> None:
    """ILIDS-VID and PRID-2011: means over ten splits, on each of which every row is trained.

    Writes table4.md, .csv, .json, .tex and .png to OUT. On generated people unless copies are
    named; with one of the two, the other is left out.

    Example: tacan paper table4 --rows min_max --seeds 0 --splits 0-2

    Example: tacan paper table4 --ilids /data/iLIDS --prid /data/PRID --size paper-size --fetch

    Parameters
    ----------
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
    """
    from tacan.paper.splits_table import SPLIT_RUNS
    from tacan.views.paper_files import write_splits_table

    chosen, asked = options or RunOptions(), trained or TrainedRows()
    place = out or chosen.folder
    if not asked.assemble:
        roots = {"ilids-vid": ilids, "prid2011": prid}
        train_splits(asked.rows, splits, roots, prid_splits, chosen, place, place / SPLIT_RUNS)
    show_table(write_splits_table(place, size=chosen.size))


@paper.command
def table5(
    *, trained: Trained = None, options: Options = None, out: OutputFolder | None = None
) -> None:
    """DukeMTMC-VideoReID: the paper's model, and what it is without its parts.

    Writes table5.md, .csv, .json, .tex and .png to OUT. On generated people in its layout unless
    --data names a copy.

    Example: tacan paper table5 --seeds 0

    Parameters
    ----------
    out
        The folder for people, runs and tables; runs/paper/SIZE when not given.
    """
    make_table("table5", trained or TrainedRows(), options or RunOptions(), out)


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
    draw_figure(4, options or RunOptions(), out)


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
    draw_figure(5, options or RunOptions(), out)


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
    draw_figure(6, options or RunOptions(), out)


@paper.command
def choices(
    *, tried: Tried = None, options: Options = None, out: OutputFolder | None = None
) -> None:
    """What the paper leaves open: the full model with one setting changed in each row.

    Writes choices.md, .csv, .json, .tex and .png to OUT.

    Example: tacan paper choices --rows weight_softmax,sgd

    Parameters
    ----------
    out
        The folder for people, runs and tables; runs/paper/SIZE when not given.
    """
    make_or_try_table("choices", tried or TriedRows(), options or RunOptions(), out)


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
    from tacan.paper.costs import cost_table, measure_cost
    from tacan.paper.rivals import TABLE_2
    from tacan.paper.variants import variant_config
    from tacan.views.paper_files import write_plain_table

    chosen = options or RunOptions()
    device = chosen.settle_torch()
    measured = [
        measure_cost(row.title, variant_config(row, chosen.settings.base).model, device=device)
        for row in TABLE_2.values()
    ]
    path = (out or chosen.folder) / "costs.md"
    write_plain_table(cost_table(measured), path)
    show_table(path, others=".csv and .tex")


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
