"""What the package promises as a whole."""

from __future__ import annotations

import importlib
import pkgutil
import subprocess
import sys

import pytest

import tacan
from tacan.cli import COMMANDS

MODULES = sorted(
    module.name
    for module in pkgutil.walk_packages(tacan.__path__, "tacan.")
    if not module.name.endswith("__main__")
)


@pytest.mark.parametrize("name", MODULES)
def test_every_module_names_its_public_surface(name: str) -> None:
    module = importlib.import_module(name)
    assert module.__doc__, "a module says what it is for"
    if name.endswith(".__init__") or not hasattr(module, "__all__"):
        assert hasattr(module, "__path__"), "a module without __all__ must be an empty package"
        return
    for public in module.__all__:
        assert hasattr(module, public)


LIGHT = [
    "tacan",
    "tacan.cli",
    "tacan.config",
    "tacan.records",
    "tacan.datasets",
    "tacan.evaluation",
    "tacan.gallery",
    "tacan.paper",
]


@pytest.mark.parametrize("name", LIGHT)
def test_what_needs_no_torch_does_not_import_it(name: str) -> None:
    code = f"import sys, {name}; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_no_command_imports_torch_before_it_works() -> None:
    """So that help and words that are wrong are answered at once."""
    modules = ", ".join(f"tacan.cli.{name}" for name in COMMANDS)
    code = f"import sys, {modules}; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize("name", ["tacan.synthetic", "tacan.cli.synth", "tacan.cli.scenes"])
def test_the_engine_that_draws_is_imported_when_it_draws(name: str) -> None:
    code = f"import sys, {name}; sys.exit('numba' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_importing_changes_no_global_setting() -> None:
    code = (
        "import torch, logging; before = (torch.get_num_threads(), torch.is_grad_enabled(), "
        "torch.get_default_dtype(), torch.are_deterministic_algorithms_enabled(), "
        "len(logging.getLogger().handlers));"
        "import tacan.training, tacan.model, tacan.embeddings, tacan.demo;"
        "after = (torch.get_num_threads(), torch.is_grad_enabled(), torch.get_default_dtype(), "
        "torch.are_deterministic_algorithms_enabled(), len(logging.getLogger().handlers));"
        "assert before == after, (before, after)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
