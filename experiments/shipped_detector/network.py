"""The detector's network and its loss.

MobileNetV2's stages at strides 8, 16 and 32 (Sandler et al., 2018), joined by a path down and a
path up (PAN: Liu et al., 2018), and two heads at each stride: a score, and the distances from the
cell's centre to the four sides (FCOS: Tian et al., 2019).

Legend: b images, n cells of all strides, H x W pixels.
"""

from __future__ import annotations

import timm
import torch
import torch.nn.functional as F
from torch import Tensor, nn

__all__ = ["STRIDES", "PeopleNetwork", "cells", "detection_loss"]

STRIDES = (8, 16, 32)
WIDTH = 72
_MEAN, _STD = (123.675, 116.28, 103.53), (58.395, 57.12, 57.375)


class PeopleNetwork(nn.Module):
    """RGB images [b, 3, H, W], 0 to 255, sides multiples of 32 -> [b, n, 5].

    Of each cell: the distances to the left, top, right and bottom side in pixels, and the logit of
    the score. The cells are those of `cells`.
    """

    def __init__(self) -> None:
        super().__init__()
        self.trunk = timm.create_model("mobilenetv2_100", features_only=True, out_indices=(2, 3, 4))
        channels = self.trunk.feature_info.channels()
        self.lat = nn.ModuleList(
            nn.Sequential(nn.Conv2d(c, WIDTH, 1, bias=False), nn.BatchNorm2d(WIDTH))
            for c in channels
        )
        self.td = nn.ModuleList(_separable() for _ in channels)
        self.bu = nn.ModuleList(_halving() for _ in channels[1:])
        self.out = nn.ModuleList(_separable() for _ in channels)
        self.cls = nn.ModuleList(_head(1) for _ in channels)
        self.reg = nn.ModuleList(_head(4) for _ in channels)
        for score, sides in zip(self.cls, self.reg, strict=True):
            # Few cells are people, and people are taller than wide.
            nn.init.constant_(score[-1].bias, -4.6)
            nn.init.zeros_(sides[-1].weight)
            sides[-1].bias.data = torch.tensor([0.5, 1.2, 0.5, 1.2])
        self.register_buffer("mean", torch.tensor(_MEAN).view(1, 3, 1, 1))
        self.register_buffer("std", torch.tensor(_STD).view(1, 3, 1, 1))

    def forward(self, images: Tensor) -> Tensor:
        maps = [
            lateral(stage)
            for lateral, stage in zip(
                self.lat, self.trunk((images - self.mean) / self.std), strict=True
            )
        ]
        maps[2] = self.td[2](maps[2])
        for i in (1, 0):
            maps[i] = self.td[i](
                maps[i] + F.interpolate(maps[i + 1], scale_factor=2.0, mode="nearest")
            )
        joined = [self.out[0](maps[0])]
        for i in (1, 2):
            joined.append(self.out[i](maps[i] + self.bu[i - 1](joined[-1])))
        rows = [
            torch.cat([sides(map_).clamp(-4, 4).exp() * stride * 2, score(map_)], 1).flatten(2)
            for map_, stride, sides, score in zip(joined, STRIDES, self.reg, self.cls, strict=True)
        ]
        return torch.cat(rows, 2).transpose(1, 2)


def _separable() -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(WIDTH, WIDTH, 5, padding=2, groups=WIDTH, bias=False),
        nn.BatchNorm2d(WIDTH),
        nn.ReLU6(inplace=True),
        nn.Conv2d(WIDTH, WIDTH, 1, bias=False),
        nn.BatchNorm2d(WIDTH),
        nn.ReLU6(inplace=True),
    )


def _halving() -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(WIDTH, WIDTH, 5, stride=2, padding=2, groups=WIDTH, bias=False),
        nn.BatchNorm2d(WIDTH),
        nn.ReLU6(),
        nn.Conv2d(WIDTH, WIDTH, 1, bias=False),
        nn.BatchNorm2d(WIDTH),
    )


def _head(outputs: int) -> nn.Sequential:
    return nn.Sequential(_separable(), _separable(), nn.Conv2d(WIDTH, outputs, 1))


