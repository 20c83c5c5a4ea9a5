"""The batch-hard triplet loss L_t: Eq. 5 and 6, to the letter and in the usual forms."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional as F

from tacan.errors import ConfigError

__all__ = ["FORMS", "batch_hard_triplet", "hardest_pairs"]

# Below this, a squared distance counts as this: the square root's slope at 0 is infinite.
_SMALLEST_SQUARE = 1e-12


def batch_hard_triplet(
    embeddings: Tensor, pids: Tensor, *, margin: float = 0.3, form: str = "distance"
) -> Tensor:
    """The loss of each anchor's farthest positive and nearest negative in the batch.

    With a_i, p_i, n_i an anchor, its positive and its negative of Eq. 6, and d the Euclidean
    distance:

    - `"distance"`: 1/N sum_i [margin + d(a_i, p_i) - d(a_i, n_i)]+, as most public code has it.
    - `"squared_sum"`: sum_i [margin + d(a_i, p_i)^2 - d(a_i, n_i)^2]+, Eq. 5 to the letter.
    - `"distance_sum"` and `"squared_mean"`: the same two with the sum and the mean exchanged.
    - `"soft_margin"`: 1/N sum_i log(1 + exp(d(a_i, p_i) - d(a_i, n_i))); it has no margin.

    N counts the anchors that have both a positive (another tracklet of the same identity) and a
    negative; the others take no part. Where no anchor has both, the loss is 0, with gradients of 0.
    Equal embeddings have a distance of 1e-6 and a gradient of 0. Half precision is raised to
    float32 first.

    Parameters
    ----------
    embeddings
        [B, D].
    pids
        int64 [B].
    margin
        In units of the distance, or of its square.
    form
        A name in `FORMS`.

    Returns
    -------
    A scalar, float32 (float64 for float64).

    Raises
    ------
    ConfigError
        For an unknown form.
    """
    if form not in FORMS:
        known = ", ".join(FORMS)
        raise ConfigError([f"form must be one of {known}; got {form!r}"], source="the triplet loss")
    exact = embeddings if embeddings.dtype == torch.float64 else embeddings.float()
    anchors, positives, negatives = hardest_pairs(exact, pids)
    if len(anchors) == 0:
        return exact.sum() * 0
    to_positive = (exact[anchors] - exact[positives]).square().sum(dim=1)
    to_negative = (exact[anchors] - exact[negatives]).square().sum(dim=1)
    return FORMS[form](to_positive, to_negative, margin)


@torch.no_grad()
def hardest_pairs(embeddings: Tensor, pids: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Eq. 6: for each anchor its farthest positive and its nearest negative.

    Parameters
    ----------
    embeddings
        float32 or float64 [B, D].
    pids
        int64 [B].

    Returns
    -------
    Three times int64 [N]: anchors that have both a positive and a negative, and these two, as
    places in the batch. Of several at the same distance the first is taken.
    """
    # Differences rather than the faster product form, which loses small distances to rounding.
    distances = torch.cdist(embeddings, embeddings, compute_mode="donot_use_mm_for_euclid_dist")
    is_same = pids[:, None] == pids[None, :]
    is_positive = is_same & ~torch.eye(len(pids), dtype=torch.bool, device=pids.device)
    positives = distances.masked_fill(~is_positive, -torch.inf).argmax(dim=1)
    negatives = distances.masked_fill(is_same, torch.inf).argmin(dim=1)
    anchors = torch.where(is_positive.any(dim=1) & ~is_same.all(dim=1))[0]
    return anchors, positives[anchors], negatives[anchors]


def _root(squares: Tensor) -> Tensor:
    return squares.clamp(min=_SMALLEST_SQUARE).sqrt()


def _distance(to_positive: Tensor, to_negative: Tensor, margin: float) -> Tensor:
    return F.relu(margin + _root(to_positive) - _root(to_negative)).mean()


def _squared_sum(to_positive: Tensor, to_negative: Tensor, margin: float) -> Tensor:
    return F.relu(margin + to_positive - to_negative).sum()


def _distance_sum(to_positive: Tensor, to_negative: Tensor, margin: float) -> Tensor:
    return F.relu(margin + _root(to_positive) - _root(to_negative)).sum()


def _squared_mean(to_positive: Tensor, to_negative: Tensor, margin: float) -> Tensor:
    return F.relu(margin + to_positive - to_negative).mean()


def _soft_margin(to_positive: Tensor, to_negative: Tensor, margin: float) -> Tensor:
    del margin  # what makes it soft is that it has none
    return F.softplus(_root(to_positive) - _root(to_negative)).mean()


FORMS: dict[str, Callable[[Tensor, Tensor, float], Tensor]] = {
    "distance": _distance,
    "squared_sum": _squared_sum,
    "distance_sum": _distance_sum,
    "squared_mean": _squared_mean,
    "soft_margin": _soft_margin,
}
"""Each takes squared distances [N] to the positives and to the negatives, and the margin."""
