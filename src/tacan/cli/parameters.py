"""Parameters that several commands have, each with its check and its line of help."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from cyclopts.validators import Number

__all__ = ["Count", "Flag", "GalleryFolder", "PersonId", "Wait", "Zone"]

Count = Annotated[int, Parameter(validator=Number(gte=1))]
Flag = Annotated[bool, Parameter(negative="")]
"""An option that is there or not, without a --no- form."""

GalleryFolder = Annotated[Path, Parameter(name="GALLERY", help="The gallery's folder.")]
PersonId = Annotated[int, Parameter(validator=Number(gte=1), help="The person's id.")]
Wait = Annotated[
    float,
    Parameter(
        validator=Number(gte=0),
        help="Seconds to wait for another process that is writing to the gallery.",
    ),
]
Zone = Annotated[
    str | None,
    Parameter(
        help="Show times by the clock of this zone (Europe/Berlin); "
        "this machine's own when not given."
    ),
]
