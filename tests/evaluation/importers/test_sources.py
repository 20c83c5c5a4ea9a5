from __future__ import annotations

import csv
import sys

import numpy as np
import pytest
from scipy.io import savemat
from tests.evaluation.rows import made_up

from tacan.errors import ConfigError, DatasetLayoutError, FeaturesError
from tacan.evaluation import DistanceMatrix, evaluate
from tacan.evaluation.importers import load_source, parse_columns, readers
from tacan.evaluation.importers.sources import SPELLINGS
from tacan.features.features_file import Features, save_features

LABELS = ("pids", "camids", "is_query", "is_gallery")


@pytest.fixture
def features():
    return made_up(0, n=60, integers=False)


def columns_of(features, *names):
    return {name: getattr(features, name) for name in names}


def write_csv(path, features, *, stem="f", reverse=False):
    """A table with one column for each number, in an order that sorting by name would spoil."""
    width = features.embeddings.shape[1]
    order = list(range(width))[:: -1 if reverse else 1]
    with path.open("w", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["name", "pid", *(f"{stem}{i}" for i in order), *LABELS[1:]])
        for i in range(len(features)):
            labels = [features.camids[i], bool(features.is_query[i]), int(features.is_gallery[i])]
            vector = [repr(float(features.embeddings[i, j])) for j in order]
            writer.writerow([f"walk ü {i}", features.pids[i], *vector, *labels])
    return path


def same(source, features):
    assert isinstance(source, Features)
    for name in ("embeddings", *LABELS):
        np.testing.assert_array_equal(getattr(source, name), getattr(features, name))


def test_the_own_format_is_read_as_ever(tmp_path, features):
    same(load_source(save_features(tmp_path / "f.npz", features)), features)


def test_an_npz_under_other_names(tmp_path, features):
    arrays = columns_of(features, "embeddings", *LABELS)
    arrays["deep"], arrays["person"] = arrays.pop("embeddings"), arrays.pop("pids")
    np.savez(tmp_path / "f.npz", **arrays)
    same(
        load_source(tmp_path / "f.npz", columns={"embeddings": "deep", "pids": "person"}), features
    )


def test_an_npy_with_labels_in_a_table(tmp_path, features):
    np.save(tmp_path / "f.npy", features.embeddings)
    np.savez(tmp_path / "labels.npz", **columns_of(features, *LABELS))
    same(load_source(tmp_path / "f.npy", labels=tmp_path / "labels.npz"), features)


@pytest.mark.parametrize("reverse", [False, True])
def test_a_csv_whose_columns_are_put_together_by_number(tmp_path, reverse):
    features = made_up(1, n=30, width=12, integers=False)
    path = write_csv(tmp_path / "f.csv", features, reverse=reverse)
    same(load_source(path), features)
    named = load_source(path, columns={"tracklet_ids": "name"})
    assert named.tracklet_ids[3] == "walk ü 3"


def test_a_mat_file_whose_numbers_are_all_double(tmp_path, features):
    arrays = columns_of(features, "embeddings", *LABELS)
    savemat(
        tmp_path / "f.mat", {name: np.atleast_2d(a).astype(float) for name, a in arrays.items()}
    )
    same(load_source(tmp_path / "f.mat"), features)
    arrays["pids"] = arrays["pids"] + 0.5
    savemat(tmp_path / "f.mat", arrays)
    with pytest.raises(FeaturesError, match="`pids` must be whole numbers"):
        load_source(tmp_path / "f.mat")


def test_a_mat_file_in_two_parts_under_the_usual_names(tmp_path, features):
    query, gallery = features.is_query, ~features.is_query
    parts = {
        "query_f": features.embeddings[query],
        "query_label": features.pids[query],
        "query_cam": features.camids[query],
        "gallery_f": features.embeddings[gallery],
        "gallery_label": features.pids[gallery],
        "gallery_cam": features.camids[gallery],
    }
    savemat(tmp_path / "f.mat", parts)
    source = load_source(tmp_path / "f.mat")
    assert source.is_query.sum() == query.sum()
    assert not (source.is_query & source.is_gallery).any()
    expected = evaluate(features, "mars-9330")
    assert evaluate(source, "mars-9330").mean_ap == expected.mean_ap
    assert evaluate(source, "mars-11310").mean_ap == evaluate(features, "mars-11310").mean_ap


