"""The docs run: every shell block of README and docs is executed as it stands there.

A block is run in a folder of its own, the blocks of one file one after another in the same. What
takes minutes is made small by the table below; nothing else is changed. `console` blocks are for
reading only.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[1]
PATH = re.compile(r"`((?:src/tacan|docs|tests|benchmarks)/[\w./-]+)`")
PAGES = sorted([PROJECT / "README.md", *(PROJECT / "docs").glob("*.md")])
BLOCK = re.compile(r"^```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\((?!https?:|#)([^)#]+)")

SMALL_DEMO = "--iterations 4 --train-identities 8 --test-identities 4"
SMALLER = {
    "make demo": f"tacan demo {SMALL_DEMO}",
    "tacan demo --out demo": f"tacan demo --out demo {SMALL_DEMO}",
    "--people 8 --seconds 30 --height 480 --width 640": (
        "--people 4 --seconds 6 --height 240 --width 320"
    ),
    "--people 8 --seconds 4 --height 480 --width 640": (
        "--people 4 --seconds 2 --height 240 --width 320"
    ),
    "--identities 8 --cameras 8": "--identities 2 --cameras 3",
    "--identities 6 --cameras 2": "--identities 2 --cameras 2",
    "make test": "true",
    "--identities 100": "--identities 16",
    "--median-frames 24": "--median-frames 6",
    "train demo": "train demo --run.iterations 4 --optimiser.warmup 0",
}
"""What stands in the docs, and what is run in its place."""


def blocks(page: Path) -> list[str]:
    return BLOCK.findall(page.read_text(encoding="utf-8"))


def python_blocks(page: Path) -> list[str]:
    text = page.read_text(encoding="utf-8")
    return re.findall(r"^```python\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


def shortened(block: str) -> str:
    for long, short in SMALLER.items():
        block = block.replace(long, short)
    return block


@pytest.mark.slow
@pytest.mark.parametrize("page", [page for page in PAGES if blocks(page)], ids=lambda p: p.name)
def test_shell_blocks_run(page: Path, tmp_path: Path) -> None:
    environment = os.environ | {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "OMP_NUM_THREADS": "1",
    }
    for block in blocks(page):
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", shortened(block)],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{page.name}: {block}\n{done.stdout}\n{done.stderr}"


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_links_lead_somewhere(page: Path) -> None:
    for target in LINK.findall(page.read_text(encoding="utf-8")):
        assert (page.parent / target).exists(), f"{page.name} links to {target}"


def test_contributing_draws_the_house_as_it_is() -> None:
    text = (PROJECT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    assert [path for path in PATH.findall(text) if not (PROJECT / path).exists()] == []
    for name, path in re.findall(r"`([A-Z_]+)` in `(\S+)`", text):
        assert re.search(rf"^{name}\b", (PROJECT / path).read_text(encoding="utf-8"), re.MULTILINE)
    layers = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))
    drawn = layers["tool"]["importlinter"]["contracts"][0]["layers"]
    house = re.findall(r"^    ([a-z]+(?: \| [a-z]+)*)(?=  |$)", text, re.MULTILINE)
    assert house == [layer.replace("tacan.", "") for layer in drawn]


def test_every_command_is_in_the_readme() -> None:
    from tacan.cli import COMMANDS

    text = (PROJECT / "README.md").read_text(encoding="utf-8")
    assert [name for name in COMMANDS if f"`tacan {name}" not in text] == []


def test_no_page_advises_to_install_tacan_by_name() -> None:
    """It is on no index: whoever takes the name there would be installed."""
    advised = re.compile(r"pip install\W+tacan\b")
    pages = [*PAGES, PROJECT / "CHANGELOG.md"]
    assert [page.name for page in pages if advised.search(page.read_text("utf-8"))] == []
