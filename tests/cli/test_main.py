from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tacan.cli import COMMANDS, build_app, main
from tacan.errors import DataError


def run(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tacan", *words], capture_output=True, text=True, check=False
    )


def every_command() -> list[tuple[str, ...]]:
    """Each command, and each of those that a command has below it."""
    found: list[tuple[str, ...]] = []
    for name in COMMANDS:
        parts = [part for part in build_app(name)[name] if not part.startswith("-")]
        found += [(name, part) for part in parts] or [(name,)]
    return found


@pytest.mark.parametrize("words", every_command(), ids=" ".join)
def test_help_explains_each_option_and_shows_an_example(
    words: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    app = build_app(words[0])
    app([*words, "--help"], result_action="return_none", exit_on_error=False)
    shown = capsys.readouterr().out
    example = shown.split("Usage:", 1)[1].split("\n", 1)[1]
    assert f"tacan {' '.join(words)}" in example, "an example"
    for word in words:
        app = app[word]
    assert app.default_command is not None
    for parameter in app.assemble_argument_collection(parse_docstring=True):
        assert parameter.parameter.help, f"{parameter.name} has no help"


@pytest.mark.skipif(shutil.which("unshare") is None, reason="needs util-linux")
@pytest.mark.parametrize(
    ("number", "status"), [(signal.SIGTERM, 143), (signal.SIGHUP, 143), (signal.SIGINT, 130)]
)
def test_the_first_process_of_a_container_ends_when_it_is_asked_to(
    tmp_path: Path, number: signal.Signals, status: int
) -> None:
    """Such a process gets no signal that it has not asked for."""
    ready = tmp_path / "ready"
    program = (
        "import pathlib, time\n"
        "from tacan import cli\n"
        "def command(*_, **__):\n"
        f"    pathlib.Path({str(ready)!r}).touch()\n"
        "    time.sleep(60)\n"
        "cli.build_app = lambda _: command\n"
        "cli.main(['index'])\n"
    )
    contained = subprocess.Popen(
        ["unshare", "-r", "-p", "-f", "--kill-child", sys.executable, "-c", program],
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    while contained.poll() is None and not ready.exists():
        time.sleep(0.02)
    if contained.poll() is not None:
        pytest.skip("no namespace of processes can be made here")
    children = Path(f"/proc/{contained.pid}/task/{contained.pid}/children")
    os.kill(int(children.read_text().split()[0]), number)
    _, told = contained.communicate(timeout=30)
    assert contained.returncode == status
    assert told.startswith("tacan: ")


def test_wrong_usage_exits_with_2() -> None:
    done = run("evaluat")
    assert done.returncode == 2
    assert "evaluate" in done.stdout + done.stderr


def test_a_fault_is_one_message_on_standard_error(tmp_path: object) -> None:
    done = run("evaluate", f"{tmp_path}/nowhere.npz", "--protocol", "cross-camera")
    assert done.returncode == 1
    assert done.stdout == ""
    assert "nowhere.npz" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("fault", "status"),
    [(DataError("a rule"), 1), (KeyboardInterrupt(), 130)],
)
def test_exit_status(monkeypatch: pytest.MonkeyPatch, fault: BaseException, status: int) -> None:
    def fail(*_: object, **__: object) -> None:
        raise fault

    monkeypatch.setattr("tacan.cli.build_app", lambda command: fail)
    with pytest.raises(SystemExit) as caught:
        main([])
    assert caught.value.code == status


def test_a_reader_that_leaves_is_no_fault_to_speak_of() -> None:
    words = f"{sys.executable} -m tacan --help | true"
    done = subprocess.run(["bash", "-c", words], capture_output=True, text=True, check=False)
    assert done.stderr == ""


def test_ctrl_c_ends_with_130(tmp_path: Path) -> None:
    words = ["synth", str(tmp_path / "people"), "--layout", "mars", "--seed", "0"]
    size = ["--identities", "500", "--cameras", "6"]
    with subprocess.Popen(
        [sys.executable, "-m", "tacan", *words, *size], stderr=subprocess.PIPE, text=True
    ) as running:
        while not any(tmp_path.glob(".people.*/bbox_train/*")):
            assert running.poll() is None
            time.sleep(0.05)
        running.send_signal(signal.SIGINT)
        shown = running.communicate(timeout=60)[1]
    assert running.returncode == 130
    assert "interrupted" in shown
    assert "Traceback" not in shown
    assert list(tmp_path.iterdir()) == []
