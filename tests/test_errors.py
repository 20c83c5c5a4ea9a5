from __future__ import annotations

import pickle

import pytest

from tacan import errors
from tacan.errors import ConfigError, CropError, TacanError


def test_the_drawn_tree_is_the_real_one() -> None:
    drawn = errors.__doc__ or ""
    for name in errors.__all__:
        kind = getattr(errors, name)
        assert issubclass(kind, TacanError)
        assert name in drawn


def test_a_message_has_rule_value_and_remedy() -> None:
    error = CropError("a crop must be whole", got="3 bytes", remedy="Fetch it again.")
    assert str(error) == "a crop must be whole; got 3 bytes. Fetch it again."


@pytest.mark.parametrize(
    "error",
    [
        CropError("a crop must be whole", got="3 bytes", remedy="Fetch it again."),
        ConfigError(["one", "two"], source="the file"),
    ],
)
def test_errors_cross_process_borders(error: TacanError) -> None:
    copy = pickle.loads(pickle.dumps(error))
    assert type(copy) is type(error)
    assert str(copy) == str(error)
    assert vars(copy) == vars(error)