@pytest.mark.parametrize("number", [0.25, 3.0])
def test_a_mat_file_with_one_query(tmp_path, number):
    labels = {"query_pids": [1], "query_camids": [1], "gallery_pids": [1, 2, 3]}
    labels["gallery_camids"] = [2, 2, 2]
    savemat(tmp_path / "m.mat", {"distances": np.array([[number, 9.0, 9.0]]), **labels})
    assert evaluate(load_source(tmp_path / "m.mat"), "cross-camera").rank_1 == 1
    vectors = {"query_f": np.full((1, 2), number), "gallery_f": np.full((3, 2), number)}
    savemat(tmp_path / "f.mat", {**vectors, **labels})
    assert load_source(tmp_path / "f.mat").embeddings.shape == (4, 2)


def test_queries_that_the_gallery_holds_too_become_one_row(tmp_path, features):
    query = features.is_query
    parts = {
        "query_embeddings": features.embeddings[query],
        "query_pids": features.pids[query],
        "query_camids": features.camids[query],
        "gallery_embeddings": features.embeddings,
        "gallery_pids": features.pids,
        "gallery_camids": features.camids,
    }
    np.savez(tmp_path / "f.npz", **parts)
    same(load_source(tmp_path / "f.npz"), features)
    parts["gallery_pids"] = np.where(np.arange(60) == np.flatnonzero(query)[0], 99, features.pids)
    np.savez(tmp_path / "f.npz", **parts)
    with pytest.raises(FeaturesError, match="either all queries must be in the gallery, or none"):
        load_source(tmp_path / "f.npz")


def test_a_matrix_with_ids_and_cameras(tmp_path):
    rng = np.random.default_rng(0)
    arrays = {
        "distmat": rng.random((5, 9)),
        "q_pids": rng.integers(1, 3, 5),
        "q_camids": np.ones(5, dtype=int),
        "g_pids": rng.integers(1, 3, 9),
        "g_camids": np.full(9, 2),
    }
    np.savez(tmp_path / "m.npz", **arrays)
    source = load_source(tmp_path / "m.npz")
    assert isinstance(source, DistanceMatrix)
    expected = DistanceMatrix(*arrays.values())
    assert evaluate(source, "two-camera").mean_ap == evaluate(expected, "two-camera").mean_ap


@pytest.mark.parametrize("with_queries", [True, False])
def test_a_matrix_in_the_order_of_a_list_of_tracklets(tmp_path, features, with_queries):
    rng = np.random.default_rng(1)
    columns = np.ones(60, dtype=bool) if with_queries else ~features.is_query
    distances = rng.random((60, 60))[features.is_query][:, columns]
    np.save(tmp_path / "m.npy", distances)
    np.savez(tmp_path / "labels.npz", **columns_of(features, *LABELS))
    source = load_source(
        tmp_path / "m.npy", labels=tmp_path / "labels.npz", columns={"distances": "embeddings"}
    )
    np.testing.assert_array_equal(source.gallery_pids, features.pids[columns])
    np.testing.assert_array_equal(source.gallery_is_query, features.is_query[columns])
    np.save(tmp_path / "m.npy", distances[:, 1:])
    with pytest.raises(FeaturesError, match="a row for each query and a column for each gallery"):
        load_source(
            tmp_path / "m.npy", labels=tmp_path / "labels.npz", columns={"distances": "embeddings"}
        )


def write_parquet(path, columns):
    pyarrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    parquet.write_table(pyarrow.table(columns), path, row_group_size=7)
    return path


def vector_columns(features, form):
    """The embeddings as one column for each number, or as one column of lists."""
    if form == "numbered":
        return {f"f{i}": column for i, column in enumerate(features.embeddings.T)}
    return {"embedding": list(features.embeddings) if form == "array" else rows_of(features)}


def rows_of(features):
    return [[float(number) for number in row] for row in features.embeddings]


@pytest.mark.parametrize("form", ["numbered", "array", "list"])
def test_a_parquet_file(tmp_path, form):
    features = made_up(2, n=30, width=12, integers=False)
    columns = {"walk": [f"walk ü {i}" for i in range(30)], **vector_columns(features, form)}
    columns |= {"note": [None] * 30, **columns_of(features, *LABELS)}
    path = write_parquet(tmp_path / "f.parquet", columns)
    same(load_source(path), features)
    assert load_source(path, columns={"tracklet_ids": "walk"}).tracklet_ids[3] == "walk ü 3"


