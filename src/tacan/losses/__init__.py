"""The loss of Eq. 4 with its three terms, and the gathering of a batch from all ranks.

`softmax`, `hard_triplet` and `min_max` are the terms, `multi_loss` their sum, `gather` collects
embeddings from all ranks. The equations are functions; modules only hold parameters.
"""

from __future__ import annotations

__all__: list[str] = []
