from __future__ import annotations

import os
from pathlib import Path

import pytest

from tacan import cores
from tacan.cores import available_cores, cgroup_quota


def files(root: Path, **texts: str) -> Path:
    for name, text in texts.items():
        path = root / name.replace("__", "/").replace("_DOT_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


@pytest.mark.parametrize(
    ("texts", "quota"),
    [
        ({"cpu_DOT_max": "150000 100000\n"}, 1.5),
        ({"cpu_DOT_max": "max 100000\n"}, None),
        ({"cpu__cpu_DOT_cfs_quota_us": "50000", "cpu__cpu_DOT_cfs_period_us": "100000"}, 0.5),
        ({"cpu__cpu_DOT_cfs_quota_us": "-1", "cpu__cpu_DOT_cfs_period_us": "100000"}, None),
        ({"cpu_DOT_max": "nonsense"}, None),
        ({}, None),
    ],
)
def test_a_containers_share_is_read(
    tmp_path: Path, texts: dict[str, str], quota: float | None
) -> None:
    assert cgroup_quota(files(tmp_path, **texts)) == quota


def test_the_least_of_machine_binding_and_share_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: set(range(6)), raising=False)
    monkeypatch.setattr(cores, "_CGROUPS", files(tmp_path, cpu_DOT_max="250000 100000"))
    assert available_cores() == 3
    files(tmp_path, cpu_DOT_max="10000 100000")
    assert available_cores() == 1
    files(tmp_path, cpu_DOT_max="6400000 100000")
    assert available_cores() == 6


def test_no_other_file_counts_the_machines_cores() -> None:
    sources = Path(cores.__file__).parent.rglob("*.py")
    asking = [path.name for path in sources if "cpu_count" in path.read_text(encoding="utf-8")]
    assert asking == ["cores.py"]
