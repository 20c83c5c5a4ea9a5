"""The protocols again, straight from their definitions: exact arithmetic, loops and sorting."""

from __future__ import annotations

from fractions import Fraction


def compare_euclidean(x, y):
    """The squared distance of whole-numbered vectors, exactly."""
    return Fraction(sum((int(a) - int(b)) ** 2 for a, b in zip(x, y, strict=True)))


def compare_cosine(x, y):
    """Something in the order of the cosine distance, exactly: minus the signed squared cosine."""
    dot = sum(int(a) * int(b) for a, b in zip(x, y, strict=True))
    lengths = sum(int(a) ** 2 for a in x) * sum(int(b) ** 2 for b in y)
    return Fraction(-dot * abs(dot), lengths) if lengths else Fraction(0)


COMPARE = {"euclidean": compare_euclidean, "cosine": compare_cosine}


def gallery_of(rows, protocol):
    """The rows of the gallery, `rows` being dicts with pid, camid, query, gallery."""
    indices = range(len(rows))
    if protocol == "mars-official":
        return [i for i in indices if rows[i]["gallery"] or rows[i]["query"]]
    if protocol == "mars-11310":
        return [
            i for i in indices if (rows[i]["gallery"] or rows[i]["query"]) and rows[i]["pid"] != -1
        ]
    if protocol == "mars-9330":
        return [
            i
            for i in indices
            if rows[i]["gallery"] and not rows[i]["query"] and rows[i]["pid"] != -1
        ]
    kept = [i for i in indices if rows[i]["gallery"] and rows[i]["pid"] != -1]
    if protocol == "two-camera":
        cameras = {row["camid"] for row in rows if row["query"]}
        if len(cameras) == 1:
            kept = [i for i in kept if rows[i]["camid"] not in cameras]
    return kept


def ignored(query, item, protocol):
    if item["pid"] == -1:
        return True
    if protocol == "two-camera":
        return item["camid"] == query["camid"]
    return item["pid"] == query["pid"] and item["camid"] == query["camid"]


def hit_ranks_of(query, gallery, distance, protocol):
    """The 1-based ranks of the right answers; wrong before right at equal distance."""
    kept = [item for item in gallery if not ignored(query, item, protocol)]
    right = [query["pid"] > 0 and item["pid"] == query["pid"] for item in kept]
    order = sorted(range(len(kept)), key=lambda i: (distance(kept[i]), right[i]))
    return [rank for rank, i in enumerate(order, start=1) if right[i]]


def average_precision_of(ranks, protocol):
    total = 0.0
    for k, rank in enumerate(ranks, start=1):
        if protocol == "mars-official":
            before = 1.0 if rank == 1 else (k - 1) / (rank - 1)
            total += (before + k / rank) / 2
        else:
            total += k / rank
    return total / len(ranks)


def score(rows, protocol, metric="euclidean", n_ranks=50):
    """mean_ap, cmc, n_query, n_valid_query, n_gallery; None for the first two if none counts."""
    gallery = [rows[i] for i in gallery_of(rows, protocol)]
    queries = [row for row in rows if row["query"]]
    precisions, firsts = [], []
    for query in queries:

        def distance(item, query=query):
            return COMPARE[metric](query["vector"], item["vector"])

        ranks = hit_ranks_of(query, gallery, distance, protocol)
        if ranks:
            precisions.append(average_precision_of(ranks, protocol))
            firsts.append(ranks[0])
    counts = (len(queries), len(precisions), len(gallery))
    if not precisions:
        return None, None, *counts
    curve = [sum(first <= n for first in firsts) / len(firsts) for n in range(1, n_ranks + 1)]
    return sum(precisions) / len(precisions), curve, *counts


def mean_inp(rows, protocol, metric="euclidean"):
    """mINP: the right answers among all ranks up to the last of them, averaged over queries."""
    gallery = [rows[i] for i in gallery_of(rows, protocol)]
    shares = []
    for query in (row for row in rows if row["query"]):

        def distance(item, query=query):
            return COMPARE[metric](query["vector"], item["vector"])

        ranks = hit_ranks_of(query, gallery, distance, protocol)
        if ranks:
            shares.append(len(ranks) / ranks[-1])
    return sum(shares) / len(shares)
