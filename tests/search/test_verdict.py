from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tacan.gallery.gallery_records import StoredTracklet
from tacan.retrieval.calibration import Calibration, Certainty
from tacan.search.results import Sighting
from tacan.search.verdict import judge_answer, judge_match

TRACKLET = StoredTracklet(
    1, "yard/1", "yard", 1, "yard.mp4", 1, 0.0, 3.0, None, None, 24, 0.5, None, 5
)
FAR_AND_NEAR = Calibration("euclidean", np.linspace(1, 2, 1000))


def sighting(distance: float, *, n_searched: int = 10, rank: int = 1) -> Sighting:
    certainty = FAR_AND_NEAR.certainty(distance, n_searched=n_searched)
    return Sighting(
        rank=rank,
        tracklet=TRACKLET,
        distance=distance,
        certainty=certainty,
        verdict=judge_match(certainty, n_searched=n_searched),
    )


@pytest.mark.parametrize(
    ("distance", "n_searched", "level", "headline"),
    [
        (0.5, 10, "sure", "Very likely seen elsewhere"),
        (1.02, 20, "likely", "Likely seen elsewhere"),
        (1.5, 20, "unsure", "Probably not seen elsewhere"),
        (0.5, 5000, "unsure", "Can't be told from chance"),
    ],
)
def test_headlines_follow_the_closest(
    distance: float, n_searched: int, level: str, headline: str
) -> None:
    best = sighting(distance, n_searched=n_searched)
    worse = sighting(1.9, n_searched=n_searched, rank=1)
    verdict = judge_answer([worse, replace(best, rank=2)])
    assert (verdict.level, verdict.words) == (level, headline)
    assert "yard/1 is the closest" in verdict.why


def test_as_close_as_certainly_different_people_is_never_a_find() -> None:
    """Whatever the numbers: with half a stranger or more expected, nothing is claimed."""
    for n_searched in (1, 10, 1000):
        for distance in (0.5, 1.001, 1.1, 1.5, 2.5):
            found = sighting(distance, n_searched=n_searched)
            expected = found.certainty.expected_false_matches
            assert expected is not None
            claimed = judge_answer([found]).level in ("sure", "likely")
            assert claimed == (expected <= 0.5)


def test_the_reason_counts_the_pairs() -> None:
    none = sighting(0.5).verdict.why
    assert none.startswith("None of 1,000 pairs of certainly different people are as close")
    assert "at most 0.012 strangers" in sighting(0.5, n_searched=12).verdict.why
    one = judge_match(Certainty("likely", 199, 1, 2 / 200, 0.2), n_searched=20).why
    assert one.startswith("1 of 199 pairs of certainly different people is as close")
    assert "among 20 searched tracklets, about 0.2 strangers" in one
    many = judge_match(Certainty("unsure", 199, 99, 0.5, 1234.4), n_searched=2469).why
    assert "about 1,234 strangers" in many


def test_nobody_only_others_and_too_few_pairs() -> None:
    assert judge_answer([]).level == "unknown"
    apart = judge_match(Certainty("sure", 1000, 0, 0.001, 0.01), n_searched=10, is_apart=True)
    assert apart.level == "different"
    other = replace(sighting(0.5), verdict=apart)
    assert judge_answer([other]).level == "different"
    # Someone who is certainly different never makes the headline.
    assert judge_answer([other, sighting(1.5, n_searched=20)]).words == (
        "Probably not seen elsewhere"
    )
    unknown = judge_match(Certainty("unknown", 1, 0), n_searched=10)
    assert unknown.level == "unknown"
    assert "1 pair of" in unknown.why
