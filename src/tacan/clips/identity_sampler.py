"""Batches of k identities with j tracklets each, that never repeat and can be resumed anywhere.

Two endless streams choose what is sampled. One goes round the identities: each occurs once in every
pass, in an order that is new in each. The other goes round the tracklets of an identity in the
same way, a few at a time whenever that identity is sampled. Batch i is the i-th window of these
streams, hence a function of (seed, i) alone: nothing has to be stored to go on after a stop.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tacan.errors import ConfigError

__all__ = ["IdentityBatchSampler", "SampledTracklet", "window_of_passes"]

# What a seed is for stands second in its key, so that no two streams share their numbers.
_IDENTITIES, _TRACKLETS, _SAMPLES = 1, 2, 3


class SampledTracklet(NamedTuple):
    """One tracklet of a batch: its number, and the seed of everything random done with it."""

    index: int  # pyright: ignore[reportIncompatibleMethodOverride]
    seed: int


class IdentityBatchSampler:
    """A batch sampler (lists of `SampledTracklet`) of k identities x j tracklets.

    - Each identity is sampled once per pass over the identities. A batch may span two passes, and
      still holds k different identities.
    - An identity's tracklets go round as well: none is sampled for the second time before all
      others were sampled once. One with fewer than j tracklets has them sampled with counts that
      differ by at most one.
    - Every sample has a seed of its own (63 bits), so that a tracklet sampled twice gives
      other clips.
    - With several ranks each batch is cut into `world_size` runs of whole identities, of which
      this sampler yields its rank's; the batch is the same for any number of ranks.
    - A finished iteration moves on to the next `len(self)` batches, and so does `set_epoch`: no
      epoch is ever repeated, whether the trainer announces its epochs or not.

    Parameters
    ----------
    pids
        The identity of each tracklet, none negative. Every value counts as a person: leave
        junk and distractors out.
    identities_per_batch
        k, at least 2 and at most the number of identities, over all ranks together.
    tracklets_per_identity
        j, at least 2.
    n_batches
        Where the first epoch ends: it is batches `first_batch` to `n_batches` - 1.
    seed
        Not negative.
    first_batch
        Where the first epoch begins: the number of batches already done.
    rank, world_size
        This process' number, and how many there are; k must be a multiple of `world_size`.

    Raises
    ------
    ConfigError
        With every one of these rules that is broken.
    """

    def __init__(
        self,
        pids: Sequence[int] | NDArray[np.integer],
        *,
        identities_per_batch: int,
        tracklets_per_identity: int,
        n_batches: int,
        seed: int,
        first_batch: int = 0,
        rank: int = 0,
        world_size: int = 1,
    ) -> None:
        self.identities_per_batch = identities_per_batch
        self.tracklets_per_identity = tracklets_per_identity
        self.n_batches = n_batches
        self.seed = seed
        self.first_batch = first_batch
        self.rank = rank
        self.world_size = world_size
        self.epoch = 0
        column = np.asarray(pids, dtype=np.int64)
        self._identities = np.unique(column)
        if faults := self._faults():
            raise ConfigError(faults, source="the identity sampler")
        by_pid = np.argsort(column, kind="stable")
        firsts = np.searchsorted(column[by_pid], self._identities)
        self._tracklets = np.split(by_pid, firsts[1:])

    def __len__(self) -> int:
        return self.n_batches - self.first_batch

    def __iter__(self) -> Iterator[list[SampledTracklet]]:
        epoch = self.epoch
        first = self.first_batch + epoch * len(self)
        for number in range(first, first + len(self)):
            yield self.batch(number)
        if self.epoch == epoch:
            self.epoch = epoch + 1

    @property
    def sampler(self) -> IdentityBatchSampler:
        """Itself: lightning announces its epochs to a batch sampler's `sampler` only."""
        return self

    def set_epoch(self, epoch: int) -> None:
        """Makes the next iteration begin at batch `first_batch` + `epoch` x `len(self)`."""
        self.epoch = epoch

    def batch(self, number: int) -> list[SampledTracklet]:
        """This rank's part of batch `number`: k j / world_size samples, identity by identity."""
        k, j = self.identities_per_batch, self.tracklets_per_identity
        chosen = window_of_passes(len(self._identities), k, number, key=(self.seed, _IDENTITIES))
        seeds = np.random.SeedSequence([self.seed, _SAMPLES, number]).generate_state(
            k * j, np.uint64
        )
        positions = range(k * self.rank // self.world_size, k * (self.rank + 1) // self.world_size)
        samples: list[SampledTracklet] = []
        for position in positions:
            n_pass = (number * k + position) // len(self._identities)
            tracklets = self._draw_tracklets(int(chosen[position]), n_pass)
            own_seeds = seeds[position * j : (position + 1) * j] >> np.uint64(1)
            samples += map(SampledTracklet, tracklets.tolist(), own_seeds.tolist())
        return samples

    def _draw_tracklets(self, identity: int, n_pass: int) -> NDArray[np.int64]:
        tracklets = self._tracklets[identity]
        rounds, remaining = divmod(self.tracklets_per_identity, len(tracklets))
        key = (self.seed, _TRACKLETS, int(self._identities[identity]))
        once_more = window_of_passes(len(tracklets), remaining, n_pass, key=key)
        return np.concatenate([np.tile(tracklets, rounds), tracklets[once_more]])

    def _faults(self) -> list[str]:
        k, j = self.identities_per_batch, self.tracklets_per_identity
        n_identities = len(self._identities)
        rules = [
            (
                k >= 2,
                f"identities_per_batch must be at least 2, because one identity in a batch "
                f"has no negatives to learn from; got {k}",
            ),
            (
                j >= 2,
                f"tracklets_per_identity must be at least 2, because a tracklet alone "
                f"has no positive to learn from; got {j}",
            ),
            (
                n_identities >= k,
                f"identities_per_batch must be at most the number of identities, "
                f"which is {n_identities}; got {k}",
            ),
            (
                not n_identities or int(self._identities[0]) >= 0,
                "pids must not be negative (-1 is junk, which is not trained on)",
            ),
            (self.seed >= 0, f"seed must not be negative; got {self.seed}"),
            (
                0 <= self.first_batch <= self.n_batches,
                f"first_batch must lie between 0 and n_batches, which is {self.n_batches}; "
                f"got {self.first_batch}",
            ),
            (
                0 <= self.rank < self.world_size,
                f"rank must lie between 0 and world_size - 1; got {self.rank} of {self.world_size}",
            ),
            (
                self.world_size < 1 or k % self.world_size == 0,
                f"identities_per_batch must be a multiple of the number of processes, "
                f"which is {self.world_size}; got {k}",
            ),
        ]
        return [fault for holds, fault in rules if not holds]


def window_of_passes(
    n_items: int, size: int, number: int, *, key: tuple[int, ...]
) -> NDArray[np.int64]:
    """Window `number` of an endless stream of items: passes, each a permutation of all of them.

    Windows follow each other without gap or overlap, and none holds an item twice, even where it
    spans two passes: what the second pass gives to it is what the first one did not.

    Parameters
    ----------
    n_items
        Items are numbered 0 to n_items - 1.
    size
        The length of a window, at most `n_items`.
    number
        Which window, from 0.
    key
        Not negative; the same key is the same stream.

    Returns
    -------
    int64 [size], all different.
    """
    first = number * size
    n_pass, within = divmod(first, n_items)
    order = _order_of_pass(n_items, size, n_pass, key=key)
    window = order[within : within + size]
    missing = size - len(window)
    if missing == 0:
        return window
    following = _next_order(n_items, size, n_pass + 1, key=key, before=order)
    return np.concatenate([window, following[:missing]])


def _order_of_pass(
    n_items: int, size: int, n_pass: int, *, key: tuple[int, ...]
) -> NDArray[np.int64]:
    # A pass that begins with a window depends on no other; one occurs every `size` passes at least.
    start = n_pass
    while start * n_items % max(size, 1) != 0:
        start -= 1
    order = np.empty(0, dtype=np.int64)
    for each in range(start, n_pass + 1):
        order = _next_order(n_items, size, each, key=key, before=order)
    return order


def _next_order(
    n_items: int, size: int, n_pass: int, *, key: tuple[int, ...], before: NDArray[np.int64]
) -> NDArray[np.int64]:
    """The order of pass `n_pass`, given that of the one before it."""
    order = np.random.default_rng([*key, n_pass]).permutation(n_items)
    n_begun = n_pass * n_items % max(size, 1)
    if n_begun == 0:
        return order
    is_free = np.isin(order, before[-n_begun:], invert=True)
    head = order[is_free][: size - n_begun]
    return np.concatenate([head, order[np.isin(order, head, invert=True)]])
