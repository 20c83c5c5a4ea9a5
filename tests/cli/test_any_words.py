"""Whatever words a command is given: it ends in success or in a message, and nothing else."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cyclopts import App
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from tacan.cli import COMMANDS, build_app, main
from tacan.errors import StorageError
from tacan.features.features_file import save_features
from tests.evaluation.rows import made_up

NUMBERS = (
    *("0", "-0", "-1", "1", "2", "3", "1e400", "-1e400", "nan", "inf", "1e-400", "0x10", "1_0"),
    *("٣", "²", "1" + "0" * 30, "1.5", "1,2", "1x2", "0.1,0.2,0.3", " 1", "True", "none"),
)
NAMES = (
    *("", " ", "-", "--", ".", "..", "~", "*", "?", "[a", "[red]b", "a/b", "missing/", "%s", "{}"),
    *("\\", "\n", "\t", "\x1b[31m", "\x00", "a\x00b", "\udc80", "\ud800x", "é", "人", "\u202e"),
    *("x" * 300, "x" * 70_000, "a:b", ":", "=", "@", "a@1:1,2,3,4", "a@nan:1,2,3,4", "timm:"),
    *("onnx:", "openvino:", "onnx:.", "onnx:..", "openvino:people", "onnx:\x00", "street", "hog"),
    *("yolox:", "yolox:.", "yolox:" + "x" * 5000, "torchvision:", "mot:", "rfdetr:"),
    *("2026-11-22T14:00:00Z", "9999-12-31T23:59:59+14:00", "features.npz", "people"),
    *("picture.png", "settings.yaml", "demo", "folder", "mars", "cross-camera", "cross-camera,"),
    *("--help=1", "-h", "--version=", "--no-", "--data.root", "--run", "--run.", "--x.y.z=1"),
)
DRAWING = (
    "tacan.app.serve.run_server",
    "tacan.demo.run_demo",
    "tacan.synthetic.scenes.videos.in_order",
    "tacan.synthetic.tracklets.contact_sheet.Renderer",
    "tacan.synthetic.tracklets.generate.in_order",
)
"""Where people are drawn, which takes long, and where the page is served, which never ends."""


def leaves(app: App, words: tuple[str, ...] = ()) -> dict[tuple[str, ...], tuple[str, ...]]:
    """Each command with the names of its options."""
    found: dict[tuple[str, ...], tuple[str, ...]] = {}
    for name in [part for part in app if not part.startswith("-")]:
        found |= leaves(app[name], (*words, name))
    if not found:
        collection: Any = app.assemble_argument_collection()
        found[words] = tuple(name for part in collection for name in part.names if name[:1] == "-")
    return found


OPTIONS = {
    words: options
    for command in COMMANDS
    for words, options in leaves(build_app(command)[command], (command,)).items()
}


@st.composite
def command_lines(draw: st.DrawFn) -> list[str]:
    value = st.one_of(st.sampled_from(NUMBERS), st.sampled_from(NAMES), st.text(max_size=8))
    words = draw(st.sampled_from(sorted(OPTIONS)))
    line = [*words, *draw(st.lists(value, max_size=3))]
    if OPTIONS[words]:
        for option in draw(st.lists(st.sampled_from(OPTIONS[words]), max_size=4)):
            line += draw(
                st.sampled_from([[option], [option, draw(value)], [f"{option}={draw(value)}"]])
            )
    return line


def reaches_out(line: list[str]) -> bool:
    """Whether a word may name what lies outside the working directory, and be written to."""
    return any(word.lstrip("-").startswith("/") or "=/" in word for word in line)


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a little of everything that commands read."""
    folder = tmp_path_factory.mktemp("work") / "below" / "here"
    for pid in (1, 2):
        for camera in (1, 2):
            crop = folder / "people" / f"{pid:04d}" / f"{pid:04d}C{camera}T0001F001.png"
            crop.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(np.full((32, 16, 3), 60 * pid, np.uint8)).save(crop)
    Image.new("RGB", (16, 32)).save(folder / "picture.png")
    (folder / "settings.yaml").write_text("preset: demo\n")
    save_features(folder / "features.npz", made_up(0, n=20, width=3, integers=False))
    return folder


@pytest.mark.fuzz
@settings(
    max_examples=200,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(line=command_lines())
def test_any_words_end_in_success_or_a_message(
    line: list[str], work: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise StorageError("nothing is drawn in a test of words")

    if reaches_out(line):
        return
    monkeypatch.chdir(work)
    for drawing in DRAWING:
        monkeypatch.setattr(drawing, refuse)
    with suppress(SystemExit):
        main(line)
