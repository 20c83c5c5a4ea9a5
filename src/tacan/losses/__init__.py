"""What training minimises: Eq. 4 and its three terms, and the whole batch where ranks share it.

`softmax`, `hard_triplet` and `min_max` are the terms, `multi_loss` their sum, `gather` collects
embeddings from all ranks. The equations are functions; modules only hold parameters.
"""

from __future__ import annotations

__all__: list[str] = []
