from __future__ import annotations

import pytest
import torch
from torch import nn

from tacan.config import load_config
from tacan.paper.costs import cost_table, measure_cost, multiply_adds
from tacan.paper.rivals import TABLE_2

CLIP, WIDTH = 4, 6


@pytest.mark.parametrize(
    ("module", "shape", "expected"),
    [
        (nn.Linear(WIDTH, 5), (3, WIDTH), 3 * WIDTH * 5),
        (nn.Conv2d(3, 8, 3, padding=1), (1, 3, 10, 7), 10 * 7 * 8 * 3 * 9),
        (nn.Conv1d(WIDTH, 2, 3), (1, WIDTH, CLIP), (CLIP - 2) * 2 * WIDTH * 3),
        (nn.RNN(WIDTH, 5, batch_first=True), (1, CLIP, WIDTH), CLIP * 5 * (WIDTH + 5)),
        (nn.LSTM(WIDTH, 5, batch_first=True), (1, CLIP, WIDTH), CLIP * 4 * 5 * (WIDTH + 5)),
    ],
    ids=["linear", "2-D", "1-D", "rnn", "lstm"],
)
def test_multiply_adds_are_those_that_one_counts_by_hand(
    module: nn.Module, shape: tuple[int, ...], expected: int
) -> None:
    assert multiply_adds(module.eval(), torch.zeros(shape)) == expected


def test_a_row_costs_what_its_parts_do() -> None:
    config = load_config("demo", {"model.height": 32, "model.width": 16}).model
    mean, lstm = (
        measure_cost(name, config.model_copy(update={"temporal_pooling": name}), device="cpu")
        for name in ("mean", "lstm")
    )
    assert mean.pooling_parameters == mean.pooling_multiply_adds == 0
    assert lstm.parameters - mean.parameters == lstm.pooling_parameters
    assert lstm.multiply_adds - mean.multiply_adds == lstm.pooling_multiply_adds
    assert lstm.milliseconds > 0
    table = cost_table([mean, lstm])
    assert [line[0] for line in table.lines] == ["mean", "lstm"]
    assert table.head[-1] == "ms a clip (cpu)"
    assert set(TABLE_2) >= {"mean", "lstm"}
