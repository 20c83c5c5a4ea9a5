"""Two real processes over gloo against one process with the whole batch."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import torch
from torch import Tensor, nn
from torch import distributed as dist

from tacan.losses.gather import gather_batch
from tacan.losses.multi_loss import MultiLoss
from tacan.losses.softmax import SoftmaxLoss

N_RANKS = 2
LABELS = torch.tensor([0, 0, 1, 1, 2, 2, 3, 3])


class Learner(nn.Module):
    """A small network with the whole loss, in double precision."""

    def __init__(self) -> None:
        super().__init__()
        self.network = nn.Sequential(nn.Linear(6, 9), nn.Tanh(), nn.Linear(9, 5))
        self.loss = MultiLoss(
            softmax=SoftmaxLoss(5, 4), triplet_form="distance", margin=5.0, min_max_eps=1e-6
        )
        self.double()

    def forward(self, inputs: Tensor, labels: Tensor) -> Tensor:
        embeddings = gather_batch(self.network(inputs))
        return self.loss(embeddings, embeddings, gather_batch(labels)).total


def learner_and_inputs() -> tuple[Learner, Tensor]:
    torch.manual_seed(0)
    return Learner(), torch.randn(8, 6, dtype=torch.float64)


def run_rank(rank: int, folder: Path) -> None:
    torch.set_num_threads(1)
    dist.init_process_group(
        "gloo", init_method=(folder / "meeting").as_uri(), rank=rank, world_size=N_RANKS
    )
    learner, inputs = learner_and_inputs()
    rows = slice(4 * rank, 4 * rank + 4)
    loss = learner(inputs[rows], LABELS[rows])
    loss.backward()
    gradients = {name: weight.grad for name, weight in learner.named_parameters()}
    for gradient in gradients.values():
        # What DistributedDataParallel does, whose import alone takes seconds.
        dist.all_reduce(gradient)
        gradient /= N_RANKS
    gathered = gather_batch(LABELS[rows]), gather_batch(inputs[rows].T.contiguous().T)
    torch.save(
        {"loss": loss.detach(), "gradients": gradients, "gathered": gathered},
        folder / f"{rank}.pt",
    )
    dist.destroy_process_group()


def test_two_processes_have_the_gradients_of_one(tmp_path: Path) -> None:
    ranks = [
        subprocess.Popen([sys.executable, __file__, str(rank), str(tmp_path)])
        for rank in range(N_RANKS)
    ]
    try:
        assert [rank.wait(timeout=120) for rank in ranks] == [0] * N_RANKS
    finally:
        for rank in ranks:
            rank.kill()

    learner, inputs = learner_and_inputs()
    loss = learner(inputs, LABELS)
    loss.backward()
    for number in range(N_RANKS):
        result = torch.load(tmp_path / f"{number}.pt", weights_only=True)
        torch.testing.assert_close(result["loss"], loss.detach())
        assert torch.equal(result["gathered"][0], LABELS)
        assert torch.equal(result["gathered"][1], inputs)
        for name, weight in learner.named_parameters():
            assert weight.grad is not None
            assert weight.grad.any()
            torch.testing.assert_close(result["gradients"][name], weight.grad)


def test_without_a_process_group_it_is_the_part_itself() -> None:
    part = torch.randn(3, 2, requires_grad=True)
    assert gather_batch(part) is part


if __name__ == "__main__":
    run_rank(int(sys.argv[1]), Path(sys.argv[2]))
