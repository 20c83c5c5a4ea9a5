from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tacan.gallery.gallery_records import ModelInfo, StoredTracklet, TrackletFilter
from tacan.retrieval.calibration import Calibration, Certainty
from tacan.search.query import Query
from tacan.search.search_results import Match, SearchResults
from tacan.views.search_text import how_to_read
from tacan.views.verdict_text import LEVEL_WORDS, headline, match_reason, results_reason

TRACKLET = StoredTracklet(
    1, "yard/1", "yard", 1, "yard.mp4", 1, 0.0, 3.0, None, None, 24, 0.5, None, 5
)
FAR_AND_NEAR = Calibration("euclidean", np.linspace(1, 2, 1000))
MODEL = ModelInfo("small", "f" * 64, 8)


def make_match(
    distance: float, *, n_searched: int = 10, rank: int = 1, name: str = "yard/1"
) -> Match:
    certainty = FAR_AND_NEAR.certainty(distance, n_searched=n_searched)
    return Match(
        rank=rank,
        tracklet=replace(TRACKLET, name=name),
        distance=distance,
        level=certainty.level,
        certainty=certainty,
    )


def make_results(*matches: Match, n_searched: int = 10, **changes: object) -> SearchResults:
    results = SearchResults(
        query=Query("hall/1", np.ones(8, np.float32), MODEL.fingerprint),
        matches=matches,
        gallery=Path("g"),
        model=MODEL,
        metric="euclidean",
        filters=TrackletFilter(),
        n_tracklets=100,
        n_searched=n_searched,
        n_pairs=1000,
        pair_distances=(1.0, 2.0),
    )
    return replace(results, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("distance", "n_searched", "level", "words"),
    [
        (0.5, 10, "sure", "Very likely the same person: yard/1"),
        (1.02, 20, "likely", "Likely the same person: yard/1"),
        (1.5, 20, "unsure", "Unsure whether the same person: yard/1"),
        (0.5, 5000, "unsure", "Unsure whether the same person: yard/1"),
    ],
)
def test_a_headline_names_the_first_and_begins_with_its_word(
    distance: float, n_searched: int, level: str, words: str
) -> None:
    worse = make_match(1.9, n_searched=n_searched, rank=2, name="yard/2")
    results = make_results(make_match(distance, n_searched=n_searched), worse)
    assert (results.level, headline(results)) == (level, words)
    assert headline(results).lower().startswith(LEVEL_WORDS[results.level])
    assert results_reason(results).startswith("yard/1: ")


def test_after_re_ranking_the_headline_still_names_the_first() -> None:
    first = make_match(1.5, name="yard/7")
    results = make_results(first, make_match(0.5, rank=2, name="yard/8"), is_reranked=True)
    assert headline(results) == "Unsure whether the same person: yard/7"
    assert "By distance alone yard/8 is closer." in results_reason(results)


def test_nothing_says_that_somebody_was_not_seen() -> None:
    """A distance that strangers have too is no sign of absence: one walk in six was right."""
    results = make_results(make_match(1.5))
    said = f"{headline(results)} {results_reason(results)}"
    assert "not seen elsewhere" not in said
    assert "no sign that the person was not seen" in said


def test_as_close_as_certainly_different_people_is_never_a_find() -> None:
    """Whatever the numbers: with half a stranger or more expected, nothing is claimed."""
    for n_searched in (1, 10, 1000):
        for distance in (0.5, 1.001, 1.1, 1.5, 2.5):
            match = make_match(distance, n_searched=n_searched)
            assert match.certainty.expected_false_matches is not None
            claimed = make_results(match).level in ("sure", "likely")
            assert claimed == (match.certainty.expected_false_matches <= 0.5)


