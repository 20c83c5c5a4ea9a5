from __future__ import annotations

import math

import numpy as np
import pytest

from tacan.retrieval.calibration import Calibration


def test_the_words_follow_the_stated_rule():
    calibration = Calibration("euclidean", np.arange(1, 1000.0))  # 999 pairs
    assert calibration.certainty(0.5, n_searched=50).p_value == 1 / 1000
    assert calibration.certainty(1.0, n_searched=50).p_value == 2 / 1000
    assert calibration.certainty(0.5, n_searched=50).level == "sure"
    assert calibration.certainty(0.5, n_searched=51).level == "likely"
    assert calibration.certainty(0.5, n_searched=500).level == "likely"
    assert calibration.certainty(0.5, n_searched=501).level == "unsure"
    assert calibration.certainty(9.5, n_searched=50).expected_false_matches == pytest.approx(0.5)
    assert calibration.certainty(5000.0, n_searched=10).p_value == 1


@pytest.mark.parametrize("n", [100, 999, 5000])
def test_the_count_of_closer_pairs_is_exact(n):
    calibration = Calibration("euclidean", np.arange(1.0, n + 1))
    for wanted in (0, 1, n // 3, n - 1, n):
        found = calibration.certainty(wanted + 0.5, n_searched=7)
        assert (found.n_closer, found.n_pairs) == (wanted, n)


def power_law(n, power, *, seed=0):
    """Distances in [0, 1] of which the share d^power is at most d."""
    return np.sort(np.random.default_rng(seed).random(n) ** (1 / power))


def test_the_number_of_pairs_is_no_ceiling():
    """5,000 pairs showed no more than 1 in 5,001: among 10,000 nothing was likely, not even the
    same vector."""
    calibration = Calibration("cosine", power_law(5000, 8))
    assert calibration.certainty(0.0, n_searched=10_000).level == "sure"
    assert calibration.certainty(0.2, n_searched=10_000).level in ("sure", "likely")
    assert calibration.certainty(0.5, n_searched=10_000).level == "unsure"


@pytest.mark.parametrize("power", [3, 8, 15])
@pytest.mark.parametrize("n", [2000, 8000])
def test_the_fitted_share_is_seldom_below_the_true_one(n, power):
    """Over many galleries; at a distance that is closer than any of their pairs."""
    rate = 0.1 / n
    distance = rate ** (1 / power)
    found = [
        Calibration("cosine", power_law(n, power, seed=seed))
        .certainty(distance, n_searched=1)
        .p_value
        for seed in range(200)
    ]
    assert np.mean(np.array(found) < rate) < 0.1
    assert rate < np.median(found) < (1 / (n + 1))


def test_what_was_counted_is_neither_exceeded_nor_undercut():
    distances = np.sort(np.r_[0.01, 0.02, power_law(2998, 10)])
    calibration = Calibration("cosine", distances)
    for distance in np.linspace(0, 1, 300):
        found = calibration.certainty(distance, n_searched=1)
        counted = (found.n_closer + 1) / 3001
        assert found.n_closer / 3001 <= found.p_value <= counted
        assert found.p_value >= counted / 100
    shares = [calibration.certainty(d, n_searched=1).p_value for d in np.linspace(0, 1, 300)]
    assert (np.diff(shares) >= -1e-12).all()


@pytest.mark.parametrize(
    "distances", [np.zeros(2000), np.full(2000, 0.5), np.r_[np.zeros(1999), 1.0]]
)
def test_pairs_without_a_tail_are_counted(distances):
    calibration = Calibration("cosine", distances)
    for distance in (0.0, 0.25, 0.5):
        n_closer = int((distances <= distance).sum())
        expected = (n_closer + 1) / 2001
        assert calibration.certainty(distance, n_searched=1).p_value == pytest.approx(expected)


PRIOR = Calibration("cosine", power_law(500, 6))


def test_a_prior_stands_in_for_pairs_that_a_small_gallery_lacks():
    far = np.linspace(0.7, 0.95, 8)
    found = Calibration("cosine", far, PRIOR).certainty(0.08, n_searched=12)
    assert (found.level, found.n_pairs, found.n_closer, found.by_prior) == ("likely", 8, 0, True)
    assert Calibration("cosine", far, PRIOR).certainty(0.8, n_searched=12).level == "unsure"
    for own, prior in ((far[:7], PRIOR), (far, None)):
        found = Calibration("cosine", own, prior).certainty(0.08, n_searched=12)
        assert (found.level, found.p_value, found.by_prior) == ("unknown", None, False)
    assert (
        not Calibration("cosine", power_law(2000, 6), PRIOR).certainty(0.1, n_searched=1).by_prior
    )


def test_more_pairs_never_make_less_sure_for_the_prior_that_goes():
    """From 8 pairs to thousands, all far: what was likely stays likely."""
    for n in (8, 99, 100, 1999, 2000, 8000):
        own = power_law(n, 6)
        own = own[own > 0.2]
        found = Calibration("cosine", own, PRIOR).certainty(0.05, n_searched=12)
        assert found.level in ("likely", "sure")
        assert found.p_value <= 1 / (len(own) + 1)


def test_a_prior_makes_nothing_sure_that_was_not_counted():
    own = power_law(300, 6, seed=1)
    assert Calibration("cosine", own, PRIOR).certainty(0.01, n_searched=100).level == "likely"
    assert Calibration("cosine", own, PRIOR).certainty(0.01, n_searched=10).level == "sure"
    assert Calibration("cosine", own).certainty(0.01, n_searched=200).level == "unsure"


def test_a_prior_is_drawn_together_where_strangers_are_closer():
    """All people look alike here: what would be close elsewhere is nothing special."""
    alike = Calibration("cosine", np.linspace(0.05, 0.11, 8), PRIOR)
    assert alike.certainty(0.08, n_searched=12).level == "unsure"
    assert alike.certainty(0.045, n_searched=12).level == "unsure"
    assert Calibration("cosine", np.zeros(8), PRIOR).certainty(0.0, n_searched=12).level == "unsure"


def test_one_pair_that_is_as_close_outweighs_the_prior():
    own = np.r_[0.05, np.linspace(0.7, 0.95, 20)]
    assert Calibration("cosine", own, PRIOR).certainty(0.08, n_searched=12).level == "unsure"


@pytest.mark.parametrize("share", [0.05, 0.1, 1.0])
def test_the_distance_of_a_share_has_that_share_below_it(share):
    pairs = power_law(999, 8)
    distance = Calibration("cosine", pairs).distance_at(share)
    assert ((pairs <= distance).sum() + 1) / 1000 <= share
    if share < 1:
        assert ((pairs <= np.nextafter(distance, 2)).sum() + 1) / 1000 > share


def test_the_distance_of_a_smaller_share_is_the_power_that_the_bulk_gives():
    calibration = Calibration("cosine", power_law(4999, 8))
    low, high = calibration.distance_at(0.05), calibration.distance_at(0.25)
    power = math.log(0.25 / 0.05) / math.log(high / low)
    for share in (0.001, 0.005, 0.02, 0.049):
        distance = calibration.distance_at(share)
        assert 0.05 * (distance / low) ** power == pytest.approx(share)
        # Distances that are a power law are found as they are.
        assert distance == pytest.approx(share**0.125, rel=0.05)
    shares = np.geomspace(1e-3, 1, 200)
    assert np.diff([calibration.distance_at(share) for share in shares]).min() >= 0


@pytest.mark.parametrize("n_alike", [60, 120, 400])
def test_those_who_look_alike_draw_it_in_no_farther_than_half_of_all_let_them(n_alike):
    pairs = np.sort(np.r_[np.linspace(0.01, 0.05, n_alike), power_law(999 - n_alike, 8)])
    calibration = Calibration("cosine", pairs)
    half = pairs[499]
    shares = np.geomspace(0.002, 1, 100)
    found = [calibration.distance_at(share) for share in shares]
    assert found == sorted(found)
    for share, distance in zip(shares.tolist(), found, strict=True):
        least = half * (2 * share) ** 0.25 if share < 0.5 else half
        assert distance >= least * (1 - 1e-9)
        if share < n_alike / 1000:
            assert distance == pytest.approx(least)


def test_roots_of_all_distances_give_the_root_of_what_they_give():
    """Euclidean distances are such roots."""
    pairs = np.sort(np.r_[np.full(60, 0.05), power_law(940, 8)])
    for share in (0.01, 0.1, 0.7):
        squared, rooted = (
            Calibration(metric, each).distance_at(share)
            for metric, each in (("cosine", pairs), ("euclidean", np.sqrt(pairs)))
        )
        assert rooted**2 == pytest.approx(squared)


def test_a_few_who_look_alike_move_it_little():
    bulk = power_law(1000, 4)
    alike = np.sort(np.r_[np.full(30, 0.05), bulk])
    plain, moved = (Calibration("cosine", each).distance_at(0.02) for each in (bulk, alike))
    assert np.quantile(alike, 0.02) == 0.05, "all of the share by counting"
    assert 0.9 * plain < moved < plain


def test_few_pairs_have_no_distance_of_a_small_share():
    assert Calibration("cosine", np.zeros(0)).distance_at(0.02) is None
    assert Calibration("cosine", power_law(48, 4)).distance_at(0.02) is None
    assert Calibration("cosine", power_law(49, 4)).distance_at(0.02) is not None
    # Also where all are 0, or the same.
    assert Calibration("cosine", np.zeros(99)).distance_at(0.02) is not None
    assert Calibration("cosine", np.ones(99)).distance_at(0.02) < 1


def test_a_prior_stands_in_for_pairs_and_gives_way_to_them():
    prior = Calibration("cosine", power_law(400, 4, seed=1))
    alone = Calibration("cosine", np.zeros(0), prior).distance_at(0.02)
    assert alone == pytest.approx(np.quantile(prior.distances, 0.02), rel=0.1)
    # A few of its own, all farther: more is believed, but never beyond the closest of them.
    far = Calibration("cosine", np.linspace(0.9, 1.0, 9), prior).distance_at(0.02)
    assert alone < far < 0.9
    # Many of its own that lie closer decide by themselves.
    close = Calibration("cosine", power_law(2000, 4) / 10, prior).distance_at(0.02)
    assert close == pytest.approx(0.02**0.25 / 10, rel=0.1)
