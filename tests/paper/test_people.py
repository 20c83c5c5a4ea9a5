from __future__ import annotations

from pathlib import Path

import pytest

from tacan.datasets import load_split
from tacan.errors import ConfigError, StorageError
from tacan.paper.people import generate_half, generated_bed, mars_bed, read_people

EXPERIMENT = Path(__file__).parents[2] / "experiments" / "table1"

PEOPLE = """
both: {cameras: 2, height: 32, width: 16, min_frames: 2, median_frames: 3, max_frames: 4}
train: {identities: 3, seed: 1}
test: {identities: 2, seed: 2}
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "people.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_halves_are_drawn_from_their_own_seeds(tmp_path: Path) -> None:
    people = read_people(write(tmp_path, PEOPLE))
    roots = {half: tmp_path / half for half in people}
    for half, arguments in people.items():
        generate_half(roots[half], arguments)
    bed = generated_bed(roots, people)
    train, test = load_split("mars", bed.train_root, "train"), load_split("mars", bed.test_root)
    assert (len(train.pids), len(test.pids)) == (3, 2)
    assert bed.visibility is not None
    assert set(bed.visibility) == {tracklet.tracklet_id for tracklet in test}

    before = (bed.test_root / "ground_truth" / "visibility.npz").stat().st_mtime_ns
    generate_half(bed.test_root, people["test"])
    assert (bed.test_root / "ground_truth" / "visibility.npz").stat().st_mtime_ns == before
    with pytest.raises(StorageError, match="other settings: seed"):
        generate_half(bed.test_root, people["test"] | {"seed": 5})


@pytest.mark.parametrize(
    ("text", "faults"),
    [
        (PEOPLE.replace("seed: 2", "seed: 1"), ["must differ"]),
        (PEOPLE.replace("identities: 2", "people: 2"), ["no such setting", "test.identities"]),
        (PEOPLE + "more: {}", ["no such section"]),
        ("both: [1]", ["its sections are"]),
        ("both: {", ["can't be read"]),
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
    bed = mars_bed(tmp_path)
    assert (bed.train_root, bed.test_root, bed.visibility) == (tmp_path, tmp_path, None)


@pytest.mark.parametrize("size", ["two-cores", "paper-size"])
def test_the_experiments_people_can_be_made(size: str) -> None:
    from tacan.synthetic.settings import Settings

    people = read_people(EXPERIMENT / size / "people.yaml")
    settings = {half: Settings(**arguments) for half, arguments in people.items()}
    assert settings["train"].seed != settings["test"].seed
    assert settings["train"].train_identities == settings["train"].identities
    assert settings["test"].train_identities == 0
