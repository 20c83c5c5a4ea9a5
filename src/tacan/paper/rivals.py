"""The rows of Table 2: other ways from frames to one vector, trained on equal terms.

Every rival has the encoder, the embedding layer, the batches of several clips, the softmax and
triplet losses, the budget and the seeds of the paper's model, and takes the plain mean of its
clips; only its temporal pooling is its own. The paper's model is there without and with the min-max
loss, so that a rival can be compared with the clip weight alone.
"""

from __future__ import annotations

from dataclasses import replace

from tacan.paper.variants import MIN_MAX_OFF, PLAIN_MEAN, TABLE_1, Variant

__all__ = ["TABLE_2", "TACAN_ROWS"]


def _rival(name: str, title: str, paper: str | None = None) -> Variant:
    own = {"model.temporal_pooling": name, **MIN_MAX_OFF, **PLAIN_MEAN}
    return Variant(name, title, paper, own, before=() if name == "mean" else ("mean",))


def _ours(name: str, title: str, paper: str | None, *before: str) -> Variant:
    """A row that Table 1 has as well, and that is trained once for both."""
    return replace(TABLE_1[name], title=title, paper=paper, before=before)


_ROWS = (
    _rival("mean", "mean of the frames"),
    _rival("max", "maximum of the frames"),
    _rival("rnn", "recurrent network (as ASTPN has)", "ASTPN"),
    _rival("lstm", "recurrent network, LSTM"),
    _rival("convolution", "convolution over time"),
    _rival("non_local", "3-D convolution, non-local block", "ResNet3D NL"),
    _rival("parts", "attention to parts that differ", "STAN"),
    _rival("regions", "quality of regions", "RQEN"),
    _rival("self_attention", "self-attention (half of SCAN)", "SCAN"),
    _ours("several_clips", "temporal attention", "TA", "mean"),
    _ours("clip_attention", "TACAN without min-max loss", None, "mean", "several_clips"),
    _ours("min_max", "TACAN", "TACAN(ResNet)", "mean", "clip_attention"),
    _ours("se", "TACAN, squeeze and excitation", "TACAN(SEnet)", "mean", "min_max"),
)

TABLE_2: dict[str, Variant] = {row.name: row for row in _ROWS}
"""Rivals by the names of their temporal poolings, then temporal attention and the paper's model."""

TACAN_ROWS: dict[str, Variant] = {
    row.name: row
    for row in (
        _ours("several_clips", "temporal attention, plain mean of the clips", None),
        _ours("clip_attention", "TACAN without min-max loss", None, "several_clips"),
        _ours("min_max", "TACAN", "TACAN(ours)", "clip_attention"),
    )
}
"""The rows of Tables 4 and 5, where the paper has only its own model of them."""
