from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from itertools import chain
from pathlib import Path

import pytest

from tacan.cli import COMMANDS, GROUPS, build_app, main
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
        if parameter.name == "*":  # settings, each of which is a parameter of its own
            continue
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
    def fail(words: list[str]) -> None:
        raise fault

    monkeypatch.setattr("tacan.cli._run", fail)
    with pytest.raises(SystemExit) as caught:
        main([])
    assert caught.value.code == status


def test_a_reader_that_leaves_is_no_fault_to_speak_of() -> None:
    words = f"{sys.executable} -m tacan --help | true"
    done = subprocess.run(["bash", "-c", words], capture_output=True, text=True, check=False)
    assert done.stderr == ""


def test_help_shows_the_commands_in_groups() -> None:
    shown = run("--help").stdout
    words = [*chain(*([title, *commands] for title, commands in GROUPS.items())), "Options"]
    found = [re.search(rf"^[╭│](?:─)? {re.escape(word)} ", shown, re.M) for word in words]
    places = [place.start() for place in found if place is not None]
    assert len(places) == len(words)
    assert places == sorted(places)


@pytest.mark.parametrize("words", ["--help", "train demo --print-config", "evaluate --help"])
@pytest.mark.parametrize("way", [">/dev/full", ">&-", "<&- >&-"])
def test_an_output_that_takes_nothing_is_a_fault(words: str, way: str) -> None:
    line = f"{sys.executable} -m tacan {words} {way}"
    done = subprocess.run(["bash", "-c", line], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert re.search("No space left|Bad file descriptor", done.stderr)
    assert "Traceback" not in done.stderr
    assert "Exception" not in done.stderr


@pytest.mark.parametrize("way", ["<&-", "2>&-", "<&- 2>&-"])
def test_closed_streams_that_are_not_needed_do_no_harm(way: str) -> None:
    line = f"{sys.executable} -m tacan train demo --print-config {way}"
    done = subprocess.run(["bash", "-c", line], capture_output=True, text=True, check=False)
    assert done.returncode == 0
    assert "iterations" in done.stdout
    assert done.stderr == ""


def test_no_file_takes_the_number_of_a_closed_stream(tmp_path: Path) -> None:
    code = "import os; from tacan.cli.surroundings import mend_streams; mend_streams(); "
    code += f"print(os.open({str(tmp_path / 'a')!r}, os.O_CREAT | os.O_RDWR))"
    line = f'{sys.executable} -c "{code}" <&- 2>&-'
    done = subprocess.run(["bash", "-c", line], capture_output=True, text=True, check=False)
    assert int(done.stdout) > 2


def test_an_ascii_terminal_shows_any_name(tmp_path: Path) -> None:
    name = os.fsencode(tmp_path) + "/Ärger \x1b[31m".encode() + b"\xff.npz"
    words = [sys.executable, "-m", "tacan", "evaluate", name, "--protocol", "cross-camera"]
    environment = os.environ | {"PYTHONIOENCODING": "ascii", "LC_ALL": "C"}
    done = subprocess.run(words, capture_output=True, env=environment, check=False)
    assert done.returncode == 1
    assert b"\\u001b[31m" in done.stderr
    assert b"\x1b" not in done.stderr
    assert b"Traceback" not in done.stderr


def test_what_the_system_refuses_is_a_message(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to("loop")
    for name in ("x" * 300, "loop", "loop/in"):
        for words in (
            ("evaluate", tmp_path / name, "--protocol", "cross-camera"),
            ("doctor", "folder", tmp_path / name),
            ("train", tmp_path / name, "--print-config"),
            ("gallery", "info", tmp_path / name),
        ):
            with pytest.raises(SystemExit) as caught:
                main([str(word) for word in words])
            assert caught.value.code == 1


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
