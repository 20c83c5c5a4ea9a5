"""`tacan demo`: the main job in small, from nothing."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter
from cyclopts.validators import Number

from tacan.cli.outputs import OutputFolder
from tacan.cli.parameters import Flag

if TYPE_CHECKING:
    from tacan.demo import DemoRecord

__all__ = ["demo"]


def demo(
    *,
    out: OutputFolder = Path("demo"),
    seed: Annotated[int, Parameter(validator=Number(gte=0, lt=2**31))] = 0,
    iterations: Annotated[int | None, Parameter(validator=Number(gte=2))] = None,
    train_identities: Annotated[int, Parameter(validator=Number(gte=8))] = 100,
    test_identities: Annotated[int, Parameter(validator=Number(gte=2))] = 60,
    fresh: Flag = False,
) -> None:
    """Does the main job in small, from nothing, and writes a report on it.

    Generates people as tracklets, trains TACAN and, with the same encoder and budget, mean
    pooling without a clip weight; embeds and evaluates a test split with both; prints a table and
    writes OUT/report.html. It takes about five minutes on two cores.

    Stopped by Ctrl-C or otherwise, the same command goes on where it was. What was finished
    before is not done again.

    Example: tacan demo --out demo

    Parameters
    ----------
    out
        The folder for everything that it makes: new, empty, or that of an earlier demo.
    seed
        The number that the people, the batches and the first weights are drawn from.
    iterations
        Training iterations of each model; those of the preset demo when not given.
    train_identities
        How many people the models learn from.
    test_identities
        How many others they are tested on.
    fresh
        Remove what an earlier demo made in that folder and start over.
    """
    from tacan.cli.console import note, show_stage
    from tacan.demo import DemoSettings, run_demo

    settings = DemoSettings(
        seed=seed,
        iterations=iterations,
        train_identities=train_identities,
        test_identities=test_identities,
    )
    try:
        record = run_demo(settings, out, fresh=fresh, listener=show_stage)
    except KeyboardInterrupt:
        note(f"What is done lies in {out}; the same command, without --fresh, goes on from there.")
        raise
    _show(record)


def _show(record: DemoRecord) -> None:
    from tacan.cli.console import say
    from tacan.demo import METHODS, PROTOCOL
    from tacan.text import table

    rows = [["model", "mAP", "Rank-1", "Rank-5", "occlusion AUC"]]
    for method in METHODS:
        entry = record.scores[method.name]
        shares = (entry["mAP"], entry["cmc"]["1"], entry["cmc"]["5"])
        auc = entry["occlusion_auc"]
        percent = [f"{100 * share:.1f}" for share in shares]
        rows.append([method.title, *percent, "-" if auc is None else f"{auc:.3f}"])
    say(f"Protocol {PROTOCOL}, generated people\n{table(rows)}")
    say(f"report: {record.report}")