def cells(height: int, width: int) -> Tensor:
    """Centre (x, y) and stride of each cell [n, 3], in pixels, stride by stride, row by row."""
    parts = []
    for stride in STRIDES:
        y, x = torch.meshgrid(
            torch.arange(height // stride), torch.arange(width // stride), indexing="ij"
        )
        sides = torch.full_like(x, stride, dtype=torch.float)
        parts.append(torch.stack([(x + 0.5) * stride, (y + 0.5) * stride, sides], -1).view(-1, 3))
    return torch.cat(parts).float()


def detection_loss(
    rows: Tensor, cells: Tensor, wanted: list[Tensor], ignored: list[Tensor]
) -> tuple[Tensor, Tensor]:
    """Mean losses of scores and of boxes, over the cells that are assigned to people.

    Each person gets the few cells whose boxes and scores fit best (SimOTA: Ge et al., 2021). A
    score's target is its box's overlap with the person (VariFocal loss: Zhang et al., 2021); the
    loss of a box is 1 - GIoU (Rezatofighi et al., 2019).

    Parameters
    ----------
    rows
        The network's answer [b, n, 5].
    cells
        As the function `cells` gives them [n, 3].
    wanted, ignored
        For each image the boxes [k, 4] to be found, and those inside which nothing is a mistake.
    """
    centre, offsets = cells[:, :2], rows[..., :4]
    boxes = torch.cat([centre - offsets[..., :2], centre + offsets[..., 2:]], -1)
    score_loss = box_loss = rows.new_zeros(())
    assigned = 0
    for box, logit, people, rest in zip(boxes, rows[..., 4], wanted, ignored, strict=True):
        target, weight = torch.zeros_like(logit), torch.ones_like(logit)
        if len(rest):
            weight[_inside(cells, rest).any(1)] = 0
        if len(people):
            match = _assign(box.detach(), logit.detach(), cells, people)
            chosen = (match >= 0).nonzero().squeeze(1)
            fitting = people[match[chosen]]
            target[chosen] = _overlap(box[chosen], fitting).detach().clamp(min=0)
            weight[chosen] = 1
            box_loss = box_loss + (1 - _overlap(box[chosen], fitting, general=True)).sum()
            assigned += len(chosen)
        score = logit.sigmoid().detach()
        focus = torch.where(
            target > 0, (target - score).abs().clamp(min=0.1), 0.75 * score**2 * weight
        )
        entropy = F.binary_cross_entropy_with_logits(logit, target, reduction="none")
        score_loss = score_loss + (entropy * focus).sum()
    return score_loss / max(assigned, 1), 2 * box_loss / max(assigned, 1)


@torch.no_grad()
def _assign(box: Tensor, logit: Tensor, cells: Tensor, people: Tensor) -> Tensor:
    """The person [n] whose box each cell answers for, or -1."""
    overlap = _overlap(box[:, None], people[None])
    middle = (people[:, :2] + people[:, 2:]) / 2
    near = ((cells[:, None, :2] - middle[None]).abs() < 2 * cells[:, None, 2:]).all(-1)
    fit = near & _inside(cells, people)
    # A person of about seven cells' height is the stride's own.
    tall = (people[None, :, 3] - people[None, :, 1]) / cells[:, 2][:, None]
    off_scale = torch.log2(tall.clamp(min=0.1) / 7.0).abs()
    cost = -3 * torch.log(overlap + 1e-3) - F.logsigmoid(logit)[:, None] + 0.5 * off_scale
    cost = torch.where(fit, cost, torch.full_like(cost, 1e6))
    sum_of_best = torch.where(fit, overlap, 0.0).topk(min(10, len(box)), 0).values.sum(0)
    counts = sum_of_best.clamp(1, 8).int().tolist()
    order = cost.topk(8, 0, largest=False)
    match = torch.full((len(box),), -1)
    best = torch.full((len(box),), 1e5)
    for person, count in enumerate(counts):
        for value, cell in zip(
            order.values[:count, person].tolist(),
            order.indices[:count, person].tolist(),
            strict=True,
        ):
            if value < best[cell]:
                best[cell], match[cell] = value, person
    return match


def _inside(cells: Tensor, boxes: Tensor) -> Tensor:
    """Whether each cell's centre lies in each box [n, k]."""
    x, y = cells[:, None, 0], cells[:, None, 1]
    return (x > boxes[:, 0]) & (x < boxes[:, 2]) & (y > boxes[:, 1]) & (y < boxes[:, 3])


def _overlap(a: Tensor, b: Tensor, *, general: bool = False) -> Tensor:
    """Intersection over union of boxes [..., 4]; the generalised one on request."""
    upper, lower = torch.maximum(a[..., :2], b[..., :2]), torch.minimum(a[..., 2:], b[..., 2:])
    both = (lower - upper).clamp(min=0).prod(-1)
    areas = [(x[..., 2:] - x[..., :2]).clamp(min=0).prod(-1) for x in (a, b)]
    union = areas[0] + areas[1] - both + 1e-6
    if not general:
        return both / union
    corners = torch.minimum(a[..., :2], b[..., :2]), torch.maximum(a[..., 2:], b[..., 2:])
    hull = (corners[1] - corners[0]).clamp(min=0).prod(-1) + 1e-6
    return both / union - (hull - union) / hull
