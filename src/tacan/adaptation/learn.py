"""The clip weight learns: halves of a tracklet belong together, and apart from strangers' halves.

Legend: N tracklets, B of a batch, m clips, d feature size.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from tacan.adaptation.clip_features import ClipFeatures
from tacan.adaptation.footage import Footage
from tacan.adaptation.weigh import LinearWeight, Vectors
from tacan.losses.hard_triplet import FORMS
from tacan.progress import Progress, silent

__all__ = ["Others", "learn_weight", "others_of"]

STEPS = 60
BATCH = 64
"""Tracklets that are drawn for a step; each brings a certain stranger along if it has one."""
LEARNING_RATE = 0.05
"""Divided by the root of d: the whole change is at most some 3 of a feature's deviations, however
many features there are. A few dozen tracklets can't teach more."""
SHARPNESS = 10.0
"""Distances are multiplied by it in the soft margin, which is of their size else."""
PULL = 1e-2
"""Holds the weight back to what it was, times the squared change a feature's deviation makes."""
NEAR_SHARE = 0.25
"""Of tracklets of which nothing is known, the nearest may show the same person."""

TRAINED_ON = 0
"""The way of hiding that is learned from; the other judges."""


class Others:
    """Who may be taken for somebody else: bool matrices [N, N].

    `certain` are strangers for sure. `likely` are all others but those that are known to be one
    person, and the nearest quarter.
    """

    def __init__(self, certain: NDArray[np.bool_], likely: NDArray[np.bool_]) -> None:
        self.certain = certain
        self.likely = likely

    def allowed(self, rows: NDArray[np.int64]) -> Tensor:
        """bool [B, B]: certain strangers, and for those who have none in the batch likely ones."""
        certain, likely = (each[np.ix_(rows, rows)] for each in (self.certain, self.likely))
        alone = ~certain.any(axis=1, keepdims=True)
        return torch.from_numpy(certain | (likely & alone))


def others_of(footage: Footage, distances: NDArray[np.floating]) -> Others:
    """Of footage whose tracklets have these distances [N, N] by the model as it was."""
    n = len(footage)
    certain = _matrix(footage.strangers, n)
    near = np.argsort(np.argsort(distances, axis=1), axis=1) <= NEAR_SHARE * n
    same = _matrix(footage.together, n) | np.eye(n, dtype=bool)
    return Others(certain & ~same, ~(near | near.T | same))


def _matrix(pairs: NDArray[np.int64], n: int) -> NDArray[np.bool_]:
    matrix = np.zeros((n, n), bool)
    matrix[pairs[:, 0], pairs[:, 1]] = matrix[pairs[:, 1], pairs[:, 0]] = True
    return matrix


def learn_weight(
    features: ClipFeatures,
    rows: NDArray[np.int64],
    others: Others,
    vectors: Vectors,
    start: LinearWeight,
    *,
    seed: int,
    progress: Progress = silent,
) -> LinearWeight:
    """The clip weight after learning on the tracklets `rows`, from `start` on.

    With a_i and b_i the weighted means of two halves of tracklet i, half of whose clips may be
    hidden, the loss is the soft margin of d(a_i, b_i) against the nearest b_j of a stranger. What
    is learned is a change of the score by features of unit deviation. Progress is in steps.
    """
    rng = np.random.default_rng([seed, 17])
    mean, std = _moments(features, rows)
    change = torch.zeros_like(start.weight, requires_grad=True)
    shift = torch.zeros_like(start.bias, requires_grad=True)
    optimiser = torch.optim.Adam([change, shift], lr=LEARNING_RATE / len(change) ** 0.5)

    def changed() -> LinearWeight:
        slope = change / std
        return LinearWeight(start.weight + slope, start.bias + shift - slope @ mean)

    for step in range(STEPS):
        batch = _draw(rows, others.certain, rng)
        shown, halves = _halves(features, batch, rng)
        one, other = (vectors(shown, half, changed()) for half in halves)
        loss = _loss(one, other, others.allowed(batch)) + PULL * change.square().sum()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        progress(step + 1, STEPS)
    learned = changed()
    return LinearWeight(learned.weight.detach(), learned.bias.detach())


def _moments(features: ClipFeatures, rows: NDArray[np.int64]) -> tuple[Tensor, Tensor]:
    """Mean and deviation [d] of the features of all clips, as they are and hidden."""
    mask = features.mask[rows]
    clips = torch.cat([features.clean[rows][mask], features.hidden[rows, TRAINED_ON][mask]])
    deviation, mean = torch.std_mean(clips, dim=0)
    # A feature that never changes says nothing, and is divided by no tiny number.
    return mean, deviation.clamp(min=1e-3 * float(deviation.max()) + 1e-12)


def _draw(
    rows: NDArray[np.int64], certain: NDArray[np.bool_], rng: np.random.Generator
) -> NDArray[np.int64]:
    """Tracklets for a step, each once, with a stranger of each where there is one in `rows`."""
    drawn = rng.permutation(rows)[:BATCH]
    partners = [rng.choice(known) for row in drawn if len(known := rows[certain[row, rows]])]
    return np.unique(np.concatenate([drawn, np.array(partners, np.int64)]))


def _halves(
    features: ClipFeatures, batch: NDArray[np.int64], rng: np.random.Generator
) -> tuple[Tensor, tuple[Tensor, Tensor]]:
    """Clips [B, m, d], and which of them are the earlier and the later half: twice bool [B, m].

    In every other half, drawn at random, half of the clips are hidden. Where the halves meet is
    drawn as well, between a quarter and three quarters of the tracklet.
    """
    mask = features.mask[batch].numpy()
    lengths = mask.sum(axis=1, keepdims=True)
    places = np.arange(mask.shape[1])
    borders = np.clip(np.rint(lengths * rng.uniform(0.25, 0.75, lengths.shape)), 2, lengths - 2)
    early = places < borders
    draws = rng.random((2, *mask.shape))
    hides = np.where(early, *(rng.random((2, len(mask), 1)) < 0.5))
    hidden = torch.from_numpy(hides & (draws[0] < 0.5))
    shown = torch.where(
        hidden[..., None], features.hidden[batch, TRAINED_ON], features.clean[batch]
    )
    return shown, (torch.from_numpy(mask & early), torch.from_numpy(mask & ~early))


def _loss(one: Tensor, other: Tensor, allowed: Tensor) -> Tensor:
    """The soft margin over those who have a stranger in the batch; 0 where nobody has."""
    # |a - b|^2 expanded: small distances lose digits, which here only tell easy pairs apart.
    lengths = one.square().sum(dim=1)[:, None] + other.square().sum(dim=1)
    squares = SHARPNESS**2 * (lengths - 2 * one @ other.T).clamp(min=0)
    has_one = allowed.any(dim=1)
    if not has_one.any():
        return one.sum() * 0
    nearest = squares.masked_fill(~allowed, torch.inf).min(dim=1).values
    return FORMS["soft_margin"](squares.diagonal()[has_one], nearest[has_one], 0.0)
