"""How sure an answer is, in words that claim no more than the numbers behind them."""

from __future__ import annotations

from collections.abc import Sequence

from tacan.retrieval.calibration import MINIMUM_PAIRS, Certainty
from tacan.search.results import Sighting, Verdict

__all__ = ["judge_answer", "judge_match"]

_WORDS = {"sure": "very likely", "likely": "likely", "unsure": "unsure", "unknown": "not known"}

SOMEONE_ELSE = Verdict(
    "different",
    "someone else",
    "The camera saw both at the same time, in different places.",
)

NOBODY = Verdict(
    "unknown",
    "Nobody to compare with",
    "No tracklet of the gallery meets the conditions of this search.",
)


def judge_match(certainty: Certainty, *, n_searched: int, is_apart: bool = False) -> Verdict:
    """The verdict on one sighting.

    `is_apart` says that the query and the sighting were seen at the same time in different
    places, which no likeness outweighs.
    """
    if is_apart:
        return SOMEONE_ELSE
    if certainty.expected_false_matches is None:
        return Verdict("unknown", _WORDS["unknown"], _too_few(certainty.n_pairs))
    nearer = certainty.n_closer
    by_chance = _expected(certainty.expected_false_matches, at_most=nearer == 0)
    why = (
        f"{_how_many(nearer, certainty.n_pairs)} of certainly different people "
        f"{'is' if nearer == 1 else 'are'} as close as this; among {n_searched:,} searched "
        f"{'tracklet' if n_searched == 1 else 'tracklets'}, {by_chance} as close by chance."
    )
    return Verdict(certainty.level, _WORDS[certainty.level], why)


def judge_answer(sightings: Sequence[Sighting]) -> Verdict:
    """The verdict on a whole answer, which is that on its closest sighting, in other words.

    Where someone who is certainly different is as close, the person was probably not seen
    elsewhere. Where nobody is, but too many were searched to rule chance out, it can't be told.
    """
    possible = [one for one in sightings if one.verdict.level != "different"]
    if not possible:
        return NOBODY if not sightings else _only_others(len(sightings))
    best = min(possible, key=lambda one: one.distance)
    level, why = best.verdict.level, f"{best.tracklet.name} is the closest. {best.verdict.why}"
    if level == "sure":
        return Verdict(level, "Very likely seen elsewhere", why)
    if level == "likely":
        return Verdict(level, "Likely seen elsewhere", why)
    if level == "unknown":
        return Verdict(level, "How sure this is can't be told", why)
    if best.certainty.n_closer == 0:
        return Verdict(level, "Can't be told from chance", f"{why} Look at the pictures.")
    return Verdict(level, "Probably not seen elsewhere", why)


def _too_few(n_pairs: int) -> str:
    return (
        f"The gallery holds {n_pairs:,} {'pair' if n_pairs == 1 else 'pairs'} of certainly "
        f"different people, and it takes {MINIMUM_PAIRS}: the distance alone says little."
    )


def _only_others(count: int) -> Verdict:
    they = "the only tracklet found was" if count == 1 else f"all {count:,} tracklets found were"
    return Verdict(
        "different",
        "Not seen elsewhere, as far as was looked",
        f"{they.capitalize()} seen at the same time as the query, in other places.",
    )


def _how_many(nearer: int, n_pairs: int) -> str:
    return f"None of {n_pairs:,} pairs" if nearer == 0 else f"{nearer:,} of {n_pairs:,} pairs"


def _expected(strangers: float, *, at_most: bool) -> str:
    """How many strangers; with none of the pairs as close, the number is only a bound."""
    if strangers < 0.01:
        return "fewer than 0.01 strangers would be expected"
    shown = f"{strangers:.2g}" if strangers < 10 else f"{strangers:,.0f}"
    noun = "stranger" if shown == "1" else "strangers"
    return f"{'at most' if at_most else 'about'} {shown} {noun} would be expected"
