"""Tracklets become clips: which frames, in which batches, read and augmented how.

`split` and `sampling` choose frames (all of them in a test, some in training), `identity_sampler`
chooses tracklets, `images` reads crops, `transforms` augments them, `dataset` puts these together.
"""

from __future__ import annotations

__all__: list[str] = []
