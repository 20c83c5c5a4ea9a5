from __future__ import annotations

import subprocess
import sys
import time

import numpy as np
import pytest

from tacan.errors import ConfigError, StorageError
from tacan.synthetic import DatasetSettings, generate, read_manifest, read_visibility
from tacan.synthetic.tracklets import tracklet_renderer as renderer
from tests.synthetic.conftest import SMALL, contents

TINY = {**SMALL, "identities": 3, "distractor_share": 0.1, "junk_share": 0.1}


def test_the_same_settings_give_the_same_bytes(small_mars, tmp_path):
    again = generate(tmp_path / "again", DatasetSettings(layout="mars", **SMALL))
    assert contents(again.root) == contents(small_mars.root)


def test_another_seed_gives_other_pictures(small_mars, tmp_path):
    other = generate(tmp_path / "other", DatasetSettings(layout="mars", **{**SMALL, "seed": 5}))
    first, second = contents(small_mars.root), contents(other.root)
    crops = [name for name in first if name.endswith(".jpg") and name in second]
    assert crops
    assert all(first[name] != second[name] for name in crops)


@pytest.mark.slow
def test_workers_do_not_change_a_byte(tmp_path):
    alone = generate(tmp_path / "alone", DatasetSettings(layout="folder", **TINY))
    together = generate(tmp_path / "together", DatasetSettings(layout="folder", **TINY), workers=2)
    assert contents(together.root) == contents(alone.root)


def test_a_tracklet_is_the_same_whatever_else_is_drawn(small_folder, tmp_path):
    settings = {**SMALL, "distractor_share": 0.0, "junk_share": 0.0}
    alone = contents(
        generate(tmp_path / "alone", DatasetSettings(layout="folder", **settings)).root
    )
    both = contents(small_folder.root)
    crops = [name for name in alone if name.endswith(".jpg")]
    assert crops
    assert all(alone[name] == both[name] for name in crops)


def test_the_record_the_manifest_and_the_disk_agree(small_mars):
    manifest = read_manifest(small_mars.root)
    assert manifest["counts"] == small_mars.counts
    assert manifest["settings"] == small_mars.settings.as_dict()
    crops = list(small_mars.root.rglob("*.jpg"))
    seen = read_visibility(small_mars.root)
    assert len(crops) == small_mars.n_frames == sum(map(len, seen.values()))
    assert len(seen) == small_mars.n_tracklets


def test_occlusion_is_as_common_as_asked(tmp_path):
    made = generate(
        tmp_path / "out",
        DatasetSettings(
            layout="folder",
            **{
                **SMALL,
                "identities": 12,
                "median_frames": 20,
                "junk_share": 0,
                "distractor_share": 0,
            },
        ),
    )
    seen = list(read_visibility(made.root).values())
    everything = np.concatenate(seen)
    assert everything.min() >= 0
    assert everything.max() <= 1
    hidden = [row for row in seen if (row < 0.3).mean() > 0.2]
    assert 0.5 < len(hidden) / len(seen) < 0.85
    assert 0.25 < (np.concatenate(hidden) <= 0.1).mean() < 0.55
    # Boxes that are cut too tight or at the picture's edge never show all of somebody.
    assert np.mean([row.max() > 0.7 for row in seen]) > 0.9
    assert np.mean([row.max() > 0.9 for row in seen]) > 0.75


def test_progress_counts_tracklets(tmp_path):
    calls = []
    made = generate(
        tmp_path / "out",
        DatasetSettings(layout="folder", **TINY),
        progress=lambda *call: calls.append(call),
    )
    assert calls == [(done, made.n_tracklets) for done in range(made.n_tracklets + 1)]


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"layout": "market"}, "one of mars, ilids-vid"),
        ({"layout": "folder", "train_identities": 1}, "no splits"),
        ({"layout": "mars", "cameras": 10}, "9 cameras"),
    ],
)
def test_faulty_settings_write_nothing(tmp_path, change, match):
    with pytest.raises(ConfigError, match=match):
        generate(tmp_path / "out", DatasetSettings(**{**TINY, **change}))
    assert list(tmp_path.iterdir()) == []


def test_no_worker_is_too_few(tmp_path):
    with pytest.raises(ConfigError, match="workers"):
        generate(tmp_path / "out", DatasetSettings(layout="mars", **TINY), workers=0)
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_leaves_nothing(tmp_path, monkeypatch):
    written = []

    def full(crop, suffix, *, quality):
        written.append(crop)
        if len(written) == 5:
            raise OSError(28, "No space left on device")
        return b"jpeg"

    monkeypatch.setattr(renderer, "_encode", full)
    with pytest.raises(StorageError, match="No space left"):
        generate(tmp_path / "out", DatasetSettings(layout="folder", **TINY))
    assert list(tmp_path.iterdir()) == []


def test_an_earlier_data_set_is_replaced_with_force(tmp_path):
    generate(tmp_path / "out", DatasetSettings(layout="folder", **TINY))
    with pytest.raises(StorageError, match="--force"):
        generate(tmp_path / "out", DatasetSettings(layout="folder", **TINY))
    made = generate(tmp_path / "out", DatasetSettings(layout="mars", **TINY), force=True)
    assert read_manifest(made.root)["settings"]["layout"] == "mars"
    assert not (made.root / "1").exists()


def test_a_killed_run_does_not_look_finished(tmp_path):
    """kill -9 in the middle: no OUT appears, and the next run cleans up and is right."""
    out = tmp_path / "people"
    code = (
        "from pathlib import Path; from tacan.synthetic import *\n"
        "people = DatasetSettings(layout='folder', identities=500, cameras=6, seed=0)\n"
        f"generate(Path({str(out)!r}), people)"
    )
    child = subprocess.Popen([sys.executable, "-c", code])
    try:
        deadline = time.monotonic() + 200
        while not list(tmp_path.rglob("*.jpg")) and time.monotonic() < deadline:
            time.sleep(0.05)
    finally:
        child.kill()
        child.wait()
    assert list(tmp_path.rglob("*.jpg"))
    assert not out.exists()
    generate(out, DatasetSettings(layout="folder", **TINY))
    assert [path.name for path in tmp_path.iterdir()] == ["people"]
