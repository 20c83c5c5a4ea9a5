"""The classification loss L_s: softmax over the training identities."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional as F

from tacan.errors import ConfigError

__all__ = ["SoftmaxLoss", "softmax_loss"]


def softmax_loss(logits: Tensor, labels: Tensor, *, label_smoothing: float) -> Tensor:
    """Mean cross entropy with smoothed labels.

    L_s = - 1/B sum_i sum_c q_ic log softmax(z_i)_c, with q_ic = e/C, to which the right class
    adds 1 - e.

    Parameters
    ----------
    logits
        z, float [B, C], raised to float32 at least.
    labels
        int64 [B], from 0 to C - 1.
    label_smoothing
        e, from 0 (off) to below 1.

    Returns
    -------
    A scalar.
    """
    exact = logits if logits.element_size() >= 4 else logits.float()
    return F.cross_entropy(exact, labels, label_smoothing=label_smoothing)


class SoftmaxLoss(nn.Module):
    """A linear classifier of embeddings, and the loss of what it says.

    Parameters
    ----------
    embedding_dim
        D.
    n_identities
        C, at least 2.
    label_smoothing
        e, from 0 (off) to below 1.
    bias
        Whether the classifier has one. Behind a batch normalisation (BNNeck) it has none.

    Raises
    ------
    ConfigError
        For fewer than two identities or a smoothing out of range.
    """

    def __init__(
        self,
        embedding_dim: int,
        n_identities: int,
        *,
        label_smoothing: float = 0.1,
        bias: bool = True,
    ) -> None:
        super().__init__()
        rules = [
            (n_identities >= 2, f"n_identities must be at least 2; got {n_identities}"),
            (
                0 <= label_smoothing < 1,
                f"label_smoothing must lie between 0 and 1, 1 excluded; got {label_smoothing}",
            ),
        ]
        if faults := [fault for holds, fault in rules if not holds]:
            raise ConfigError(faults, source="the softmax loss")
        self.label_smoothing = label_smoothing
        self.classifier = nn.Linear(embedding_dim, n_identities, bias=bias)

    def forward(self, embeddings: Tensor, labels: Tensor) -> Tensor:
        """Embeddings [B, D] and labels int64 [B] to a scalar."""
        return softmax_loss(
            self.classifier(embeddings), labels, label_smoothing=self.label_smoothing
        )
