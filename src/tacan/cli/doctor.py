"""`tacan doctor`: what is wrong with a copy of a data set."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter
from cyclopts.validators import Number

from tacan.cli.outputs import JsonFile, OutputFile
from tacan.cli.parameters import Flag

if TYPE_CHECKING:
    from tacan.datasets.doctor import Finding, Report

__all__ = ["doctor"]

SHOWN = 5
"""How many places of a finding are shown; the JSON report has them all."""


def doctor(
    dataset: str,
    root: Path,
    /,
    *,
    deep: Flag = False,
    splits_file: Path | None = None,
    journal: OutputFile | None = None,
    workers: Annotated[int | None, Parameter(validator=Number(gte=1))] = None,
    json: JsonFile | None = None,
) -> None:
    """Checks a copy of a data set and says what is wrong with it.

    Layout, counts, identities, cameras, order of frames, and crops that are missing, empty or
    damaged. Each problem comes with what it means for results and how to mend it. Nothing in
    the copy is changed. The exit status is 1 if there are errors, 0 if there are none or
    only warnings.

    Example: tacan doctor mars ~/data/MARS --deep

    Parameters
    ----------
    dataset
        The data set's name: mars, ilids-vid, prid2011, duke-video or folder.
    root
        The folder that it lies in.
    deep
        Decode every crop and look for files that are there twice. This takes minutes on a
        large data set, and goes on where it stopped when it was interrupted. Without it up
        to 1,000 crops are decoded, evenly spread.
    splits_file
        The splits of iLIDS-VID or PRID-2011, if they are not in the root.
    journal
        Where a deep check notes what it has done; by default .tacan-doctor.journal in the root.
        It is removed when the check is complete.
    workers
        Processes that decode in a deep check; by default one for each core.
    json
        Also write the report to this file as JSON, with every place of every problem; - writes
        it to standard output instead.
    """
    from tacan.cli.console import note, show_stage, write_json
    from tacan.cores import available_cores
    from tacan.datasets.doctor import examine
    from tacan.errors import DataError
    from tacan.text import counted

    try:
        report = examine(
            dataset,
            root,
            deep=deep,
            splits_file=splits_file,
            journal=journal,
            workers=available_cores() if workers is None else workers,
            stages=show_stage,
        )
    except KeyboardInterrupt:
        if deep:
            note("What was decoded is noted: the same command goes on from there.")
        raise
    if json is not None:
        write_json(json, report.as_dict())
    if json != "-":
        _show(report)
    if report.n_errors:
        raise DataError(
            f"a copy of {dataset!r} must be free of errors before results on it count",
            got=f"{counted(report.n_errors, 'kind of error', 'kinds of error')} in {root}",
            remedy="The report says how to mend each.",
        )


def _show(report: Report) -> None:
    from tacan.cli.console import say
    from tacan.text import counted

    say(f"{report.dataset} in {report.root}")
    if report.notice:
        say(f"Note: {report.notice}")
    _show_counts(report)
    say(f"{counted(report.n_files, 'crop')} on disk, {report.n_decoded:,} decoded.")
    if report.n_unopened:
        say("The others were not opened: --deep decodes them all and looks for duplicates.")
    for finding in report.findings:
        _show_finding(finding)
    if report.is_clean:
        say("\nNothing is wrong with this copy, as far as was looked.")


def _show_counts(report: Report) -> None:
    from tacan.cli.console import say
    from tacan.text import table

    rows = [
        (f"{part}: {kind}", f"{number:,}", _expected(report, part, kind))
        for part, numbers in report.counts.items()
        for kind, number in numbers.items()
    ]
    of = "its manifest" if report.source == "manifest" else report.source
    if report.source == "none":
        rows = [row[:2] for row in rows]
    if rows:
        say(table([("", "here", of)[: len(rows[0])], *rows]))


def _expected(report: Report, part: str, kind: str) -> str:
    number = report.expected.get(part, {}).get(kind)
    return "" if number is None else f"{number:,}"


def _show_finding(finding: Finding) -> None:
    from tacan.cli.console import say

    left = finding.count - SHOWN
    say(f"\n{finding.severity.upper()} {finding.code} ({finding.count:,}): {finding.what}")
    for place in finding.where[:SHOWN]:
        say(f"  - {place}")
    if left > 0:
        say(f"  - and {left:,} more")
    say(f"  Means: {finding.meaning}")
    say(f"  Mend:  {finding.remedy}")
