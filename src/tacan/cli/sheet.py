"""`tacan sheet`: one picture of what `tacan synth` makes."""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter
from cyclopts.validators import Number

from tacan.cli.outputs import NewFile, Overwrite

__all__ = ["sheet"]


def sheet(
    out: NewFile,
    /,
    *,
    identities: Annotated[int, Parameter(validator=Number(gte=1))] = 8,
    cameras: Annotated[int, Parameter(validator=Number(gte=2))] = 8,
    seed: Annotated[int, Parameter(validator=Number(gte=0))] = 0,
    moments: Annotated[int, Parameter(validator=Number(gte=1, lte=7))] = 1,
    height: int = 128,
    width: int = 64,
    overwrite: Overwrite = False,  # noqa: ARG001  (`check_outputs` reads it)
) -> None:
    """Writes a contact sheet of generated people: a row for each person, a column a camera.

    The people and cameras are those that `tacan synth` makes with the same seed.

    Example: tacan sheet people.png --identities 8 --cameras 8 --seed 0

    Parameters
    ----------
    out
        The picture to write, ending in .png or .jpg.
    identities
        How many people.
    cameras
        How many cameras.
    seed
        The number that everything is drawn from.
    moments
        How many crops of each person and camera, 1 to 7.
    height
        Height of a crop in pixels.
    width
        Width of a crop in pixels.
    overwrite
        Replace a file OUT that is there already.
    """
    from tacan.cli.console import progress_bar, say
    from tacan.synthetic.tracklets.contact_sheet import contact_sheet

    with progress_bar("Drawing", "tracklets") as progress:
        contact_sheet(
            out,
            identities=identities,
            cameras=cameras,
            seed=seed,
            moments=moments,
            height=height,
            width=width,
            progress=progress,
        )
    say(str(out))
