from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from tacan.indexing import connecting
from tacan.indexing.connecting import Connector
from tacan.indexing.fragments import Fragment
from tacan.indexing.index_settings import Connect
from tacan.retrieval.calibration import Calibration
from tests.indexing.fragment_data import BLUE, GREEN, RED, MeanEmbedder, fragment

PRIOR = Calibration("euclidean", np.linspace(0.5, 1.5, 400))
FAR = 500.0


def connect(
    fragments: Sequence[Fragment],
    *,
    mode: Connect = "careful",
    max_seconds: float = 300.0,
    prior: Calibration | None = PRIOR,
) -> list[tuple[int, ...]]:
    """The tracks of each tracklet that comes out."""
    connector = Connector(
        MeanEmbedder(), mode=mode, max_seconds=max_seconds, max_crops=16, prior=prior
    )
    # Ten pairs of strangers, seen at once long ago: enough for the prior.
    for x, look in enumerate((RED, BLUE, GREEN, -RED, -BLUE)):
        connector.add([fragment(100 + x, -90.0, [look], x=99.0 * x)], running_since=-99)
    done = [
        each
        for fragment in fragments
        for each in connector.add([fragment], running_since=fragment.tracklet.running_since)
    ]
    done += connector.flush()
    return [each.tracks for each in done if each.tracks[0] < 100]


def test_two_pieces_of_one_walk_are_connected() -> None:
    assert connect([fragment(1, 0.0, [RED] * 9), fragment(2, 1.5, [RED] * 9, x=20.0)]) == [(1, 2)]


def test_a_walk_of_many_pieces_is_one() -> None:
    pieces = [fragment(i, 2.0 * i, [RED] * 9, x=10.0 * i) for i in range(1, 7)]
    assert connect(pieces) == [(1, 2, 3, 4, 5, 6)]


