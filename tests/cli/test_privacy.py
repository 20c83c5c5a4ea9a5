"""No command sends anything, and none leaves a file but where it was asked to.

Each command runs in a process of its own under an empty home directory; a hook of the interpreter
writes down every address that is looked up or spoken to, by us or by what we import.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from urllib.request import HTTPCookieProcessor, build_opener

import pytest

from tacan.cli import COMMANDS

RECORDER = """
import os, sys

LOOKED_UP = ("socket.getaddrinfo", "socket.gethostbyname", "urllib.Request")
SPOKEN_TO = ("socket.connect", "socket.sendto", "socket.sendmsg")

def write_down(event, args):
    # The address of a pipe between our own processes is a path or nothing, a network's is a tuple.
    if event in LOOKED_UP or (event in SPOKEN_TO and isinstance(args[1], tuple)):
        with open(os.environ["TACAN_RECORD"], "a") as record:
            record.write(f"{event} {args[0] if event in LOOKED_UP else args[1]!r}\\n")

sys.addaudithook(write_down)
"""

CALLS = [
    "synth people --layout folder --identities 16 --cameras 2 --seed 7 --height 64 --width 32 "
    "--min-frames 4 --median-frames 6 --max-frames 8",
    "scenes square --cameras 2 --people 3 --seconds 3 --seed 3 --height 240 --width 320",
    "sheet sheet.png --identities 2 --cameras 2",
    "doctor folder people --deep --json doctor.json",
    "train demo --data.dataset folder --data.root people --run.iterations 2 --optimiser.warmup 0 "
    "--out run",
    "adapt --tracklets people --out adapted",
    "embed --dataset folder --root people --model run --out people.npz",
    "export run run.onnx",
    "evaluate people.npz --protocol cross-camera --json scores.json --plots plots",
    "index g square/camera1.mp4 square/camera2.mp4 --camera one --camera two --stride 4",
    "index g2 square/camera1.mp4 --camera one --detector mot:square/camera1.txt",
    "search g2 one/1 --html found.html --json found.json --csv found.csv",
    "link g2",
    "people g2 --all --csv people.csv --json people.json --html people.html --tables tables",
    "people reject g2 one/1 one/2",
    "people undo g2",
    "gallery log g2",
    "gallery info g2 --json -",
    "gallery verify g2",
    "gallery export g2 --features g2.npz --csv g2.csv --crops crops --mot mot",
    "gallery delete g2 --camera one --yes",
    "video square/camera1.mp4 marked.mp4 --detector mot:square/camera1.txt",
    "synth ilids --layout ilids-vid --identities 8 --cameras 2 --seed 1 --height 64 --width 32 "
    "--min-frames 4 --median-frames 6 --max-frames 8",
    "splits ilids-vid ilids --model run --splits 0 --out splits",
    "demo --out demo --iterations 2 --train-identities 8 --test-identities 4",
    "paper configs rows",
]
SERVED = "serve g --no-browser"
"""It runs until it is stopped."""


def test_every_command_is_called() -> None:
    assert {call.split()[0] for call in (*CALLS, SERVED)} == set(COMMANDS)


@pytest.mark.slow
@pytest.mark.timeout(900)  # every command, one after another
def test_nothing_is_sent_and_nothing_is_left(tmp_path: Path) -> None:
    # Sockets between our own processes lie in TMPDIR, and their paths hold 107 letters at most.
    home, temporary, work, hook = (tmp_path / name for name in "htwk")
    for folder in (home, temporary, work, hook):
        folder.mkdir()
    (hook / "sitecustomize.py").write_text(RECORDER)
    record = tmp_path / "record"
    kept = ("PATH", "LANG", "LD_LIBRARY_PATH")
    environment = {name: os.environ[name] for name in kept if name in os.environ} | {
        "HOME": str(home),
        "TMPDIR": str(temporary),
        "TACAN_RECORD": str(record),
        "PYTHONPATH": os.pathsep.join([str(hook), *sys.path[1:]]),
        "OMP_NUM_THREADS": "1",
    }
    for call in CALLS:
        done = subprocess.run(
            [sys.executable, "-m", "tacan", *call.split()],
            cwd=work,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{call}\n{done.stdout}\n{done.stderr}"
        nothing_happened(call, record, home, temporary)
    serving = subprocess.Popen(
        [sys.executable, "-m", "tacan", *SERVED.split()],
        cwd=work,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    )
    with serving:
        assert serving.stdout is not None
        address = next(word for line in serving.stdout for word in line.split() if "://" in word)
        visit = build_opener(HTTPCookieProcessor()).open
        page = visit(address).read().decode()
        assert "one/1" in page
        serving.terminate()
    nothing_happened(SERVED, record, home, temporary)


def nothing_happened(call: str, record: Path, *folders: Path) -> None:
    assert not record.exists(), f"{call} speaks to {record.read_text()}"
    for folder in folders:
        left = [str(path.relative_to(folder)) for path in folder.rglob("*")]
        assert left == [], f"{call} leaves {left} in {folder.name}"


def test_the_recorder_records(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(RECORDER)
    code = (
        "import socket\ntry:\n socket.create_connection(('127.0.0.1', 9), .1)\nexcept OSError: pass"
    )
    environment = os.environ | {
        "PYTHONPATH": str(tmp_path),
        "TACAN_RECORD": str(tmp_path / "record"),
    }
    subprocess.run([sys.executable, "-c", code], env=environment, check=True)
    assert "127.0.0.1" in (tmp_path / "record").read_text()
