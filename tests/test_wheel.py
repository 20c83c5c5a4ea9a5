"""The wheel, installed by plain pip into an environment of its own.

Its dependencies are those of the environment that runs the tests, which the new one sees: nothing
is fetched, so this doesn't show that pip finds them. It shows that the wheel holds all that is
needed, and what is said where OpenCV is the build with windows and the machine has no libGL. Which
build pip ends with is tried with OpenCV alone, fetched.
"""

from __future__ import annotations

import os
import re
import site
import subprocess
import sys
import tomllib
from pathlib import Path

import numpy as np
import pytest

from tacan.video.encode import write_video
from tests.conftest import PROJECT

pytestmark = pytest.mark.slow

BOXES = "".join(f"{t},1,{10 + 3 * t},20,16,50,1,-1,-1,-1\n" for t in range(1, 13))
LIBGL = "libGL.so.1: cannot open shared object file: No such file or directory"


def shell(*words: object, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Runs a program that knows nothing of this environment's own settings."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    return subprocess.run(
        [str(word) for word in words],
        cwd=cwd,
        env={**clean, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an environment that holds the wheel, a video and its boxes, and the gallery `g`
    that its tacan made of them."""
    folder = tmp_path_factory.mktemp("wheel")
    python = folder / "venv" / "bin" / "python"
    built = shell(
        sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder, cwd=PROJECT
    )
    assert built.returncode == 0, built.stderr
    (wheel,) = folder.glob("*.whl")
    shell(sys.executable, "-m", "venv", folder / "venv", cwd=folder)
    pip = (python, "-m", "pip", "install", "-q", "--no-index", "--no-deps", wheel)
    done = shell(*pip, cwd=folder)
    assert done.returncode == 0, done.stderr
    (own,) = (folder / "venv" / "lib").glob("python*/site-packages")
    # Searched last, and path files in it (that of the editable tacan) are not read.
    (own / "dependencies.pth").write_text("\n".join(site.getsitepackages()))
    frames = [np.full((96, 160, 3), 100 + 5 * t, np.uint8) for t in range(12)]
    write_video(folder / "a.mp4", frames, fps=10, size=(160, 96))
    (folder / "a.txt").write_text(BOXES)
    index = "index g a.mp4 --camera hall --start 2026-11-22T14:00:00Z --detector mot:a.txt"
    tacan = python.with_name("tacan")
    done = shell(tacan, *index.split(), "--embedded-frames", "all", cwd=folder)
    assert (done.returncode, done.stderr.count("Traceback")) == (0, 0), done.stderr
    return folder


def test_it_indexes_and_searches_with_the_model_that_ships(installed: Path) -> None:
    tacan = installed / "venv" / "bin" / "tacan"
    where = shell(
        tacan.with_name("python"), "-c", "import tacan; print(tacan.__file__)", cwd=installed
    )
    assert where.stdout.startswith(str(installed))
    assert "tacan COMMAND --help" in shell(tacan, "--help", cwd=installed).stdout
    asked = shell(tacan, "search", "g", "hall/1", "--html", "found.html", cwd=installed)
    assert asked.returncode == 0, asked.stderr
    assert "<html" in (installed / "found.html").read_text()


def test_pip_alone_ends_with_the_opencv_that_needs_no_libgl(tmp_path: Path) -> None:
    """Both builds of OpenCV that the wheel asks for, fetched by pip into an empty environment."""
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]
    builds = [each for each in project["dependencies"] if each.startswith("opencv-")]
    assert len(builds) == 2
    python = tmp_path / "venv" / "bin" / "python"
    shell(sys.executable, "-m", "venv", tmp_path / "venv", cwd=tmp_path)
    done = shell(python, "-m", "pip", "install", "-q", "--retries", "1", *builds, cwd=tmp_path)
    if "No matching distribution" in done.stderr or "onnection" in done.stderr:
        pytest.skip("no package index can be reached")
    assert done.returncode == 0, done.stderr
    libraries = "import cv2; print([line.split()[-1] for line in open('/proc/self/maps')])"
    loaded = shell(python, "-c", libraries, cwd=tmp_path)
    assert "/cv2.abi3.so" in loaded.stdout, loaded.stderr
    assert not re.search(r"lib(GL|Qt|xcb|X11)", loaded.stdout)


def test_without_libgl_help_works_and_the_rest_says_what_to_install(installed: Path) -> None:
    broken = installed / "broken"
    broken.mkdir()
    (broken / "cv2.py").write_text(f"raise ImportError({LIBGL!r})\n")
    tacan = installed / "venv" / "bin" / "tacan"
    for words in ("--help", "index --help", "search --help"):
        assert shell(tacan, *words.split(), cwd=installed, PYTHONPATH=str(broken)).returncode == 0
    index = "index g2 a.mp4 --detector mot:a.txt"
    done = shell(tacan, *index.split(), cwd=installed, PYTHONPATH=str(broken))
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "libGL.so.1" in done.stderr
    assert "pip install opencv-python-headless" in done.stderr
    box = "a.mp4@0.5:10,20,16,50"
    for query in ("hall/1", box):
        asked = shell(tacan, "search", "g", query, cwd=installed, PYTHONPATH=str(broken))
        assert (asked.returncode, asked.stderr) == (0, ""), "who is in the gallery is found"
    (crop, *_) = sorted((installed / "g" / "crops").rglob("*.jpg"))
    asked = shell(tacan, "search", "g", crop, cwd=installed, PYTHONPATH=str(broken))
    assert asked.returncode == 0, asked.stderr
    assert "was not looked at: libGL.so.1 is missing" in asked.stdout
    assert "pip install opencv-python-headless" in asked.stdout
