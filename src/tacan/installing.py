"""How a package that is missing gets into this environment."""

from __future__ import annotations

import importlib.util
import shlex
import shutil
import sys
from pathlib import Path

__all__ = ["install_advice"]


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


def _uv() -> str | None:
    if shutil.which("uv"):
        return "uv"
    kept = Path(sys.prefix).parent / ".tools" / "uv" / "bin" / "uv"
    return str(kept) if kept.is_file() else None