@pytest.mark.parametrize(
    ("other", "why"),
    [
        (fragment(2, 1.5, [BLUE] * 9), "looks"),
        (fragment(2, 1.5, [RED] * 9, x=200.0), "place"),
        (fragment(2, 0.8, [RED] * 9, x=200.0), "seen at once"),
        (fragment(2, 12.0, [RED] * 9), "time"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_cannot_be_one_walk_is_not(other: Fragment, why: str) -> None:
    assert connect([fragment(1, 0.0, [RED] * 9), other], mode="bold") == [(1,), (2,)]


def test_each_must_be_the_others_best() -> None:
    like_red = (0.98 * RED + 0.02 * BLUE).astype(np.float32)
    ended = [fragment(1, 0.0, [RED] * 9), fragment(2, 0.0, [like_red] * 9, x=20.0)]
    assert connect([*ended, fragment(3, 1.5, [like_red] * 9, x=10.0)]) == [(1,), (2, 3)]


def test_a_track_that_still_runs_is_waited_for() -> None:
    """The better successor began first and ends last."""
    like_red = (0.97 * RED + 0.03 * GREEN).astype(np.float32)
    pieces = [
        fragment(1, 0.0, [RED] * 9, running_since=0.95),
        fragment(2, 1.5, [like_red] * 5, x=20.0, running_since=1.2),
        fragment(3, 1.2, [RED] * 60, x=10.0),
    ]
    assert connect(pieces) == [(1, 3), (2,)]


def test_nothing_is_connected_without_strangers_or_when_off() -> None:
    pieces = [fragment(1, 0.0, [RED] * 9), fragment(2, 1.5, [RED] * 9)]
    assert connect(pieces, mode="off") == [(1,), (2,)]
    assert connect([pieces[0], fragment(2, 0.6, [RED] * 9)], mode="off") == [(1,), (2,)]
    assert connect(pieces, prior=None) == [(1,), (2,)]
    all_alike = Calibration("euclidean", np.zeros(400))
    assert connect(pieces, prior=all_alike) == [(1,), (2,)]


def test_the_prior_says_what_near_means_where_few_walk() -> None:
    connector = Connector(
        MeanEmbedder(), mode="careful", max_seconds=300, max_crops=16, prior=PRIOR
    )
    connector.add([fragment(1, 0.0, [RED] * 9)], running_since=1.5)
    done = connector.add([fragment(2, 1.5, [RED] * 9, x=20.0)], running_since=np.inf)
    assert [each.tracks for each in done] == [(1, 2)]


def test_all_parts_of_a_track_are_there_before_one_is_connected() -> None:
    """The second part of a split track is the better one to go on."""
    like_red = (0.97 * RED + 0.03 * GREEN).astype(np.float32)
    ended = fragment(1, 0.0, [RED] * 9)
    split = [fragment(2, 1.2, [like_red] * 9, x=20.0), fragment(3, 2.5, [RED] * 9, x=10.0)]
    connector = Connector(
        MeanEmbedder(), mode="careful", max_seconds=300, max_crops=16, prior=PRIOR
    )
    connector.add([ended], running_since=1.2)
    done = connector.add(split, running_since=np.inf) + connector.flush()
    assert (1, 3) in [each.tracks for each in done]


def test_no_tracklet_is_longer_than_it_may_be() -> None:
    pieces = [fragment(i, 2.0 * i, [RED] * 9) for i in range(1, 5)]
    assert connect(pieces, max_seconds=5.0) == [(1, 2, 3), (4,)]


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connecting, "MOST_WAITING", 3)
    connector = Connector(MeanEmbedder(), mode="careful", max_seconds=300, max_crops=16, prior=None)
    done = [
        each
        for i in range(9)
        for each in connector.add([fragment(i, i / 10, [RED] * 9, x=FAR * i)], running_since=0.0)
    ]
    assert len(done) == 6
    assert len(connector.flush()) == 3


def test_walks_in_random_pieces_come_out_whole() -> None:
    """Twelve people, each in pieces; a piece is told as soon as the tracks that still run allow.
    Who is near in place is far in looks, and pieces may overlap."""
    rng = np.random.default_rng(5)
    pieces: list[Fragment] = []
    people: list[int] = []
    for person in range(12):
        now = float(rng.uniform(0, 20))
        for _ in range(rng.integers(1, 6)):
            length = int(rng.integers(8, 40))
            angle = np.pi / 6 * (5 * person % 12)
            look = np.cos(angle) * RED + np.sin(angle) * BLUE
            pieces.append(fragment(0, now, [look] * length, x=30.0 * person))
            people.append(person)
            now = pieces[-1].last_seconds + float(rng.uniform(-0.45, 3))
    order = sorted(range(len(pieces)), key=lambda i: pieces[i].last_seconds)
    pieces = [replace(pieces[i], tracks=(n,)) for n, i in enumerate(order)]
    told = []
    for n, piece in enumerate(pieces):
        since = min((later.first_seconds for later in pieces[n + 1 :]), default=float("inf"))
        told.append(replace(piece, tracklet=replace(piece.tracklet, running_since=since)))
    found = connect(told)
    assert sorted(itertools.chain(*found)) == list(range(len(pieces)))
    assert len(found) == 12
    assert all(len({people[order[track]] for track in tracks}) == 1 for tracks in found)


def test_two_boxes_on_one_person_in_one_frame_are_at_one_place() -> None:
    """There a new track takes over; the boxes have their middles elsewhere."""
    unlike = np.array([0.3, 0.7, 0.0], np.float32)  # u = .5
    before = fragment(1, 0.0, [RED] * 9)

    def after(start: float, x: float) -> Fragment:
        return fragment(2, start, [unlike] * 9, x=x)

    prior = Calibration("euclidean", np.linspace(0.4, 2.4, 400))
    assert connect([before, after(0.8, 10.0)], prior=prior) == [(1, 2)]
    assert connect([before, after(0.9, 10.0)], prior=prior) == [(1,), (2,)]
    assert connect([before, fragment(2, 0.8, [BLUE] * 9, x=10.0)], prior=prior) == [(1,), (2,)]
    connector = Connector(
        MeanEmbedder(), mode="careful", max_seconds=300, max_crops=16, prior=prior
    )
    connector.add([before], running_since=0.0)
    connector.add([after(0.8, 4.0)], running_since=0.0)
    (joined,) = connector.flush()
    assert (np.diff(joined.tracklet.frames) > 0).all()
    assert len(joined.tracklet) == 17
    crops = [crop.frame for crop in joined.tracklet.crops]
    assert crops == sorted(set(crops))


def test_time_that_passes_gives_out_what_nothing_can_go_on_from() -> None:
    connector = Connector(
        MeanEmbedder(), mode="careful", max_seconds=300.0, max_crops=16, prior=PRIOR
    )
    assert connector.add([fragment(1, 0.0, [RED] * 9)], running_since=0.8) == []
    assert connector.settle(running_since=0.8 + connecting.MAX_GAP) == []
    (done,) = connector.settle(running_since=0.9 + connecting.MAX_GAP)
    assert done.tracks == (1,)
    assert connector.flush() == []


def among_strangers(
    one: Fragment, other: Fragment, *, mode: Connect = "careful", u: float = 0.0
) -> bool:
    """Whether two fragments are connected that are made to be as far apart that their squared
    distance is `u` of that of strangers, of whom there are 990 pairs."""
    connector = Connector(MeanEmbedder(), mode=mode, max_seconds=300.0, max_crops=16, prior=None)
    for x, look in enumerate(np.random.default_rng(0).normal(0, 1, (45, 3))):
        connector.add([fragment(100 + x, -90.0, [look], x=99.0 * x)], running_since=-99)
    assert len(connector.strangers) == 990
    distance = np.sqrt(u) * np.median(connector.strangers)
    n = len(other.embeddings)
    far = replace(other, embeddings=one.embeddings[:1].repeat(n, 0) + distance * GREEN)
    done = connector.add([one, far], running_since=-99)
    return (1, 2) in [each.tracks for each in (*done, *connector.flush())]


@pytest.mark.parametrize(
    ("mode", "x", "most"),
    [("careful", 0.0, 0.7007), ("bold", 0.0, 0.7907), ("careful", 20.0, 0.3889)],
)
def test_the_border_of_the_cost(mode: Connect, x: float, most: float) -> None:
    """u + .174 log(e + .1) may be .30 or .39; 20 pixels are half of the height."""
    walk = fragment(1, 0.0, [RED] * 9), fragment(2, 1.8, [RED] * 9, x=x)
    assert among_strangers(*walk, mode=mode, u=most - 0.001)
    assert not among_strangers(*walk, mode=mode, u=most + 0.001)


@pytest.mark.parametrize(("x", "expected"), [(72.0, True), (32.0, False)])
def test_who_walks_on_is_looked_for_further_on(x: float, expected: bool) -> None:
    """40 pixels, a height, a second: after 1 s the same as where the walk ended is too far."""
    walking = fragment(1, 0.0, [RED] * 9, speed=40.0)
    assert among_strangers(walking, fragment(2, 1.8, [RED] * 9, x=x), u=0.5) is expected


def test_the_motion_at_the_end_is_that_of_the_straight_line_of_least_squares() -> None:
    rng = np.random.default_rng(0)
    seconds = 3 + np.arange(40) / 10
    boxes = np.cumsum(rng.normal(1, 1, (40, 4)), axis=0).astype(np.float32)
    place, speed = connecting.motion_at_the_end(seconds, boxes)
    last = slice(19, None)
    for axis in (0, 1):
        middles = boxes[last][:, [axis, axis + 2]].mean(axis=1)
        line = np.polynomial.Polynomial.fit(seconds[last], middles, 1)
        assert place[axis] == pytest.approx(line(6.9))
        assert speed[axis] == pytest.approx(line.deriv()(0))


def test_one_box_stands_still() -> None:
    boxes = np.array([[10, 20, 26, 60]], np.float32)
    place, speed = connecting.motion_at_the_end(np.array([4.0]), boxes)
    assert place.tolist() == [18, 40]
    assert (speed == 0).all()


@pytest.mark.parametrize(("metric", "expected"), [("cosine", False), ("euclidean", True)])
def test_euclidean_distances_are_squared(metric: str, expected: bool) -> None:
    """Half of the median is too much 20 pixels off, and a quarter isn't."""
    embedder = MeanEmbedder()
    embedder.metric = metric
    half_off = {"euclidean": RED + 0.5 * BLUE, "cosine": 0.5 * RED + 0.75**0.5 * BLUE}
    connector = Connector(
        embedder,
        mode="careful",
        max_seconds=300,
        max_crops=16,
        prior=Calibration(metric, np.full(100, 1.0)),
    )
    walk = [fragment(1, 0.0, [RED] * 9), fragment(2, 1.8, [half_off[metric]] * 9, x=20.0)]
    done = connector.add(walk, running_since=np.inf)
    assert ((1, 2) in [each.tracks for each in done]) is expected


@pytest.mark.parametrize(("start", "expected"), [(5.8, True), (5.9, False)])
def test_the_longest_gap_is_five_seconds(start: float, expected: bool) -> None:
    walk = fragment(1, 0.0, [RED] * 9), fragment(2, start, [RED] * 9)
    assert among_strangers(*walk) is expected


@pytest.mark.parametrize(("x", "expected"), [(59.0, True), (61.0, False)])
def test_the_furthest_step_in_a_second_is_one_and_a_half_heights(x: float, expected: bool) -> None:
    walk = fragment(1, 0.0, [RED] * 9), fragment(2, 1.8, [RED] * 9, x=x)
    assert among_strangers(*walk) is expected


@pytest.mark.parametrize(("height", "expected"), [(80.0, True), (82.0, False)])
def test_nobody_grows_to_more_than_twice_the_height(height: float, expected: bool) -> None:
    one, other = fragment(1, 0.0, [RED] * 9), fragment(2, 1.8, [RED] * 9)
    boxes = other.tracklet.boxes.copy()
    boxes[:, 3] = height
    other = replace(other, tracklet=replace(other.tracklet, boxes=boxes))
    assert among_strangers(one, other) is expected


@pytest.mark.parametrize(("x", "most"), [(10.0, 0.7007), (11.0, 0.4707)])
def test_boxes_in_one_frame_are_at_one_place_if_they_overlap(x: float, most: float) -> None:
    """By a fifth of their union; they are 16 pixels wide, and 11 pixels are .275 heights."""
    walk = fragment(1, 0.0, [RED] * 9), fragment(2, 0.8, [RED] * 9, x=x)
    assert among_strangers(*walk, u=most - 0.001)
    assert not among_strangers(*walk, u=most + 0.001)


def test_pieces_that_overlap_in_time_become_one_without_a_doubled_frame() -> None:
    before, after = fragment(1, 0.0, [RED] * 9), fragment(2, 0.5, [RED] * 9, x=4.0)
    connector = Connector(
        MeanEmbedder(), mode="careful", max_seconds=300, max_crops=16, prior=PRIOR
    )
    connector.add([before, after], running_since=0.0)
    (joined,) = connector.flush()
    assert joined.tracks == (1, 2)
    assert joined.tracklet.frames.tolist() == list(range(14))
    assert joined.tracklet.boxes[:, 0].tolist() == [0] * 9 + [4] * 5
    assert [crop.frame for crop in joined.tracklet.crops] == list(range(14))
    assert len(joined.clip_frames) == len(joined.embeddings) == len(joined.clip_weights) == 18


@pytest.mark.parametrize(
    ("start", "x", "expected"),
    [
        pytest.param(0.4, 10.0, True, id="one walk"),
        pytest.param(0.2, 10.0, False, id="beside each other for longer"),
        pytest.param(0.4, 17.0, False, id="certain strangers"),
        pytest.param(0.5, 17.0, True, id="beside each other for a moment"),
        pytest.param(0.5, 32.0, False, id="at another place"),
    ],
)
def test_who_may_overlap_in_time(start: float, x: float, expected: bool) -> None:
    walk = fragment(1, 0.0, [RED] * 9), fragment(2, start, [RED] * 9, x=x)
    assert among_strangers(*walk) is expected
    assert among_strangers(*reversed(walk)) is expected


def test_what_ends_first_does_not_go_on_from_what_lasts_longer() -> None:
    within = fragment(1, 0.0, [RED] * 9), fragment(2, 0.5, [RED] * 3)
    assert not among_strangers(*within)


def test_where_a_track_strays_after_another_has_begun_does_not_count() -> None:
    """It goes over to somebody 70 pixels, nearly two heights, away."""
    one, other = fragment(1, 0.0, [RED] * 9), fragment(2, 0.5, [RED] * 9)
    boxes = one.tracklet.boxes.copy()
    boxes[6:, [0, 2]] += 70
    strayed = replace(one, tracklet=replace(one.tracklet, boxes=boxes))
    assert among_strangers(strayed, other)
    assert not among_strangers(strayed, fragment(2, 0.9, [RED] * 9))


@pytest.mark.parametrize(("n_of_both", "expected"), [(4, False), (5, True)])
def test_the_fewest_strangers(n_of_both: int, expected: bool) -> None:
    """Ten people at once are 45 pairs, and one more with some of them the rest of 50."""
    connector = Connector(MeanEmbedder(), mode="bold", max_seconds=300.0, max_crops=16, prior=None)
    looks = np.random.default_rng(0).normal(0, 1, (11, 3))
    for x, look in enumerate(looks):
        begins, n = (-90.0, 1 + (x < n_of_both)) if x < 10 else (-89.9, 1)
        connector.add([fragment(100 + x, begins, [look] * n, x=99.0 * x)], running_since=-99)
    assert len(connector.strangers) == 45 + n_of_both
    done = [
        *connector.add([fragment(1, 0.0, [RED] * 9)], running_since=-99),
        *connector.add([fragment(2, 1.0, [RED] * 9)], running_since=-99),
        *connector.flush(),
    ]
    assert ((1, 2) in [each.tracks for each in done]) is expected
