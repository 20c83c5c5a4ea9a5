"""How sure a search's results are, in words that claim no more than the numbers behind them.

The same words stand in the table, on the page and in JSON and CSV.
"""

from __future__ import annotations

from tacan.search.search_results import Level, Match, SearchResults
from tacan.text import counted

__all__ = ["LEVEL_WORDS", "headline", "match_reason", "results_reason", "shown_distance"]

LEVEL_WORDS: dict[Level, str] = {
    "sure": "very likely",
    "likely": "likely",
    "unsure": "unsure",
    "unknown": "not known",
    "different": "someone else",
}


def headline(results: SearchResults) -> str:
    """What the search came to, in a line that names the best match and begins with its word."""
    best = results.best
    if best is None:
        return "Only people who are someone else" if results.matches else "Nobody to compare with"
    word = LEVEL_WORDS[best.level].capitalize()
    joint = "the same person:" if best.level in ("sure", "likely") else "whether the same person:"
    return f"{word} {joint} {best.tracklet.name}"


def results_reason(results: SearchResults) -> str:
    """Why the headline says what it says."""
    best = results.best
    if best is None:
        return _nobody(results)
    parts = []
    if best.rank > 1:
        parts.append(f"{_first(best.rank - 1)} someone else: seen at the same time elsewhere.")
    parts.append(f"{best.tracklet.name}: {match_reason(best, results)}")
    if best.level == "unsure":
        parts.append("That is no sign that the person was not seen. Look at the pictures.")
    closer = min(results.matches, key=lambda match: (match.level == "different", match.distance))
    if closer is not best and closer.distance < best.distance:
        parts.append(f"By distance alone {closer.tracklet.name} is closer.")
    distances = [match.distance for match in results.matches]
    if results.is_reranked and distances != sorted(distances):
        parts.append("The order is that of re-ranking, by common neighbours; distances are plain.")
    return " ".join(parts)


def match_reason(match: Match, results: SearchResults) -> str:
    """Why a match has the word that it has."""
    if match.level == "different":
        return "The camera saw both at the same time, in different places."
    if match.nearer_to is not None and match.nearer_distance is not None:
        return (
            f"{match.nearer_to}, who is somebody else, is nearer to this, at "
            f"{shown_distance(match.nearer_distance)}."
        )
    certainty = match.certainty
    n_closer, expected = certainty.n_closer, certainty.expected_false_matches
    if expected is None:
        return _too_few_pairs(match, results)
    pairs = counted(certainty.n_pairs, "pair")
    closer = f"None of {pairs}" if n_closer == 0 else f"{n_closer:,} of {pairs}"
    by_chance = _expected(expected, at_most=n_closer == 0 and certainty.basis == "counted")
    stand_in = "; by generated people, since so few pairs say little" if certainty.by_prior else ""
    return (
        f"{closer} of certainly different people {'is' if n_closer == 1 else 'are'} as close "
        f"as this{stand_in}; among {counted(results.n_searched, 'searched tracklet')}, "
        f"{by_chance} as close by chance."
    )


def shown_distance(distance: float) -> str:
    """A distance with three digits that count.

    >>> shown_distance(0.7), shown_distance(12.345), shown_distance(1234.5), shown_distance(0.0)
    ('0.700', '12.3', '1234', '0')
    """
    if distance == 0:
        return "0"
    return f"{distance:#.3g}".rstrip(".") if distance < 100 else f"{distance:.0f}"


def _nobody(results: SearchResults) -> str:
    if results.matches:
        found = len(results.matches)
        they = (
            "The only tracklet found was" if found == 1 else f"All {found:,} tracklets found were"
        )
        return f"{they} seen at the same time as the query, in other places."
    reason = "No tracklet of the gallery meets the conditions of this search."
    if results.n_undated:
        reason += f" {undated(results.n_undated)}"
    return reason


def undated(count: int) -> str:
    """Why a search by time leaves tracklets out whose time is not known."""
    are = "is" if count == 1 else "are"
    return (
        f"{counted(count, 'tracklet')} {are} left out because the time is not known: without "
        "--start at indexing no tracklet of a video is in any window of time."
    )


def _first(count: int) -> str:
    return "The first match is" if count == 1 else f"The first {count:,} matches are"


def _too_few_pairs(match: Match, results: SearchResults) -> str:
    """The figures behind "not known": they may tell a reader what no word can be given for."""
    pairs = counted(results.n_pairs, "pair")
    reason = (
        f"The gallery holds {pairs} of certainly different people, too few to say how sure. "
        f"The distance is {shown_distance(match.distance)}"
    )
    if results.pair_distances is None:
        return f"{reason}."
    least, largest = map(shown_distance, results.pair_distances)
    lie = f"lies at {least}" if results.n_pairs == 1 else f"lie at {least} to {largest}"
    return f"{reason}; {'that pair' if results.n_pairs == 1 else 'those pairs'} {lie}."


def _expected(count: float, *, at_most: bool) -> str:
    """How many strangers; with none of the pairs as close, the number is only a bound."""
    if count < 0.01:
        return "fewer than 0.01 strangers would be expected"
    shown = f"{count:.2g}" if count < 10 else f"{count:,.0f}"
    noun = "stranger" if shown == "1" else "strangers"
    return f"{'at most' if at_most else 'about'} {shown} {noun} would be expected"
