from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score

from tacan.errors import ConfigError, FeaturesError
from tacan.evaluation import PROTOCOLS, counting, evaluate, evaluate_protocols
from tacan.evaluation.evaluation import NotCounted
from tacan.features.features_file import Features
from tacan.retrieval.distances import METRICS
from tests.evaluation.naive import mean_inp, score

MARS = ("mars-official", "mars-9330", "mars-11310")


def to_features(rows):
    return Features(
        embeddings=np.array([row["vector"] for row in rows], dtype=np.float32),
        pids=np.array([row["pid"] for row in rows]),
        camids=np.array([row["camid"] for row in rows]),
        is_query=np.array([row["query"] for row in rows]),
        is_gallery=np.array([row["gallery"] for row in rows]),
    )


def row_lists(max_camera=4, width=2, largest=3):
    row = st.fixed_dictionaries(
        {
            "vector": st.lists(st.integers(-largest, largest), min_size=width, max_size=width),
            "pid": st.integers(-1, 5),
            "camid": st.integers(1, max_camera),
            "query": st.booleans(),
            "gallery": st.booleans(),
        }
    )
    return st.lists(row, min_size=2, max_size=25)


def same(result, rows, protocol, metric="euclidean"):
    mean_ap, curve, n_query, n_valid, n_gallery = score(rows, protocol, metric)
    assert (result.n_query, result.n_valid_query, result.n_gallery) == (n_query, n_valid, n_gallery)
    assert result.mean_ap == pytest.approx(mean_ap, abs=1e-12)
    np.testing.assert_allclose(result.cmc, curve, rtol=0, atol=1e-12)
    assert result.mean_inp == pytest.approx(mean_inp(rows, protocol, metric), abs=1e-12)


@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
@pytest.mark.parametrize("protocol", list(PROTOCOLS))
@given(data=st.data())
@settings(max_examples=40, deadline=None)
def test_each_protocol_equals_naive_loops(protocol, metric, data):
    rows = data.draw(row_lists(max_camera=3 if protocol == "two-camera" else 4))
    if score(rows, protocol, metric)[0] is None:
        with pytest.raises(FeaturesError):
            evaluate(to_features(rows), protocol, metric=metric)
    else:
        same(evaluate(to_features(rows), protocol, metric=metric), rows, protocol, metric)


@given(rows=row_lists(), data=st.data())
@settings(max_examples=25, deadline=None)
def test_several_protocols_in_one_pass_equal_each_alone(rows, data):
    names = [name for name in (*MARS, "cross-camera") if score(rows, name)[0] is not None]
    if names:
        names = data.draw(st.permutations(names))
        results = evaluate_protocols(to_features(rows), names)
        assert list(results) == names
        for name in names:
            same(results[name], rows, name)


def random_rows(rng, n, width, *, n_pids=12, integers=False):
    vectors = rng.integers(-2, 3, (n, width)) if integers else rng.standard_normal((n, width))
    return [
        {
            "vector": vectors[i],
            "pid": int(rng.integers(-1, n_pids)),
            "camid": int(rng.integers(1, 5)),
            "query": bool(rng.random() < 0.3),
            "gallery": True,
        }
        for i in range(n)
    ]


@pytest.mark.parametrize("row_in_doubt", [0, 1])
def test_larger_sets_that_span_several_blocks_of_queries_and_of_doubts(monkeypatch, row_in_doubt):
    monkeypatch.setattr(counting, "QUERIES_AT_ONCE", 50)
    monkeypatch.setattr(counting, "PAIRS_AT_ONCE", 100)
    monkeypatch.setattr(counting, "ROW_IN_DOUBT", row_in_doubt)
    rows = random_rows(np.random.default_rng(0), 300, 3, n_pids=30, integers=True)
    for name, result in evaluate_protocols(to_features(rows), MARS).items():
        same(result, rows, name)


@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
def test_average_precision_equals_scikit_learns_where_no_distances_are_equal(metric):
    features = to_features(random_rows(np.random.default_rng(1), 300, 64))
    result = evaluate(features, "cross-camera", metric=metric)
    distances = METRICS[metric](*[features.embeddings.astype(np.float64)] * 2)
    for i, row in enumerate(result.query_rows):
        pid, camid = features.pids[row], features.camids[row]
        kept = (features.pids != -1) & ~((features.pids == pid) & (features.camids == camid))
        right = (features.pids[kept] == pid) & (pid > 0)
        if not right.any():
            assert np.isnan(result.average_precision[i])
            continue
        oracle = average_precision_score(right, -distances[row, kept])
        assert result.average_precision[i] == pytest.approx(oracle, abs=1e-12)


