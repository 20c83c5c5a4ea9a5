from __future__ import annotations

import pickle
from collections import Counter, defaultdict
from itertools import islice

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tacan.clips.identity_sampler import IdentityBatchSampler, SampledTracklet, window_of_passes
from tacan.errors import ConfigError

# Identities 3, 5, 8, 9, 12 with 1, 2, 3, 7 and 4 tracklets, in mixed order.
PIDS = np.random.default_rng(4).permutation([3] + [5] * 2 + [8] * 3 + [9] * 7 + [12] * 4)


def make(**changes: int) -> IdentityBatchSampler:
    settings: dict[str, int] = {
        "identities_per_batch": 2,
        "tracklets_per_identity": 4,
        "n_batches": 30,
        "seed": 7,
    }
    return IdentityBatchSampler(PIDS, **(settings | changes))  # type: ignore[arg-type]


def identities(batch: list[SampledTracklet], j: int = 4) -> list[int]:
    pids = PIDS[[sample.index for sample in batch]].reshape(-1, j)
    assert (pids == pids[:, :1]).all(), "an identity's samples stand together"
    return pids[:, 0].tolist()


@settings(deadline=None)
@given(st.data())
def test_windows_are_passes_without_repetition(data: st.DataObject) -> None:
    n_items = data.draw(st.integers(1, 30))
    size = data.draw(st.integers(1, n_items))
    key = (data.draw(st.integers(0, 99)), 1)
    n_windows = 3 * n_items // size + 2
    windows = [window_of_passes(n_items, size, i, key=key) for i in range(n_windows)]
    assert all(len(set(window.tolist())) == size for window in windows)
    stream = np.concatenate(windows)
    for start in range(0, len(stream) - n_items + 1, n_items):
        assert sorted(stream[start : start + n_items].tolist()) == list(range(n_items))
    shuffled = list(data.draw(st.permutations(range(n_windows))))
    for i in shuffled[:5]:
        np.testing.assert_array_equal(window_of_passes(n_items, size, i, key=key), windows[i])


def test_orders_of_passes_differ_and_depend_on_the_key() -> None:
    orders = [tuple(window_of_passes(20, 20, i, key=(1, 1)).tolist()) for i in range(10)]
    others = [tuple(window_of_passes(20, 20, i, key=(2, 1)).tolist()) for i in range(10)]
    assert len({*orders, *others}) == 20


def test_every_identity_once_per_pass() -> None:
    drawn = [pid for batch in make() for pid in identities(batch)]
    for start in range(0, len(drawn), 5):
        assert sorted(drawn[start : start + 5]) == [3, 5, 8, 9, 12]


@pytest.mark.parametrize("k", [2, 3, 4, 5])
def test_no_batch_holds_an_identity_twice(k: int) -> None:
    for batch in make(identities_per_batch=k):
        assert len(batch) == 4 * k
        assert len(set(identities(batch))) == k


def test_tracklets_of_an_identity_go_round_evenly() -> None:
    counts: dict[int, Counter[int]] = defaultdict(Counter)
    for batch in make(n_batches=200):
        drawn = Counter(sample.index for sample in batch)
        for pid in identities(batch):
            own = np.flatnonzero(pid == PIDS).tolist()
            in_batch = [drawn[index] for index in own]
            assert max(in_batch) - min(in_batch) <= 1
            counts[pid].update({index: drawn[index] for index in own})
            total = [counts[pid][index] for index in own]
            assert max(total) - min(total) <= 1, "no tracklet is ahead of the others by two"
    assert sum(map(len, counts.values())) == len(PIDS)


def test_identity_with_one_tracklet_gives_it_each_time_with_another_seed() -> None:
    only = int(np.flatnonzero(PIDS == 3)[0])
    batch = next(batch for batch in make() if 3 in identities(batch))
    seeds = [sample.seed for sample in batch if sample.index == only]
    assert len(seeds) == len(set(seeds)) == 4


def test_seeds_never_repeat() -> None:
    seeds = [sample.seed for seed in (7, 8) for batch in make(seed=seed) for sample in batch]
    assert len(set(seeds)) == len(seeds) == 2 * 30 * 8
    assert min(seeds) >= 0
    assert max(seeds) < 2**63


def test_resumes_at_any_batch() -> None:
    whole = list(make())
    for first in (0, 1, 13, 29, 30):
        resumed = make(first_batch=first)
        assert len(resumed) == 30 - first
        assert list(resumed) == whole[first:]


def test_same_batches_from_a_fresh_process_state() -> None:
    np.random.seed(123)
    before = list(islice(make(), 5))
    np.random.seed(321)
    state = pickle.dumps(np.random.get_state())
    assert list(islice(make(), 5)) == before
    assert pickle.dumps(np.random.get_state()) == state


def test_seeds_of_runs_give_other_batches() -> None:
    assert [d.index for d in make(seed=1).batch(0)] != [d.index for d in make(seed=2).batch(0)]


def test_epochs_never_repeat_without_being_announced() -> None:
    sampler = make()
    first, second, third = list(sampler), list(sampler), list(sampler)
    assert [*first, *second, *third] == list(make(n_batches=90))
    order = [[identities(batch) for batch in epoch] for epoch in (first, second, third)]
    assert order[0] != order[1] != order[2]


def test_announced_epochs_give_the_same_batches() -> None:
    sampler = make()
    sampler.sampler.set_epoch(2)
    assert list(sampler) == list(make(n_batches=90, first_batch=60))
    sampler.set_epoch(0)
    assert list(sampler) == list(make())


def test_an_abandoned_iteration_does_not_count_as_an_epoch() -> None:
    sampler = make()
    next(iter(sampler))
    assert list(sampler) == list(make())


@pytest.mark.parametrize("world_size", [2, 4])
def test_ranks_share_the_batch_in_whole_identities(world_size: int) -> None:
    whole = list(make(identities_per_batch=4))
    ranks = [
        list(make(identities_per_batch=4, rank=rank, world_size=world_size))
        for rank in range(world_size)
    ]
    for i, batch in enumerate(whole):
        parts = [ranks[rank][i] for rank in range(world_size)]
        assert [sample for part in parts for sample in part] == batch
        shared = [set(identities(part)) for part in parts]
        assert sum(map(len, shared)) == len(set.union(*shared)) == 4


def test_refusals_come_all_at_once() -> None:
    with pytest.raises(ConfigError) as caught:
        make(identities_per_batch=1, tracklets_per_identity=1, first_batch=31, seed=-1)
    assert len(caught.value.faults) == 4
    assert "no negatives" in caught.value.faults[0]
    assert "no positive" in caught.value.faults[1]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"identities_per_batch": 6}, "number of identities, which is 5; got 6"),
        ({"identities_per_batch": 3, "world_size": 2}, "multiple of the number of processes"),
        ({"rank": 2, "world_size": 2}, "rank must lie between 0 and world_size - 1; got 2 of 2"),
        ({"world_size": 0}, "rank must lie"),
    ],
)
def test_refuses(changes: dict[str, int], message: str) -> None:
    with pytest.raises(ConfigError, match=message) as caught:
        make(**changes)
    assert len(caught.value.faults) == 1


@pytest.mark.parametrize(("pids", "message"), [([], "which is 0"), ([-1, 1, 2], "-1 is junk")])
def test_refuses_pids(pids: list[int], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        IdentityBatchSampler(
            pids, identities_per_batch=2, tracklets_per_identity=2, n_batches=1, seed=0
        )
