"""Runs a benchmark so that an expected fault is a line, and no traceback."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

from tacan.errors import TacanError

__all__ = ["run"]


def run(main: Callable[[], None]) -> None:
    """Calls `main`. What the project or the system refuses ends with status 1 and a line,
    and so does a program that it has started and that has failed."""
    try:
        main()
    except (TacanError, OSError, ImportError) as error:
        sys.exit(f"{type(error).__name__}: {error}")
    except subprocess.CalledProcessError as error:
        told = error.stderr or "what it wrote above says why"
        sys.exit(f"a program that was started ended with status {error.returncode}: {told}")
