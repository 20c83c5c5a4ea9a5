from __future__ import annotations

from pathlib import Path

from tacan.datasets.doctor.inventory import list_images


def test_images_at_every_depth(tmp_path: Path) -> None:
    for name in ("b/2.jpg", "b/10.PNG", "a/x/y/3.webp", "0.jpg", "b/.1.jpg", ".c/4.jpg", "b/5.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"12345")
    (tmp_path / "b" / "folder.jpg").mkdir()
    seen: list[tuple[int, int]] = []
    found = list_images(tmp_path, progress=lambda done, total: seen.append((done, total)))
    assert list(found) == ["0.jpg", "a/x/y/3.webp", "b/10.PNG", "b/2.jpg"]
    assert set(found.values()) == {5}
    assert seen == [(1, 2), (2, 2)]
    assert list(list_images(tmp_path, "b")) == ["b/10.PNG", "b/2.jpg"]
