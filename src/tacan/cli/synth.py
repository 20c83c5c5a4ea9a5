"""`tacan synth`: a generated data set in a real data set's layout."""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter

from tacan.cli.outputs import OutputFolder
from tacan.cli.parameters import Flag
from tacan.synthetic.tracklets.dataset_settings import DatasetSettings

__all__ = ["synth"]


def synth(
    out: OutputFolder,
    /,
    *,
    settings: Annotated[DatasetSettings, Parameter(name="*")],
    workers: int = 1,
    force: Flag = False,
) -> None:
    """Writes a data set of generated people in a real data set's layout.

    People in 3-D walk before several cameras and are often hidden, by things or by each other.
    How much of the person each crop shows, and where, is written beside the data, to
    OUT/ground_truth/visibility.npz. The same settings give the same files, byte for byte.

    Example: tacan synth people --layout mars --identities 100 --cameras 6 --seed 0

    Parameters
    ----------
    out
        The folder to write: new or empty.
    settings
        What to make.
    workers
        Processes that draw.
    force
        Replace an earlier generated data set. Other files are never replaced.
    """
    from tacan.cli.console import progress_on_terminal, say
    from tacan.synthetic import generate

    with progress_on_terminal("drawing", "tracklets") as progress:
        made = generate(out, settings, workers=workers, force=force, progress=progress)
    for split, count in made.counts.items():
        say(
            f"{split}: {count['identities']} identities, {count['tracklets']} tracklets "
            f"({count['distractors']} distractors, {count['junk']} junk), "
            f"{count['frames']} crops"
        )
    say(f"written to {made.root}")
