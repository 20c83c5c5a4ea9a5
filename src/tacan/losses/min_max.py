"""The min-max loss L_m, Eq. 7 to 9: identities tight in themselves, and far from each other."""

from __future__ import annotations

import torch
from torch import Tensor

__all__ = ["min_max_loss"]


def min_max_loss(embeddings: Tensor, pids: Tensor, *, eps: float) -> Tensor:
    """The ratio of the spread within identities to the spread between them.

    With m_k the mean of identity k's n_k embeddings and m the mean of all:

    - S_I = sum_k sum_{i in k} |f_i - m_k|^2 (Eq. 7 and 8)
    - S_B = sum_k n_k |m_k - m|^2 (Eq. 8)
    - L_m = S_I / (S_B + eps) (Eq. 9, whose denominator has no eps)

    Gradients go through all the means. The loss is computed in float32 whatever the embeddings
    come in (float64 stays float64), under autocast as well, because sums of squares in half
    precision are useless. As S_B goes to 0 (all identities at one point, or only one identity),
    the loss is S_I / eps and its gradient is finite.

    Parameters
    ----------
    embeddings
        f, [B, D].
    pids
        int64 [B], in any order; an identity with one embedding adds nothing to S_I.
    eps
        Positive, in units of the squared distance.

    Returns
    -------
    A scalar, float32 (float64 for float64).
    """
    f = embeddings if embeddings.dtype == torch.float64 else embeddings.float()
    _, k, n = torch.unique(pids, return_inverse=True, return_counts=True)
    n = n.to(f.dtype)[:, None]
    m_k = f.new_zeros(len(n), f.shape[1]).index_add(0, k, f) / n
    m = f.mean(dim=0)
    s_i = (f - m_k.index_select(0, k)).square().sum()
    s_b = (n * (m_k - m).square()).sum()
    return s_i / (s_b + eps)