@pytest.mark.parametrize("cameras", [[[1], [1, 2], [2]], [[1, 2], [1, 2], [2, 1]]])
def test_a_parquet_file_with_a_list_of_cameras_per_tracklet(tmp_path, cameras):
    columns = {"pids": [1, 1, 2], "camids": cameras, "embeddings": [[0.5], [1.0], [2.0]]}
    columns |= {"is_query": [True, False, False], "is_gallery": [True, True, True]}
    path = write_parquet(tmp_path / "f.parquet", columns)
    with pytest.raises(FeaturesError, match="a tracklet must have one camera"):
        load_source(path)


def test_a_parquet_file_with_entries_missing(tmp_path):
    columns = {"pids": [1, None, 2], "camids": [1, 2, 2], "embeddings": [[0.5], [1.0], [2.0]]}
    columns |= {"is_query": [True, False, False], "is_gallery": [True, True, True]}
    path = write_parquet(tmp_path / "f.parquet", columns)
    with pytest.raises(FeaturesError, match="`pids` must be whole numbers; got .*1 of them NaN"):
        load_source(path)


@pytest.mark.parametrize(
    ("entry", "said"),
    [("1,2,,1,1,0.5", "`camids` must be whole numbers"), ("1,2,2,1,1,", "finite numbers .* row 1")],
)
def test_a_csv_with_entries_missing(tmp_path, entry, said):
    head = "f1,pids,camids,is_query,is_gallery,f0"
    (tmp_path / "f.csv").write_text(f"{head}\n1,1,1,1,1,0.5\n{entry}\n")
    with pytest.raises(FeaturesError, match=said):
        load_source(tmp_path / "f.csv")


def test_parquet_needs_pyarrow_and_says_which_extra_brings_it(tmp_path, monkeypatch):
    path = tmp_path / "f.parquet"
    path.write_bytes(b"PAR1")
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    with pytest.raises(FeaturesError, match="only where pyarrow is installed") as caught:
        load_source(path)
    # Advice to install `tacan[...]` would fetch whatever has that name on an index.
    assert "Install pyarrow: " in str(caught.value.remedy)
    assert "tacan[" not in str(caught.value)


def test_missing_arrays_are_named_with_what_there_is(tmp_path):
    np.save(tmp_path / "f.npy", np.ones((3, 2)))
    with pytest.raises(FeaturesError, match="got embeddings; without pids, camids, is_query"):
        load_source(tmp_path / "f.npy")
    np.savez(tmp_path / "m.npz", distances=np.ones((2, 3)), query_pids=[1, 2])
    with pytest.raises(FeaturesError, match="without query_camids, gallery_pids"):
        load_source(tmp_path / "m.npz")


@pytest.mark.parametrize("ending", [".npz", ".npy", ".mat", ".csv", ".parquet"])
def test_damaged_files_are_refused(tmp_path, ending):
    path = tmp_path / f"f{ending}"
    path.write_bytes(b"\xff\xfe not what it should be \x00")
    with pytest.raises(FeaturesError, match=r"whole"):
        load_source(path)


def test_a_line_that_is_too_short_is_named(tmp_path, features):
    path = write_csv(tmp_path / "f.csv", features)
    lines = path.read_text().splitlines()
    lines[4] = lines[4].rpartition(",")[0]
    path.write_text("\n".join(lines))
    with pytest.raises(FeaturesError, match=r"in line 5 of .*f\.csv"):
        load_source(path)


def test_pickles_are_refused(tmp_path):
    objects = np.array([{}], dtype=object)
    np.savez(tmp_path / "f.npz", allow_pickle=True, query_f=objects)
    np.save(tmp_path / "f.npy", objects, allow_pickle=True)
    for name in ("f.npz", "f.npy"):
        with pytest.raises(FeaturesError, match="a pickle can run any code"):
            load_source(tmp_path / name)


def test_unknown_endings_missing_files_and_other_folders_are_refused(tmp_path):
    (tmp_path / "f.h5").touch()
    with pytest.raises(FeaturesError, match=r"ends in \.npz, \.npy, \.mat, \.csv, \.parquet"):
        load_source(tmp_path / "f.h5")
    with pytest.raises(FeaturesError, match="must exist"):
        load_source(tmp_path / "none.csv")
    with pytest.raises(DatasetLayoutError):
        load_source(tmp_path)