@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
@pytest.mark.parametrize("value", [0.0, 0.1, 1234.567])
def test_a_constant_embedding_earns_nothing(metric, value):
    rng = np.random.default_rng(2)
    rows = random_rows(rng, 400, 1)
    vector = np.full(1021, value) * rng.uniform(0.5, 1.5, 1021)
    for row in rows:
        row["vector"] = vector
    result = evaluate(to_features(rows), "cross-camera", metric=metric)
    n_right = np.diff(result.hit_ranks.offsets)
    assert result.rank_1 == 0
    assert result.first_rank[n_right > 0].min() > 250
    assert result.cmc.max() == 0


@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
def test_equal_vectors_tie_though_their_numbers_are_not_round(metric):
    rng = np.random.default_rng(3)
    prototypes = rng.standard_normal((7, 256)).astype(np.float32) + 3
    rows = random_rows(rng, 500, 1)
    kinds = rng.integers(0, 7, 500)
    distances = METRICS[metric](*[prototypes.astype(np.float64)] * 2)
    order = {
        (a, b): int((distances[a] < distances[a, b]).sum()) for a in range(7) for b in range(7)
    }
    for row, kind in zip(rows, kinds, strict=True):
        row["vector"] = prototypes[kind]
        row["kind"] = int(kind)
    result = evaluate(to_features(rows), "cross-camera", metric=metric)
    queries = [row for row in rows if row["query"]]
    for i, query in enumerate(queries):
        right = [
            row for row in rows if row["pid"] == query["pid"] > 0 and row["camid"] != query["camid"]
        ]
        wrong = [row for row in rows if row["pid"] not in (-1, query["pid"])]
        wrong += [row for row in rows if row["pid"] == query["pid"] == 0 and row is not query]
        places = [order[query["kind"], row["kind"]] for row in wrong]
        hits = sorted(order[query["kind"], row["kind"]] for row in right)
        expected = [k + sum(p <= hit for p in places) for k, hit in enumerate(hits, start=1)]
        begin, end = result.hit_ranks.offsets[i : i + 2]
        assert result.hit_ranks.ranks[begin:end].tolist() == expected


def test_the_order_of_the_rows_does_not_matter():
    rng = np.random.default_rng(4)
    rows = random_rows(rng, 200, 2, integers=True)
    first = evaluate(to_features(rows), "mars-11310")
    rng.shuffle(rows)
    second = evaluate(to_features(rows), "mars-11310")
    assert first.mean_ap == pytest.approx(second.mean_ap, abs=1e-12)
    np.testing.assert_array_equal(first.cmc, second.cmc)


@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
def test_one_outlier_of_enormous_length_changes_nothing_for_the_others(metric):
    rows = random_rows(np.random.default_rng(5), 150, 16)
    plain = evaluate(to_features(rows), "cross-camera", metric=metric)
    direction = -np.sum([row["vector"] for row in rows], axis=0)
    far = {"vector": 1e6 * direction, "pid": 0, "camid": 9, "query": False, "gallery": True}
    more = evaluate(to_features([*rows, far]), "cross-camera", metric=metric)
    if metric == "euclidean":
        assert more.mean_ap == plain.mean_ap
    assert more.mean_ap == pytest.approx(plain.mean_ap, abs=0.01)


def test_vectors_that_differ_by_less_than_float32_products_can_tell_are_told_apart():
    base = np.full(512, 3.0, dtype=np.float32)
    near, nearer = base.copy(), base.copy()
    near[0] += 2e-3
    nearer[1] += 1e-3
    rows = [
        {"vector": base, "pid": 1, "camid": 1, "query": True, "gallery": False},
        {"vector": near, "pid": 2, "camid": 2, "query": False, "gallery": True},
        {"vector": nearer, "pid": 1, "camid": 2, "query": False, "gallery": True},
    ]
    assert evaluate(to_features(rows), "cross-camera").rank_1 == 1
    rows[1]["vector"], rows[2]["vector"] = nearer, near
    assert evaluate(to_features(rows), "cross-camera").rank_1 == 0


def test_the_curve_keeps_its_last_value_past_a_short_gallery():
    rows = [
        {"vector": [0], "pid": 1, "camid": 1, "query": True, "gallery": False},
        {"vector": [9], "pid": 1, "camid": 2, "query": False, "gallery": True},
        {"vector": [1], "pid": 2, "camid": 2, "query": False, "gallery": True},
    ]
    np.testing.assert_array_equal(evaluate(to_features(rows), "cross-camera").cmc, [0] + [1] * 49)


