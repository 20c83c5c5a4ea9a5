"""How a package, or a library of the system, that is missing gets into this environment."""

from __future__ import annotations

import importlib.util
import re
import shlex
import shutil
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

__all__ = ["install_advice", "missing_library"]

_SHARED = re.compile(r"lib[\w+-]+\.so[\w.]*")


def install_advice(package: str) -> str:
    """A sentence that says how `package` is installed for the interpreter that runs this.

    An environment made by uv has no pip of its own: there the advice is uv's, with the uv that
    `make setup` keeps beside the environment where none is on the path.
    """
    python = shlex.quote(sys.executable)
    if importlib.util.find_spec("pip") is not None:
        return f"Install {package}: {python} -m pip install {package}."
    uv = _uv()
    if uv is not None:
        return f"Install {package}: {shlex.quote(uv)} pip install --python {python} {package}."
    return f"Install {package} with what made the environment at {sys.prefix}, which has no pip."


def missing_library(error: ImportError) -> tuple[str, str] | None:
    """What to say where a package can't load a shared library: the library and the remedy.

    None for any other fault of an import. OpenCV's build with windows needs libGL, which machines
    without a display lack; the build without windows, installed over it, does not.
    """
    found = _SHARED.search(str(error))
    if isinstance(error, ModuleNotFoundError) or found is None:
        return None
    remedy = "Install it with the system's package manager."
    if found.group().startswith(("libGL.", "libEGL.", "libxcb", "libX", "libgthread")):
        remedy = f"{install_advice(_headless())} That is OpenCV without windows."
    return found.group(), remedy


def _headless() -> str:
    """OpenCV without windows, of the version that is here, since the two share their files."""
    try:
        return f"opencv-python-headless=={version('opencv-python')}"
    except PackageNotFoundError:
        return "opencv-python-headless"


def _uv() -> str | None:
    if shutil.which("uv"):
        return "uv"
    kept = Path(sys.prefix).parent / ".tools" / "uv" / "bin" / "uv"
    return str(kept) if kept.is_file() else None
