"""The whole loss, Eq. 4: L = L_s + L_t + L_m, and what a temporal pooling adds of its own."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor, nn
from torch.nn import functional as F

from tacan.errors import ConfigError, TrainingError
from tacan.losses.hard_triplet import FORMS, batch_hard_triplet
from tacan.losses.min_max import min_max_loss
from tacan.losses.softmax import SoftmaxLoss

__all__ = ["LossTerms", "MultiLoss"]


@dataclass(frozen=True, slots=True)
class LossTerms:
    """The loss of a batch and its terms: scalars, unweighted but for the total.

    A term that is off is None.
    """

    total: Tensor
    softmax: Tensor | None
    triplet: Tensor | None
    min_max: Tensor | None
    pooling: Tensor | None


class MultiLoss(nn.Module):
    """The weighted sum of softmax, triplet and min-max loss. Eq. 4 has weights of 1.

    Parameters
    ----------
    softmax
        The classifier with its loss. None turns the term off.
    softmax_weight, triplet_weight, min_max_weight, pooling_weight
        Not negative; 0 turns the term off.
    triplet_form, margin
        As `batch_hard_triplet` has them.
    min_max_eps
        As `min_max_loss` has it: positive.
    unit_length
        Whether triplet and min-max see embeddings scaled to length 1.

    Raises
    ------
    ConfigError
        With every setting that is out of range, and when no term is left.
    """

    def __init__(
        self,
        *,
        softmax: SoftmaxLoss | None,
        triplet_form: str,
        margin: float,
        min_max_eps: float,
        softmax_weight: float = 1.0,
        triplet_weight: float = 1.0,
        min_max_weight: float = 1.0,
        pooling_weight: float = 1.0,
        unit_length: bool = False,
    ) -> None:
        super().__init__()
        self.softmax = softmax if softmax_weight != 0 else None
        self.softmax_weight = softmax_weight
        self.triplet_weight = triplet_weight
        self.triplet_form = triplet_form
        self.margin = margin
        self.min_max_weight = min_max_weight
        self.min_max_eps = min_max_eps
        self.pooling_weight = pooling_weight
        self.unit_length = unit_length
        if faults := self._faults():
            raise ConfigError(faults, source="the loss")

    def forward(
        self,
        tracklet_embedding: Tensor,
        metric_embedding: Tensor,
        labels: Tensor,
        pooling_loss: Tensor | None = None,
    ) -> LossTerms:
        """The loss of one batch.

        Parameters
        ----------
        tracklet_embedding
            [B, D], what the classifier sees.
        metric_embedding
            [B, D], what triplet and min-max see.
        labels
            int64 [B], classes from 0.
        pooling_loss
            [], of a temporal pooling that has one.

        Raises
        ------
        TrainingError
            When triplet or min-max are on and the batch holds one identity only.
        """
        softmax = triplet = min_max = None
        if self.triplet_weight or self.min_max_weight:
            _require_two_identities(labels)
        if self.unit_length:
            metric_embedding = F.normalize(metric_embedding)
        if self.softmax is not None:
            softmax = self.softmax(tracklet_embedding, labels)
        if self.triplet_weight:
            triplet = batch_hard_triplet(
                metric_embedding, labels, margin=self.margin, form=self.triplet_form
            )
        if self.min_max_weight:
            min_max = min_max_loss(metric_embedding, labels, eps=self.min_max_eps)
        pooling = pooling_loss if self.pooling_weight else None
        weighted = [
            weight * term
            for weight, term in (
                (self.softmax_weight, softmax),
                (self.triplet_weight, triplet),
                (self.min_max_weight, min_max),
                (self.pooling_weight, pooling),
            )
            if term is not None
        ]
        total = sum(weighted[1:], start=weighted[0])
        return LossTerms(
            total=total, softmax=softmax, triplet=triplet, min_max=min_max, pooling=pooling
        )

    def _faults(self) -> list[str]:
        weights = {
            "softmax_weight": self.softmax_weight,
            "triplet_weight": self.triplet_weight,
            "min_max_weight": self.min_max_weight,
            "pooling_weight": self.pooling_weight,
        }
        faults = [
            f"{name} must not be negative; got {weight}"
            for name, weight in weights.items()
            if weight < 0
        ]
        if self.softmax is None and not self.triplet_weight and not self.min_max_weight:
            faults.append("one of softmax, triplet and min-max must be on; all are off")
        if self.triplet_form not in FORMS:
            known = ", ".join(FORMS)
            faults.append(f"triplet_form must be one of {known}; got {self.triplet_form!r}")
        if self.margin < 0:
            faults.append(f"margin must not be negative; got {self.margin}")
        if self.min_max_eps <= 0:
            faults.append(f"min_max_eps must be positive; got {self.min_max_eps}")
        return faults


def _require_two_identities(labels: Tensor) -> None:
    if bool((labels == labels[0]).all()):
        raise TrainingError(
            "a batch must hold at least two identities, because the triplet loss needs negatives "
            "and the min-max loss divides by the distance between identities",
            got=f"{len(labels)} tracklets of one identity",
            remedy="Raise identities_per_batch to 2 or more, or turn both losses off.",
        )
