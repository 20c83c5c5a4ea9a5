from __future__ import annotations

import pytest

from tacan.paper.choices import CHOICES
from tacan.paper.sizes import SIZES
from tacan.paper.variants import variant_config

FULL = "min_max"


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", [name for name in CHOICES if name != FULL])
def test_each_choice_changes_what_it_names_and_nothing_else(name: str, size: str) -> None:
    base = SIZES[size].base
    full, chosen = (
        variant_config(CHOICES[row], base, {"run.iterations": 750}).model_dump()
        for row in (FULL, name)
    )
    changed = {
        f"{section}.{setting}"
        for section, settings in full.items()
        for setting, value in settings.items()
        if chosen[section][setting] != value
    }
    allowed = set(CHOICES[name].overrides)
    assert changed <= allowed
    if size == "two-cores":  # the paper's size may have the setting already
        assert changed == allowed
