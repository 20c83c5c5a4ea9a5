"""What `import tacan` gives: lazily, typed, documented, and with examples that run."""

from __future__ import annotations

import doctest
import inspect
import subprocess
import sys
from pathlib import Path

import pytest

import tacan
from tests.test_docs import PROJECT, python_blocks

PUBLIC = [name for name in tacan.__all__ if name != "__version__"]
FUNCTIONS = [name for name in PUBLIC if name != "TacanError"]


def test_what_it_gives() -> None:
    assert set(PUBLIC) == {
        "load_dataset", "open_model", "embed", "load_features", "evaluate", "open_gallery",
        "index_videos", "search", "find_tracklets", "train", "load_config", "TacanError",
    }  # fmt: skip
    assert sorted(tacan.__all__) == dir(tacan)
    with pytest.raises(AttributeError, match="no attribute 'find'"):
        tacan.find  # noqa: B018


def test_nothing_is_loaded_before_it_is_used() -> None:
    code = "import sys, tacan; print(*sorted({name.split('.')[0] for name in sys.modules}))"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(shown.stdout.split())
    assert loaded.isdisjoint({"torch", "numpy", "pydantic", "cyclopts", "cv2", "av", "PIL"})


@pytest.mark.parametrize("name", FUNCTIONS)
def test_each_is_one_function_under_one_name(name: str) -> None:
    function = getattr(tacan, name)
    assert inspect.isfunction(function)
    assert function.__name__ == name
    for parameter in inspect.signature(function).parameters.values():
        assert parameter.annotation is not parameter.empty, f"{parameter} has no type"
    assert inspect.signature(function).return_annotation is not inspect.Signature.empty


def test_paths_may_be_text(tmp_path: Path) -> None:
    """Whatever takes a path tells a fault about text as it does about a `Path`."""
    missing = str(tmp_path / "missing")
    config = tacan.load_config("demo", {"data.dataset": "folder", "data.root": missing})
    calls = (
        lambda: tacan.load_dataset("folder", missing),
        lambda: tacan.load_features(missing),
        lambda: tacan.open_gallery(missing),
        lambda: next(tacan.find_tracklets(missing)),
        lambda: tacan.train(config, str(tmp_path / "run")),
        lambda: tacan.open_model(missing),
        lambda: tacan.load_config(missing),
    )
    for call in calls:
        with pytest.raises(tacan.TacanError, match="missing"):
            call()


@pytest.mark.parametrize("name", FUNCTIONS)
def test_each_says_what_it_raises_and_shows_an_example(name: str) -> None:
    text = getattr(tacan, name).__doc__
    assert "Raises" in text
    assert ">>> " in text


def test_a_room_of_the_same_name_does_not_hide_the_function() -> None:
    code = (
        "import tacan, tacan.search.search_results; from tacan.search.search_results import Match; "
        "assert callable(tacan.search) and tacan.search.__name__ == 'search'; "
        "assert Match.__module__ == 'tacan.search.search_results'"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what the examples speak of: generated people, and a video of a door."""
    from tacan.synthetic import generate
    from tacan.synthetic.scenes import make_scenes
    from tacan.synthetic.scenes.scene_settings import SceneSettings
    from tacan.synthetic.tracklets.dataset_settings import DatasetSettings

    root = tmp_path_factory.mktemp("front")
    size = {"height": 64, "width": 32, "min_frames": 4, "median_frames": 6, "max_frames": 8}
    people = DatasetSettings(layout="folder", identities=16, cameras=2, seed=7, **size)
    generate(root / "people", people)
    square = SceneSettings(cameras=2, people=3, seconds=4, seed=3, height=240, width=320)
    make_scenes(root / "scenes", square)
    (root / "scenes" / "camera1.mp4").rename(root / "door.mp4")
    return root


def example(name: str) -> str:
    """The statements of a docstring's example, which pytest leaves out for their files."""
    thing = tacan if name == "tacan" else getattr(tacan, name)
    examples = doctest.DocTestParser().get_examples(thing.__doc__)
    return "".join(one.source for one in examples)


@pytest.mark.slow
def test_the_examples_run(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from tacan.features.features_file import save_features
    from tacan.gallery import ModelInfo
    from tacan.indexing.index_settings import IndexSettings
    from tacan.indexing.video_source import VideoSource
    from tacan.video.tracklet_settings import TrackletSettings

    monkeypatch.chdir(place)
    names = {name: getattr(tacan, name) for name in FUNCTIONS} | {
        "tacan": tacan,
        "Path": Path,
        "ModelInfo": ModelInfo,
        "TrackletSettings": lambda **_: TrackletSettings(
            detector="mot:scenes/camera1.txt", stride=4
        ),
        "VideoSource": lambda path, camera: VideoSource(
            path, camera, settings=IndexSettings(detector="mot:scenes/camera1.txt")
        ),
    }
    for name in ("tacan", "load_dataset", "open_model", "embed"):
        exec(example(name), names)
    save_features(Path("people.npz"), names["features"])
    for name in ("load_features", "evaluate", "find_tracklets", "index_videos", "open_gallery"):
        exec(example(name), names)
    assert "door/1" in capsys.readouterr().out
    exec(example("search"), names)
    assert names["results"].matches
    short = {"run.iterations": 2, "optimiser.warmup": 0, "run.validate_every": 0}
    names["load_config"] = lambda name, settings: tacan.load_config(name, settings | short)
    exec(example("train"), names)


@pytest.mark.slow
@pytest.mark.parametrize("block", python_blocks(PROJECT / "README.md"))
def test_the_readmes_python_runs_and_uses_the_front_door_alone(
    block: str, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(place)
    assert "from tacan" not in block
    exec(block, {})