def test_progress_counts_queries_and_ends_with_all_of_them(monkeypatch):
    monkeypatch.setattr(counting, "QUERIES_AT_ONCE", 50)
    rows = random_rows(np.random.default_rng(6), 500, 2)
    calls = []
    result = evaluate(
        to_features(rows), "mars-11310", progress=lambda done, total: calls.append((done, total))
    )
    assert calls[-1] == (result.n_query, result.n_query)
    assert calls == sorted(calls)
    assert len(calls) > 1


def test_unknown_names_list_the_known_ones():
    features = to_features(random_rows(np.random.default_rng(7), 20, 2))
    with pytest.raises(ConfigError, match="mars-9330, mars-11310, cross-camera"):
        evaluate(features, "mars")
    with pytest.raises(ConfigError, match="euclidean, cosine"):
        evaluate(features, "cross-camera", metric="manhattan")


def test_one_camera_gives_nothing_to_find_in_the_other():
    rows = random_rows(np.random.default_rng(8), 50, 2)
    for row in rows:
        row["camid"] = 3
    with pytest.raises(FeaturesError, match="0 gallery items without junk"):
        evaluate(to_features(rows), "two-camera")


def test_a_file_without_queries_has_nothing_to_score():
    rows = random_rows(np.random.default_rng(8), 50, 2)
    for row in rows:
        row["query"] = False
    with pytest.raises(FeaturesError, match="must have queries and a gallery; got 0 queries"):
        evaluate(to_features(rows), "cross-camera")


def test_people_whom_nobody_knows_are_named_or_linked_first():
    rows = random_rows(np.random.default_rng(8), 50, 2)
    for row in rows:
        row["pid"] = -1
    for name in PROTOCOLS:
        with pytest.raises(FeaturesError, match=r"got 50 tracklets, all of pid -1.*tacan link"):
            evaluate(to_features(rows), name)


def test_all_protocols_from_one_file_in_one_call():
    rows = random_rows(np.random.default_rng(11), 120, 2, integers=True)
    for name, result in evaluate_protocols(to_features(rows), list(PROTOCOLS)).items():
        same(result, rows, name)


@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
@pytest.mark.parametrize("size", [1e-30, 1e30])
def test_very_small_and_very_large_vectors_are_compared_alike(metric, size):
    rows = random_rows(np.random.default_rng(9), 150, 16)
    plain = evaluate(to_features(rows), "cross-camera", metric=metric)
    for row in rows:
        row["vector"] = np.float32(row["vector"]) * np.float32(size)
    scaled = evaluate(to_features(rows), "cross-camera", metric=metric)
    assert scaled.mean_ap == pytest.approx(plain.mean_ap, abs=1e-3)
    assert scaled.rank_1 == pytest.approx(plain.rank_1, abs=0.03)


def offset(rng, n):
    """A common offset, which is where expanded float32 distances lose their digits."""
    return rng.standard_normal((n, 512)) + 20


def nearly_parallel(rng, n):
    return 1 + 1e-3 * rng.standard_normal((n, 64))