def test_names_for_columns_are_checked(tmp_path, features):
    with pytest.raises(ConfigError, match="2 faults") as caught:
        parse_columns("pids,who=cares,camids=cam")
    assert "'who' is none of" in str(caught.value)
    path = write_csv(tmp_path / "f.csv", features)
    with pytest.raises(FeaturesError, match="got person, where"):
        load_source(path, columns={"pids": "person"})


def test_spellings_lead_to_names_that_mean_something():
    for ours in SPELLINGS.values():
        assert parse_columns(f"{ours}=x") == {ours: "x"}


@pytest.mark.parametrize(("yes", "no"), [("True", "False"), ("yes", "no"), ("1", "0")])
def test_a_no_in_the_labels_of_a_matrix_is_a_no(tmp_path, features, yes, no):
    rng = np.random.default_rng(2)
    is_query = np.arange(60) < 4
    np.save(tmp_path / "m.npy", rng.random((4, 56)))
    lines = [
        f"{features.pids[i]},{features.camids[i]},{yes if is_query[i] else no},{yes}"
        for i in range(60)
    ]
    (tmp_path / "labels.csv").write_text("\n".join(["pid,camid,is_query,is_gallery", *lines]))
    source = load_source(
        tmp_path / "m.npy", labels=tmp_path / "labels.csv", columns={"distances": "embeddings"}
    )
    assert source.distances.shape == (4, 56)
    assert not source.gallery_is_query.any()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"is_query": np.array(["n"] * 60)}, "`is_query` must hold truth values"),
        ({"is_gallery": np.full(60, 2)}, "`is_gallery` must hold truth values"),
        ({"camids": np.ones(59, int)}, "`camids` must have one entry for each row, 60"),
        ({"is_query": np.ones(61, bool)}, "`is_query` must have one entry for each row, 60"),
        ({"pids": np.full(60, -2)}, "a pid must be"),
        ({"camids": np.full(60, 2**63, np.uint64)}, r"below 2\^63"),
    ],
)
def test_labels_of_a_matrix_pass_the_checks_of_features(tmp_path, features, change, said):
    arrays = columns_of(features, *LABELS) | change
    np.savez(tmp_path / "m.npz", distances=np.ones((5, 60)), **arrays)
    with pytest.raises(FeaturesError, match=said):
        load_source(tmp_path / "m.npz")


def test_parts_pass_the_checks_of_features_and_must_be_of_one_width(tmp_path):
    parts = {"query_pids": [1, 2], "query_camids": [1, 1], "gallery_pids": [1, 2]}
    parts |= {"gallery_camids": [2, 2], "gallery_embeddings": np.ones((2, 3))}
    np.savez(tmp_path / "f.npz", query_embeddings=np.ones((2, 4)), **parts)
    with pytest.raises(FeaturesError, match="vectors of one width; got 4 and 3 numbers"):
        load_source(tmp_path / "f.npz")
    np.savez(tmp_path / "f.npz", query_embeddings=np.float64(3), **parts)
    with pytest.raises(FeaturesError, match="`query_embeddings` must be real numbers"):
        load_source(tmp_path / "f.npz")


@pytest.mark.parametrize("ending", [".csv", ".npz"])
def test_queries_that_are_partly_copied_into_the_gallery_are_refused(tmp_path, ending):
    features = made_up(3, n=30, width=16, integers=False)
    is_query = np.arange(30) < 6
    whole = Features(features.embeddings, features.pids, features.camids, is_query, ~is_query)

    def with_copies(rows):
        return Features(
            *(
                np.concatenate([array, array[rows]])
                for array in (whole.embeddings, whole.pids, whole.camids)
            ),
            np.r_[is_query, np.zeros(len(rows), bool)],
            np.r_[~is_query, np.ones(len(rows), bool)],
        )

    def written(found):
        if ending == ".csv":
            return write_csv(tmp_path / "f.csv", found)
        np.savez(tmp_path / "f.npz", feats=found.embeddings, **columns_of(found, *LABELS))
        return tmp_path / "f.npz"

    columns = {} if ending == ".csv" else {"embeddings": "feats"}
    for rows in ([], list(range(6))):
        assert len(load_source(written(with_copies(rows)), columns=columns)) == 30 + len(rows)
    with pytest.raises(FeaturesError, match="all queries must be in the gallery, or none; got 2"):
        load_source(written(with_copies([1, 4])), columns=columns)