def test_the_reason_counts_the_pairs() -> None:
    match = make_match(0.5)
    none = match_reason(match, make_results(match))
    assert none.startswith("None of 1,000 pairs of certainly different people are as close")
    match = make_match(0.5, n_searched=12)
    assert "at most 0.012 strangers" in match_reason(match, make_results(match, n_searched=12))
    certainty = Certainty("likely", 199, 1, 2 / 200, 0.2)
    one = match_reason(
        replace(match, certainty=certainty), make_results(match, n_searched=20, n_pairs=199)
    )
    assert one.startswith("1 of 199 pairs of certainly different people is as close")
    assert "among 20 searched tracklets, about 0.2 strangers" in one
    many = match_reason(
        replace(match, certainty=Certainty("unsure", 1000, 99, 0.1, 1234.4)), make_results(match)
    )
    assert "about 1,234 strangers" in many


def test_nobody_and_only_others() -> None:
    assert headline(make_results()) == "Nobody to compare with"
    assert "--start" not in results_reason(make_results())
    undated = results_reason(make_results(n_undated=3))
    assert "3 tracklets are left out because the time is not known" in undated
    assert "--start" in undated

    other = replace(make_match(0.5), level="different")
    assert make_results(other).level == "different"
    assert headline(make_results(other)) == "Only people who are someone else"
    # Someone who is certainly different never makes the headline.
    behind = make_match(1.5, rank=2, name="yard/2")
    results = make_results(other, behind)
    assert headline(results) == "Unsure whether the same person: yard/2"
    assert results_reason(results).startswith("The first match is someone else")


def test_with_too_few_pairs_the_figures_are_shown() -> None:
    """In a small place no word can be given, but .082 against .465 to .891 tells a reader much."""
    match = Match(1, TRACKLET, 0.082)
    results = make_results(match, n_pairs=8, pair_distances=(0.465, 0.891))
    assert headline(results) == "Not known whether the same person: yard/1"
    said = results_reason(results)
    assert "8 pairs of certainly different people" in said
    assert "The distance is 0.0820; those pairs lie at 0.465 to 0.891." in said
    one = results_reason(make_results(match, n_pairs=1, pair_distances=(0.7, 0.7)))
    assert "1 pair of" in one
    assert "that pair lies at 0.700" in one
    assert "The distance is 0.0820." in results_reason(
        make_results(match, n_pairs=0, pair_distances=None)
    )


def test_an_estimate_is_not_called_a_bound() -> None:
    """Only what was counted is one: a fitted tail, or generated people, can be wrong either way."""
    fitted = Certainty("sure", 5000, 0, 1 / 50_000, 0.02, basis="fitted")
    match = replace(make_match(0.5), certainty=fitted)
    said = match_reason(match, make_results(match, n_searched=1000))
    assert "None of 5,000 pairs" in said
    assert "about 0.02 strangers" in said
    prior = Certainty("likely", 8, 0, 1 / 100, 0.12, basis="prior")
    said = match_reason(replace(match, certainty=prior), make_results(match, n_searched=12))
    assert said.startswith("None of 8 pairs of certainly different people are as close as this; by")
    assert "by generated people" in said
    assert "about 0.12 strangers" in said


def test_the_page_tells_what_its_words_rest_on() -> None:
    """Words are there with few pairs as well, where generated people stand in."""
    judged = make_match(1.5)
    assert "“unsure”" in how_to_read(make_results(judged))[0]
    assert "generated" not in how_to_read(make_results(judged))[0]
    by_prior = replace(judged, certainty=Certainty("likely", 12, 0, 0.01, 0.1, basis="prior"))
    few = how_to_read(make_results(by_prior, n_pairs=12))[0]
    assert "holds 12 of them" in few
    assert "generated people" in few
    assert "“unsure”" in few
    unknown = Match(1, TRACKLET, 0.1, "unknown", Certainty("unknown", 1, 0))
    none = how_to_read(make_results(unknown, n_pairs=1))[0]
    assert "holds 1 such pair, too few" in none
    assert "“unsure”" not in none


def test_an_order_that_is_not_that_of_the_distances_says_why() -> None:
    matches = make_match(1.1), make_match(1.5, rank=2), make_match(1.3, rank=3)
    assert "by common neighbours" in results_reason(make_results(*matches, is_reranked=True))
    for results in (
        make_results(*matches[:2], is_reranked=True),
        make_results(*matches[:2]),
    ):
        assert "by common neighbours" not in results_reason(results)
