from __future__ import annotations

from pathlib import Path

import pytest

from tacan.datasets import load_dataset
from tacan.errors import ConfigError, StorageError
from tacan.paper.benchmark import (
    TestSet,
    generate_part,
    generated_benchmark,
    mars_benchmark,
    read_people,
)
from tacan.paper.sizes import SIZES

PEOPLE = """
all: {cameras: 2, height: 32, width: 16, min_frames: 2, median_frames: 3, max_frames: 4}
train: {identities: 3, cameras: 12, seed: 1}
test: {identities: 2, seeds: [2, 5]}
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "people.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_each_part_is_drawn_from_its_own_seed(tmp_path: Path) -> None:
    people = read_people(write(tmp_path, PEOPLE))
    assert list(people) == ["train", "test-2", "test-5"]
    for part, arguments in people.items():
        generate_part(tmp_path / part, arguments)
    benchmark = generated_benchmark(tmp_path, people)
    train = load_dataset(benchmark.train.dataset, benchmark.train.root, "train")
    assert len(train.pids) == 3
    assert min(t.pid for t in train) == 1, "no junk or distractors to train on"
    assert list(benchmark.tests) == ["test-2", "test-5"]
    for test_set in benchmark.tests.values():
        test = load_dataset(test_set.dataset, test_set.root, "test")
        assert len(test.pids) == 2
        assert max(train.camids) > 2 >= max(test.camids)
        assert test_set.visibility is not None
        assert set(test_set.visibility) == {tracklet.tracklet_id for tracklet in test}

    root = benchmark.tests["test-2"].root
    truth = root / "ground_truth" / "visibility.npz"
    before = truth.stat().st_mtime_ns
    generate_part(root, people["test-2"])
    assert truth.stat().st_mtime_ns == before
    with pytest.raises(StorageError, match="other settings: seed"):
        generate_part(root, people["test-5"])


@pytest.mark.parametrize(
    ("text", "faults"),
    [
        (PEOPLE.replace("[2, 5]", "[2, 1]"), ["train.seed 1, test.seeds [2, 1]"]),
        (PEOPLE.replace("[2, 5]", "[2, 2]"), ["must differ"]),
        (PEOPLE.replace("[2, 5]", "[]"), ["test.seeds lists a seed for each test"]),
        (PEOPLE.replace("[2, 5]", "[[2]]"), ["seeds are whole numbers"]),
        (PEOPLE.replace("seed: 1", "seed: [1]"), ["seeds are whole numbers"]),
        (PEOPLE.replace("[2, 5]", "2"), ["test.seeds lists a seed for each test"]),
        (PEOPLE.replace("seeds: [2, 5]", "seed: 2"), ["test.seed: there", "test.seeds is missing"]),
        (PEOPLE.replace("seed: 1", "seed: 1, junk_share: 1.0"), ["train.junk_share: there is no"]),
        (PEOPLE.replace("identities: 2", "people: 2"), ["no such setting", "test.identities"]),
        (PEOPLE + "more: {}", ["no such section"]),
        ("all: [1]", ["its sections are"]),
        ("all: {", ["it is not YAML"]),
        ("all: {seed: 2026-13-45}", ["a value can't be read"]),
        ("all: &a [*a, *a]", ["it has more than"]),
    ],
)
def test_faults_are_reported_together(tmp_path: Path, text: str, faults: list[str]) -> None:
    with pytest.raises(ConfigError) as caught:
        read_people(write(tmp_path, text))
    assert len(caught.value.faults) == len(faults)
    for fault, words in zip(caught.value.faults, faults, strict=True):
        assert words in fault


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="nowhere.yaml"):
        read_people(tmp_path / "nowhere.yaml")


def test_mars_brings_both_halves_and_no_truth(tmp_path: Path) -> None:
    benchmark = mars_benchmark(tmp_path)
    assert [benchmark.train, *benchmark.tests.values()] == 2 * [TestSet("mars", tmp_path)]


@pytest.mark.parametrize("size", SIZES)
def test_the_experiments_people_can_be_made(size: str) -> None:
    from tacan.synthetic.tracklets.dataset_settings import DatasetSettings

    people = read_people(SIZES[size].people)
    settings = {part: DatasetSettings(**arguments) for part, arguments in people.items()}
    assert len({settings.seed for settings in settings.values()}) == len(people)
    assert all(settings[part].train_identities == 0 for part in settings if part != "train")


def test_people_are_generated_by_one_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = read_people(write(tmp_path, PEOPLE))
    for name, value in {"RANK": "0", "WORLD_SIZE": "2", "LOCAL_WORLD_SIZE": "2"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("TORCHELASTIC_RUN_ID", "a run")
    with pytest.raises(StorageError, match="2 processes of torchrun.*tacan paper people"):
        generate_part(tmp_path / "train", people["train"])
    assert not (tmp_path / "train").exists()