def shell(rng, n):
    """A gallery on a sphere around queries that all lie near its centre."""
    vectors = rng.standard_normal((n, 128))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    vectors[2 * n // 3 :] = -vectors[n // 3 : 2 * n // 3]
    vectors[: n // 3] *= 1e-4
    return vectors


def far_queries(rng, n):
    """Queries that lie so far from the gallery that all of it is nearly as far from them."""
    vectors = rng.standard_normal((n, 256))
    vectors -= vectors.mean(axis=1, keepdims=True)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    vectors += 1e-6 * rng.standard_normal((n, 1))
    vectors[: n // 3] = 10 * (1 + 0.01 * rng.standard_normal((n // 3, 1)))
    return vectors


@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
@pytest.mark.parametrize("geometry", [offset, nearly_parallel, shell, far_queries])
def test_float32_vectors_give_the_result_of_float64_arithmetic(metric, geometry):
    rng = np.random.default_rng(10)
    n = 900
    features = Features(
        embeddings=geometry(rng, n),
        pids=rng.integers(-1, 30, n),
        camids=rng.integers(1, 4, n),
        is_query=np.arange(n) < n // 3,
        is_gallery=np.arange(n) >= n // 3,
    )
    result = evaluate(features, "cross-camera", metric=metric)
    precise = features.embeddings.astype(np.float64)
    if metric == "cosine":
        precise /= np.linalg.norm(precise, axis=1, keepdims=True)
    for i, row in enumerate(result.query_rows):
        squares = ((precise - precise[row]) ** 2).sum(axis=1)
        pid, camid = features.pids[row], features.camids[row]
        same_pid = features.pids == pid
        wrong = squares[~same_pid & (features.pids != -1) & features.is_gallery]
        right = squares[same_pid & (features.camids != camid) & features.is_gallery]
        right = np.sort(right) if pid > 0 else []
        expected = [k + int((wrong <= value).sum()) for k, value in enumerate(right, start=1)]
        begin, end = result.hit_ranks.offsets[i : i + 2]
        assert result.hit_ranks.ranks[begin:end].tolist() == expected


@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
def test_distances_that_differ_by_the_order_of_addition_alone_are_equal(metric):
    rng = np.random.default_rng(12)
    for _ in range(20):
        vector = rng.random(40).astype(np.float32)
        shuffled = rng.permutation(vector)
        query = {"vector": np.ones(40), "pid": 1, "camid": 1, "query": True, "gallery": False}
        right = {"vector": vector, "pid": 1, "camid": 2, "query": False, "gallery": True}
        wrong = {"vector": shuffled, "pid": 2, "camid": 2, "query": False, "gallery": True}
        result = evaluate(to_features([query, right, wrong]), "cross-camera", metric=metric)
        assert result.rank_1 == 0


def test_parallel_vectors_tie_under_cosine_though_all_point_nearly_the_same_way():
    rng = np.random.default_rng(13)
    rows = random_rows(rng, 80, 1)
    for row in rows:
        row["vector"] = (200 + rng.integers(-1, 2, 6)) * rng.choice([1, 3, 7])
        row["vector"][3:] = row["vector"][:3]
    result = evaluate(to_features(rows), "cross-camera", metric="cosine")
    same(result, rows, "cross-camera", "cosine")


def test_many_equal_rows_are_scored_in_bounded_time_and_memory():
    n = 20_000
    rng = np.random.default_rng(0)
    features = Features(
        np.ones((n, 8)),
        rng.integers(1, n // 4, n),
        rng.integers(1, 7, n),
        np.arange(n) < 2000,
        np.ones(n, bool),
    )
    result = evaluate(features, "cross-camera")
    assert result.rank_1 == 0
    assert result.mean_ap < 0.01


def test_too_many_pairs_of_one_person_are_refused_before_memory_is_taken(monkeypatch):
    n = 300_000
    features = Features(
        np.ones((n, 2)), np.ones(n, int), np.arange(n) % 2, np.arange(n) < n // 10, np.ones(n, bool)
    )
    with pytest.raises(FeaturesError, match="got 9,000,000,000") as caught:
        evaluate(features, "cross-camera")
    assert "Mark fewer queries" in caught.value.remedy


def test_a_camera_for_each_row_is_refused_before_memory_is_taken():
    n = 100_000
    features = Features(
        np.ones((n, 2)), np.arange(1, n + 1), np.arange(n), np.arange(n) < n // 2, np.ones(n, bool)
    )
    with pytest.raises(FeaturesError, match="queries times groups of cameras must be at most"):
        evaluate(features, "two-camera")


def one_person(camids, pids, is_query, *, is_gallery=None):
    n = len(camids)
    is_query = np.array(is_query, bool)
    is_gallery = np.ones(n, bool) if is_gallery is None else is_gallery
    return Features(np.eye(n), np.array(pids), np.array(camids), is_query, is_gallery)


@pytest.mark.parametrize(
    ("camids", "pids", "is_query", "said", "advised"),
    [
        ([3, 3, 3], [1, 1, 2], [1, 0, 1], "every tracklet is in camera 3", "camera 1 and the gal"),
        (
            [1, 1, 2],
            [1, 1, 2],
            [1, 0, 1],
            "1 of people whom the gallery has in the query's own",
            "another camera than its query",
        ),
        (
            [1, 2, 3],
            [1, 2, 3],
            [1, 0, 0],
            "1 of people of whom the gallery has nothing",
            "same people, numbered alike",
        ),
        ([1, 2, 3], [0, 0, -1], [1, 0, 1], "2 junk or a distractor", "Check pids and camids"),
    ],
)
def test_why_no_query_counts_is_told(camids, pids, is_query, said, advised):
    with pytest.raises(FeaturesError) as caught:
        evaluate(one_person(camids, pids, is_query), "cross-camera")
    assert said in str(caught.value.got)
    assert advised in str(caught.value.remedy)


def test_queries_that_do_not_count_are_told_apart():
    #           counts, own camera, itself alone, absent, distractor, junk
    pids = [1, 1, 2, 2, 3, 4, 0, -1]
    camids = [1, 2, 1, 1, 1, 1, 1, 1]
    is_query = np.array([1, 0, 1, 0, 1, 1, 1, 1], bool)
    is_gallery = np.array([1, 1, 1, 1, 1, 0, 1, 1], bool)
    found = evaluate(one_person(camids, pids, is_query, is_gallery=is_gallery), "cross-camera")
    assert found.n_query == 6
    assert found.n_valid_query == 1
    assert found.not_counted == NotCounted(no_person=2, same_camera=1, absent=2)
