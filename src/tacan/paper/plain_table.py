"""Words in lines and columns, as Markdown, CSV and LaTeX."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["PlainTable", "aligned", "escaped"]

SPECIAL = {
    "\\": r"\textbackslash{}",
    "&": r"\&",
    "%": r"\%",
    "$": r"\$",
    "#": r"\#",
    "_": r"\_",
    "{": r"\{",
    "}": r"\}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "±": r"$\pm$",
}


@dataclass(frozen=True, slots=True)
class PlainTable:
    """`head` names the columns, of which the first holds words and the others numbers."""

    head: tuple[str, ...]
    lines: tuple[tuple[str, ...], ...]

    def markdown(self) -> str:
        return aligned(self.head, self.lines)

    def csv(self) -> str:
        stream = io.StringIO()
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerows([self.head, *self.lines])
        return stream.getvalue()

    def latex(self) -> str:
        """A `tabular` with booktabs' rules."""
        head, *lines = (
            " & ".join(map(escaped, line)) + r" \\" for line in (self.head, *self.lines)
        )
        return "\n".join(
            (
                rf"\begin{{tabular}}{{l{'r' * (len(self.head) - 1)}}}",
                r"\toprule",
                head,
                r"\midrule",
                *lines,
                r"\bottomrule",
                "\\end{tabular}\n",
            )
        )


def aligned(head: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    """Markdown whose columns are aligned, so that it can be read as plain text too."""
    widths = [max(len(line[i]) for line in (head, *lines)) for i in range(len(head))]
    rule = ["-" * width if i == 0 else "-" * (width - 1) + ":" for i, width in enumerate(widths)]
    return "".join(
        "| "
        + " | ".join(
            cell.ljust(width) if i == 0 else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(line, widths, strict=True))
        )
        + " |\n"
        for line in (head, rule, *lines)
    )


def escaped(text: str) -> str:
    """`text` with LaTeX's special characters made plain.

    >>> escaped("50 % of L_s")
    '50 \\\\% of L\\\\_s'
    """
    return "".join(SPECIAL.get(letter, letter) for letter in text)
