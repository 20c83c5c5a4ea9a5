"""What tests of several rooms share."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from hypothesis import settings

# No test measures time: a slow machine is not a fault of the code.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

# Tests that write OpenVINO files import it themselves; it sends nothing without this module.
sys.modules["openvino_telemetry"] = None  # pyright: ignore[reportArgumentType]

PROJECT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Real footage for local tests, which is never part of the project."""
    default = PROJECT.parent / "shared" / "data"
    folder = Path(os.environ.get("TACAN_SHARED_DATA", default))
    if not folder.is_dir():
        pytest.skip(f"no real footage at {folder}; name its folder with TACAN_SHARED_DATA")
    return folder
