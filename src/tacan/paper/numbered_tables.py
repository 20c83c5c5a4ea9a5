"""Tables whose rows are trainings, by the names of their commands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from tacan.paper import choices, published, rivals, variants
from tacan.paper.benchmark import DUKE_PROTOCOL, PROTOCOL
from tacan.paper.published import Published
from tacan.paper.variants import Variant

__all__ = ["NUMBERED_TABLES", "NumberedTable"]


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberedTable:
    """A table: its rows, what the paper prints of them, and its methods that don't run here.

    `runs` is the folder of its trainings: tables of one data set share them.
    """

    name: str
    title: str
    variants: Mapping[str, Variant]
    published: Mapping[str, Published]
    others: Mapping[str, Published] = field(default_factory=dict)
    protocol: str = PROTOCOL
    runs: str = "rows"


NUMBERED_TABLES: dict[str, NumberedTable] = {
    "table1": NumberedTable(
        name="table1",
        title="Table 1: what each part of the model is worth",
        variants=variants.TABLE_1,
        published=published.TABLE_1,
    ),
    "table2": NumberedTable(
        name="table2",
        title="Table 2: other ways from frames to one vector, on equal terms",
        variants=rivals.TABLE_2,
        published=published.TABLE_2,
        others=published.TABLE_2_OTHERS,
    ),
    "table5": NumberedTable(
        name="table5",
        title="Table 5: DukeMTMC-VideoReID",
        variants=rivals.TACAN_ROWS,
        published={"min_max": published.TABLE_5["TACAN"]},
        others={name: row for name, row in published.TABLE_5.items() if name != "TACAN"},
        protocol=DUKE_PROTOCOL,
        runs="rows-duke",
    ),
    "choices": NumberedTable(
        name="choices",
        title="What the paper leaves open",
        variants=choices.CHOICES,
        published={},
    ),
}
"""A row of one name is one training, in whichever tables it stands."""
