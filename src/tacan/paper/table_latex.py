"""A table as LaTeX, for papers: ours with its spread, and the paper's figures beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tacan.evaluation.summary import Summary
from tacan.paper.plain_table import escaped
from tacan.paper.published import Published
from tacan.paper.tables import MEASURES, Row, trained

__all__ = ["as_latex"]


def as_latex(rows: Sequence[Row], *, others: Mapping[str, Published] | None = None) -> str:
    """A `tabular` with booktabs' rules, in percent. `others` are rows that the paper alone has."""
    columns = "l" + "r" * (2 * len(MEASURES))
    heads = " & ".join((*MEASURES, *MEASURES))
    lines = [
        f"% ours: mean over seeds and tests ± deviation over seeds {''.join(trained(rows))}",
        rf"\begin{{tabular}}{{{columns}}}",
        r"\toprule",
        rf" & \multicolumn{{{len(MEASURES)}}}{{c}}{{ours}} & "
        rf"\multicolumn{{{len(MEASURES)}}}{{c}}{{paper}} \\",
        rf"row & {heads} \\",
        r"\midrule",
        *(
            _line(row.variant.title, [_cell(row.scores, name) for name in MEASURES], row.published)
            for row in rows
        ),
        *(_line(name, [""] * len(MEASURES), printed) for name, printed in (others or {}).items()),
        r"\bottomrule",
        r"\end{tabular}",
    ]
    return "\n".join(lines) + "\n"


def _line(title: str, ours: Sequence[str], printed: Published | None) -> str:
    scores = printed.scores if printed else {}
    paper = [f"{scores[name]:.1f}" if name in scores else "" for name in MEASURES]
    return " & ".join((escaped(title), *ours, *paper)) + r" \\"


def _cell(summary: Summary, name: str) -> str:
    mean = f"{100 * summary.mean[name]:.1f}"
    return mean if summary.std is None else rf"{mean} $\pm$ {100 * summary.std[name]:.1f}"
