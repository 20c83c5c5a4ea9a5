from __future__ import annotations

import importlib.util
import re
import shutil
import sys
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import pytest

import tacan
from tacan.installing import install_advice, missing_library


def has(monkeypatch: pytest.MonkeyPatch, *, pip: bool, uv: bool) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: object() if pip else None)
    monkeypatch.setattr(shutil, "which", lambda _: "/usr/bin/uv" if uv else None)
    monkeypatch.setattr(sys, "executable", "/home/me/my env/bin/python")


@pytest.mark.parametrize("uv", [True, False])
def test_where_there_is_pip_it_installs(uv: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    has(monkeypatch, pip=True, uv=uv)
    command = "'/home/me/my env/bin/python' -m pip install rfdetr"
    assert install_advice("rfdetr") == f"Install rfdetr: {command}."


def test_an_environment_of_uv_is_installed_into_by_uv(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    has(monkeypatch, pip=False, uv=True)
    words = "pip install --python '/home/me/my env/bin/python' rfdetr."
    assert install_advice("rfdetr") == f"Install rfdetr: uv {words}"
    has(monkeypatch, pip=False, uv=False)
    monkeypatch.setattr(sys, "prefix", str(tmp_path / ".venv"))
    assert "pip install" not in install_advice("rfdetr")
    assert str(tmp_path / ".venv") in install_advice("rfdetr")
    uv = tmp_path / ".tools" / "uv" / "bin" / "uv"
    uv.parent.mkdir(parents=True)
    uv.touch()
    assert install_advice("rfdetr") == f"Install rfdetr: {uv} {words}"


def test_no_other_file_gives_such_advice() -> None:
    """Not of an extra either: tacan is on no index, and somebody else may take the name."""
    advice = re.compile(r"pip3? install|tacan\[\w+\]['\"`]")
    sources = sorted(Path(tacan.__file__).parent.rglob("*.py"))
    found = [path.name for path in sources if advice.search(path.read_text())]
    assert found == ["installing.py"]


@pytest.mark.parametrize("build", ["4.14.0.94", None])
def test_opencv_without_windows_is_advised_where_libgl_is_absent(
    build: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def version(name: str) -> str:
        if build is None:
            raise PackageNotFoundError(name)
        return build

    has(monkeypatch, pip=True, uv=False)
    monkeypatch.setattr("tacan.installing.version", version)
    fault = ImportError("libGL.so.1: cannot open shared object file: No such file or directory")
    library, remedy = missing_library(fault) or ("", "")
    assert library == "libGL.so.1"
    package = f"opencv-python-headless{f'=={build}' if build else ''}"
    assert remedy.startswith(f"Install {package}: ")
    assert f" -m pip install {package}." in remedy


def test_other_libraries_are_the_systems_and_other_faults_are_not_explained() -> None:
    _, remedy = missing_library(ImportError("libgomp.so.1: cannot open shared object file")) or (
        "",
        "",
    )
    assert "package manager" in remedy
    assert missing_library(ImportError("cannot import name 'x' from 'y'")) is None
    assert missing_library(ModuleNotFoundError("No module named 'lib.so'")) is None
