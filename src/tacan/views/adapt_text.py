"""What `tacan adapt` says of its outcome."""

from __future__ import annotations

from tacan.adaptation.adapt import AdaptReport
from tacan.adaptation.judge import ADAPTED, AS_IT_WAS, PLAIN_MEAN
from tacan.text import counted

__all__ = ["adapt_text"]

OUTCOMES = {
    ADAPTED: "The adapted clip weight is better, and kept.",
    AS_IT_WAS: "No other clip weight is surely better: the model stays as it was.",
    PLAIN_MEAN: "The plain mean is better than any clip weight: every clip counts the same.",
}


def adapt_text(report: AdaptReport, out: object) -> str:
    """The figures of the three weights, which is kept, and what follows from it."""
    lines = [
        f"{counted(report.n_tracklets, 'tracklet')}, {counted(report.n_clips, 'clip')}; "
        f"{counted(report.n_strangers, 'pair')} of certain strangers ({report.known_by})"
    ]
    if report.n_short:
        lines.append(f"{counted(report.n_short, 'tracklet')} too short, left out")
    if report.n_unused:
        lines.append(f"{counted(report.n_unused, 'tracklet')} more than --at-most, left out")
    if not report.n_strangers:
        lines.append(
            "Nobody is known to be somebody else: all but the nearest were taken for that."
        )
    lines += [
        "",
        "Finding the other half of a tracklet that was held out, mean reciprocal rank in %:",
        f"{'clip weight':<14}{'natural':>10}{'half hidden':>14}",
    ]
    for name in (PLAIN_MEAN, AS_IT_WAS, ADAPTED):
        scores = report.scores[name]
        mark = "  kept" if name == report.kept else ""
        lines.append(f"{name:<14}{100 * scores.natural:10.1f}{100 * scores.hidden:14.1f}{mark}")
    lines += ["", f"{OUTCOMES[report.kept]} -> {out}"]
    if report.kept != AS_IT_WAS:
        lines.append(
            "Its vectors are not those of the model before: index into a new gallery, "
            f"with --model {out}."
        )
    return "\n".join(lines)
