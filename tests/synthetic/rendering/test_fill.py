from __future__ import annotations

import numpy as np

from tacan.synthetic.rendering.fill import borders


def bordering(depth, index, material, owner):
    """Pixel by pixel, neighbour by neighbour."""
    height, width = index.shape
    edge = np.zeros((height, width), dtype=bool)
    for y in range(height):
        for x in range(width):
            for u, v in ((x + 1, y), (x - 1, y), (x, y + 1), (x, y - 1)):
                if not (0 <= u < width and 0 <= v < height) or index[y, x] == index[v, u]:
                    continue
                i, j = index[y, x], index[v, u]
                edge[y, x] |= i < 0 or j < 0 or material[i] != material[j] or owner[i] != owner[j]
                edge[y, x] |= bool(abs(depth[y, x] - depth[v, u]) > 0.05)
    return edge


def test_borders_are_those_of_looking_at_every_neighbour():
    rng = np.random.default_rng(0)
    found = []
    for _ in range(20):
        shape = int(rng.integers(1, 12)), int(rng.integers(1, 12))
        index = rng.integers(-1, 6, shape).astype(np.int32)
        index[rng.random(shape) < 0.6] = rng.integers(-1, 6)
        depth = np.where(index < 0, np.inf, 2.0 + rng.uniform(0, 0.1, shape))
        material, owner = np.array([0, 0, 0, 1, 1, 1]), np.array([1, 1, 1, 1, 1, 2])
        edge = borders(depth, index, material, owner)
        np.testing.assert_array_equal(edge, bordering(depth, index, material, owner))
        found.append(edge.mean())
    assert 0.1 < np.mean(found) < 0.9
