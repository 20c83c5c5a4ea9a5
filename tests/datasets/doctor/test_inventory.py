from __future__ import annotations

import os
from pathlib import Path

import pytest

from tacan.datasets.doctor.findings import Examined
from tacan.datasets.doctor.inventory import take_inventory


def test_images_at_every_depth(tmp_path: Path) -> None:
    for name in ("b/2.jpg", "b/10.PNG", "a/x/y/3.webp", "0.jpg", "b/.1.jpg", ".c/4.jpg", "b/5.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"12345")
    (tmp_path / "b" / "folder.jpg").mkdir()
    seen: list[tuple[int, int]] = []
    examined = Examined()
    found = take_inventory(
        examined, tmp_path, levels=1, progress=lambda done, total: seen.append((done, total))
    )
    assert list(examined.files) == ["0.jpg", "a/x/y/3.webp", "b/10.PNG", "b/2.jpg"]
    assert set(examined.files.values()) == {5}
    assert list(found.files) == ["0.jpg", "b/10.PNG", "b/2.jpg"]
    assert found.folders == ("a", "b")
    assert found.empty_folders() == []
    assert [(finding.code, finding.where) for finding in examined.findings] == [
        ("folder-depth", ("a/x/y/3.webp",))
    ]
    assert seen == [(1, 2), (2, 2)]
    part = take_inventory(Examined(), tmp_path, "b", levels=1)
    assert list(part.files) == ["b/10.PNG", "b/2.jpg"]
    assert part.empty_folders() == ["b/folder.jpg"]


def test_sizes_that_cannot_be_had_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "1").mkdir()
    for name in ("a.jpg", "b.jpg"):
        (tmp_path / "1" / name).write_bytes(b"x")
    plain = Path.stat

    def refuse(self: Path, **options: bool) -> os.stat_result:
        if self.name == "b.jpg":
            raise PermissionError(13, "Permission denied")
        return plain(self, **options)

    monkeypatch.setattr(Path, "stat", refuse)
    examined = Examined()
    found = take_inventory(examined, tmp_path, levels=1)
    assert list(found.files) == ["1/a.jpg"]
    assert examined.findings[0].where == ("1/b.jpg: Permission denied",)
    assert "1" in found.explained