@pytest.mark.parametrize("separator", [";", "\t"])
def test_a_table_with_other_separators(tmp_path, features, separator):
    path = write_csv(tmp_path / "f.csv", features)
    path.write_text(path.read_text().replace(",", separator))
    same(load_source(path), features)


def test_decimal_commas_between_semicolons(tmp_path, features):
    path = write_csv(tmp_path / "f.csv", features)
    path.write_text(path.read_text().replace(",", ";").replace(".", ","))
    same(load_source(path), features)


def test_blank_lines_of_a_table_are_no_rows(tmp_path, features):
    path = write_csv(tmp_path / "f.csv", features)
    path.write_text(path.read_text().replace("\r\n", "\n\n", 3) + "\n  \n\n")
    same(load_source(path), features)


@pytest.mark.parametrize(
    ("head", "said"),
    [
        ("f0,f1,f3,f4", "got no f2 among 4"),
        ("f0,f1,f1,f2", "'f1' 2 times"),
        ("f0,f1,f01,f2", "got f1 twice"),
        ("f0,f1,g0,g1", "got 2 columns each of 2 different names"),
    ],
)
@pytest.mark.parametrize("ending", [".csv", ".parquet"])
def test_numbered_columns_have_no_hole_and_no_double(tmp_path, head, said, ending):
    names = [*head.split(","), "pid", *LABELS[1:]]
    path = tmp_path / f"f{ending}"
    if ending == ".csv":
        path.write_text("\n".join([",".join(names), "1,2,3,4,1,1,1,1", "4,3,2,1,1,2,1,1"]))
    elif len(set(names)) == len(names):
        write_parquet(path, {name: [1, 2] for name in names})
    else:
        return
    with pytest.raises(FeaturesError, match=said):
        load_source(path)


def test_numbers_may_begin_anywhere(tmp_path, features):
    path = write_csv(tmp_path / "f.csv", features)
    path.write_text(path.read_text().replace("f2", "f3").replace("f1", "f2").replace("f0", "f1"))
    same(load_source(path), features)


def test_a_table_of_a_hundred_thousand_columns_is_read(tmp_path):
    n = 100_000
    head = ",".join([*(f"f{i}" for i in range(n)), "pid", *LABELS[1:]])
    lines = [",".join(["0.5"] * n) + labels for labels in (",1,1,1,1", ",1,2,1,1")]
    (tmp_path / "f.csv").write_text("\n".join([head, *lines]))
    assert load_source(tmp_path / "f.csv").embeddings.shape == (2, n)


def test_a_line_without_end_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(readers, "LONGEST_LINE", 100)
    (tmp_path / "f.csv").write_text("pid,camid\n" + "1" * 500)
    with pytest.raises(FeaturesError, match="fewer than 100 characters"):
        load_source(tmp_path / "f.csv")


def test_a_table_larger_than_memory_is_refused_unread(tmp_path, monkeypatch):
    monkeypatch.setattr("tacan.features.arrays.memory_limit", lambda: 50)
    (tmp_path / "f.csv").write_text("pid,camid\n1,2\n")
    with pytest.raises(FeaturesError, match="half of the memory"):
        load_source(tmp_path / "f.csv")
    write_parquet(tmp_path / "f.parquet", {"pids": np.ones(100, int), "camids": np.ones(100, int)})
    with pytest.raises(FeaturesError, match="half of the memory"):
        load_source(tmp_path / "f.parquet")


def test_two_names_for_one_array_are_refused_unless_one_is_chosen(tmp_path, features):
    arrays = columns_of(features, "embeddings", *LABELS)
    np.savez(tmp_path / "f.npz", **arrays, pid=arrays["pids"] + 1)
    np.savez(tmp_path / "labels.npz", pid=arrays["pids"] + 1)
    with pytest.raises(FeaturesError, match="a file must hold `pids` once") as caught:
        load_source(tmp_path / "f.npz", columns={"embeddings": "embeddings"})
    assert "--columns pids=NAME" in caught.value.remedy
    chosen = load_source(tmp_path / "f.npz", columns={"pids": "pid"})
    np.testing.assert_array_equal(chosen.pids, arrays["pids"] + 1)
