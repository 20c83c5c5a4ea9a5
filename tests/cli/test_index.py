from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from tacan.cli import main
from tacan.config import ModelConfig
from tacan.errors import ConfigError
from tacan.gallery import open_gallery
from tacan.indexing.index_settings import IndexSettings
from tacan.model import build_model, save_model
from tacan.progress import Progress
from tacan.video.detectors.yolox_weights import WEIGHTS
from tacan.video.encode import write_video
from tacan.video.mot import write_mot
from tacan.video.tracklet_settings import TrackletSettings
from tacan.video.video_records import VideoTracklet
from tests.embeddings.test_file_encoders import write_onnx
from tests.video.detectors.graphs import write_graph, yolox_rows

FRAMES = 30


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model, a video of a block that walks, and its boxes, ready."""
    folder = tmp_path_factory.mktemp("index")
    torch.manual_seed(0)
    config = ModelConfig(
        encoder="small", height=32, width=16, embedding_dim=8, attention_channels=4
    )
    save_model(folder / "model", build_model(config).eval(), config)
    frames = []
    for t in range(FRAMES):
        frame = np.full((96, 160, 3), 128, np.uint8)
        frame[20:70, 10 + 3 * t : 26 + 3 * t] = (200, 30, 30)
        frames.append(frame)
    write_video(folder / "a.mp4", frames, fps=10, size=(160, 96))
    numbers = np.arange(FRAMES)
    boxes = np.stack([[10 + 3 * t, 20, 26 + 3 * t, 70] for t in numbers]).astype(np.float32)
    walk = VideoTracklet(
        number=1,
        frames=numbers,
        seconds=numbers / 10,
        boxes=boxes,
        scores=np.ones(FRAMES, np.float32),
        crops=(),
        quality=1.0,
    )
    write_mot(folder / "a.txt", [walk])
    return folder


def run(*words: object) -> int:
    with pytest.raises(SystemExit) as caught:
        main([str(word) for word in words])
        raise SystemExit(0)
    return int(caught.value.code or 0)


def test_index_and_again_and_draw(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    gallery = tmp_path / "gallery"
    words = ("index", gallery, folder / "a.mp4", "--camera", "hall", "--start")
    words = (*words, "2026-11-22T14:00:00+01:00", "--model", folder / "model")
    words = (*words, "--detector", f"mot:{folder / 'a.txt'}", "--embedded-frames", "all")
    assert run(*words) == 0
    printed = capsys.readouterr()
    assert "(hall): 1 tracklet from 30 frames" in printed.out
    assert f"1 tracklet in {gallery}. Next:\n  tacan serve {gallery} " in printed.err
    assert f"  tacan search {gallery} hall/1 " in printed.err
    assert run(*words, "--json", "-") == 0
    told = json.loads(capsys.readouterr().out)
    assert told["sources"][0]["was_done"] is True
    assert told["n_new"] == 0
    assert run(*words, "--stride", 2) == 1
    assert "stride was 1, now 2" in capsys.readouterr().err
    out = tmp_path / "drawn.mp4"
    assert run("video", folder / "a.mp4", out, "--gallery", gallery) == 0
    assert "1 tracklet drawn" in capsys.readouterr().out
    assert out.stat().st_size > 0


def test_a_list_of_sources(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    listed = folder / "cameras.yaml"
    listed.write_text(
        "- {path: a.mp4, camera: hall, detector: 'mot:a.txt'}\n"
        "- {path: a.mp4, camera: yard, detector: 'mot:a.txt', stride: 2}\n"
    )
    gallery = tmp_path / "gallery"
    assert run("index", gallery, "--sources", listed, "--model", folder / "model") == 0
    out = capsys.readouterr().out
    assert "(hall): 1 tracklet from 30 frames" in out
    assert "(yard): 1 tracklet from 15 frames" in out


def test_a_trial_without_a_gallery(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "drawn.mp4"
    assert run("video", folder / "a.mp4", out, "--detector", f"mot:{folder / 'a.txt'}") == 0
    assert "1 tracklet drawn" in capsys.readouterr().out


def test_following_with_a_stride_ends_at_the_last_frame(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: dict[str, list[tuple[int, int]]] = {}

    @contextmanager
    def progress_bar(name: str, _: str) -> Iterator[Progress]:
        yield lambda done, total: told.setdefault(name, []).append((done, total))

    monkeypatch.setattr("tacan.cli.console.progress_bar", progress_bar)
    ready = ("--detector", f"mot:{folder / 'a.txt'}", "--stride", 4)
    assert run("video", folder / "a.mp4", tmp_path / "out.mp4", *ready) == 0
    assert told["following"][-1] == told["drawing"][-1] == (FRAMES, FRAMES)


def test_no_video_is_lost_to_a_drawing(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Neither the one that is drawn into, nor another one that is named in its place."""
    video, other, boxes = (tmp_path / name for name in ("a.mp4", "b.mp4", "a.txt"))
    for copy in (video, other, boxes):
        copy.write_bytes((folder / ("a.txt" if copy == boxes else "a.mp4")).read_bytes())
    hard, soft = tmp_path / "hard.mp4", tmp_path / "soft.mp4"
    hard.hardlink_to(video)
    soft.symlink_to(video)
    before = {path: path.read_bytes() for path in (video, other, boxes)}
    ready = ("--detector", f"mot:{boxes}")
    assert run("video", video, other, *ready) == 1
    assert "only with --overwrite" in capsys.readouterr().err
    for out in (video, hard, soft, boxes, tmp_path / "." / "a.mp4"):
        assert run("video", video, out, *ready, "--overwrite") == 1
        assert "Nothing was written" in capsys.readouterr().err or out == soft
    assert {path: path.read_bytes() for path in before} == before
    assert run("video", video, other, *ready, "--overwrite") == 0
    assert other.read_bytes() != before[other]
    assert video.read_bytes() == before[video]


@pytest.mark.parametrize(
    "part", [("--first-seconds", "99"), ("--first-seconds", "2", "--last-seconds", "1")]
)
def test_a_part_of_a_video_that_has_no_frame(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], part: tuple[str, ...]
) -> None:
    assert run("video", folder / "a.mp4", tmp_path / "out.mp4", *part) == 1
    assert "must begin before it ends" in capsys.readouterr().err


def test_the_detector_is_chosen_said_and_kept(
    folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Both commands say which detector it is; what was fetched is preferred to what ships."""
    weights = tmp_path / "weights"
    monkeypatch.setenv("TACAN_WEIGHTS", str(weights))
    index = (
        "index",
        tmp_path / "g",
        folder / "a.mp4",
        "--camera",
        "x",
        "--model",
        folder / "model",
    )
    video = ("video", folder / "a.mp4", tmp_path / "out.mp4")
    assert run(*video) == 0
    said = capsys.readouterr().err
    assert "Detector: street, which ships." in said
    assert "--detector yolox:nano --fetch" in said
    weights.mkdir()
    content = write_graph(weights / "yolox_nano.onnx", {"output": yolox_rows()}).read_bytes()
    digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
    monkeypatch.setitem(WEIGHTS, "nano", replace(WEIGHTS["nano"], digest=digest))
    for said in ("the best that is here", "as before"):
        assert run(*index) == 0
        assert f"Detector: yolox:nano, {said}." in capsys.readouterr().err
    assert run(*video, "--overwrite") == 0
    assert "Detector: yolox:nano, the best that is here." in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (["a.mp4", "--camera", "x", "--tiles", "2"], "ROWSxCOLUMNS"),
        (["a.mp4", "missing.mp4"], "missing.mp4: there is no such file"),
        (["a.mp4", "--camera", "x", "--start", "noon"], "time zone"),
        (["a.mp4", "--camera", "x", "--jpeg-quality", "200"], "jpeg_quality"),
        (["a.mp4", "--camera", "x", "--embedded-frames", "some"], "embedded_frames"),
        ([], "there is no source"),
        (["a.mp4", "--camera", "x", "--model", "nowhere", "--detector", "mot:a.txt"], "nowhere"),
        (["a.mp4", "--camera", "x", "--model", "nowhere", "--detector", "hogg"], "'hogg'"),
        (["a.mp4", "--camera", "x", "--model", "nowhere", "--detector", "mot:none"], "none"),
        (["model", "--camera", "x", "--model", "nowhere"], "neither videos nor pictures"),
    ],
)
def test_faults_are_one_message(
    folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    words: list[str],
    part: str,
) -> None:
    monkeypatch.chdir(folder)
    assert run("index", tmp_path / "gallery", *words) == 1
    error = capsys.readouterr().err
    assert part in error
    assert "Traceback" not in error


@pytest.mark.parametrize("wrong", ["2", "0x2", "ax2", "2x", "-1x2"])
def test_tiles(wrong: str) -> None:
    assert IndexSettings.model_validate({"tiles": "2X3"}).tiles == (2, 3)
    assert IndexSettings.model_validate({"tiles": ["2x3"]}).tiles == (2, 3)
    with pytest.raises(ConfigError, match="tiles"):
        IndexSettings.model_validate({"tiles": wrong})


def test_every_setting_is_an_option_with_its_default(capsys: pytest.CaptureFixture[str]) -> None:
    for command, settings in (("index", IndexSettings), ("video", TrackletSettings)):
        assert run(command, "--help") == 0
        told = capsys.readouterr().out
        for name in settings.model_fields:
            assert f"--{name.replace('_', '-')} " in told
    assert "[default: 32]" in told or "[default: 92]" in told


def test_a_start_is_corrected_afterwards_and_one_source_deleted(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    gallery = tmp_path / "gallery"
    words = ("index", gallery, folder / "a.mp4", "--detector", f"mot:{folder / 'a.txt'}")
    words = (*words, "--model", folder / "model", "--start")
    wrong, right = "2026-11-22T15:00:00+01:00", "2026-11-22T14:00:00+01:00"
    assert run(*words, wrong) == 0
    assert run("gallery", "shift", gallery, "--source", "a.mp4", "--by=-3600") == 0
    assert "a.mp4 (a): began 2026-11-22" in capsys.readouterr().out
    for start in (wrong, right):
        assert run(*words, start) == 0
        assert "nothing to do" in capsys.readouterr().out
    assert run("gallery", "shift", gallery, "--camera", "a", "--start", wrong) == 0
    assert run("gallery", "shift", gallery, "--camera", "a") == 1
    assert run("gallery", "shift", gallery, "--by", "1") == 1
    assert run("gallery", "shift", gallery, "--camera", "b", "--by", "1") == 1
    assert run("gallery", "shift", gallery, "--camera", "a", "--by", "nan") == 1
    assert "must be less than" in capsys.readouterr().err
    assert run("gallery", "delete", gallery, "--source", "a.mp4", "--yes") == 0
    assert "1 tracklet is gone for good" in capsys.readouterr().out
    assert run(*words, right) == 0
    assert "1 tracklet from 30 frames" in capsys.readouterr().out


def test_a_bad_file_is_told_at_the_end(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = tmp_path / "bad.mp4"
    bad.write_text("no video")
    listed = tmp_path / "list.yaml"
    listed.write_text(
        f"- {{path: {bad}, camera: x}}\n"
        f"- {{path: {folder / 'a.mp4'}, camera: y, detector: 'mot:{folder / 'a.txt'}'}}\n"
    )
    words = ("index", tmp_path / "gallery", "--sources", listed, "--model", folder / "model")
    assert run(*words) == 1
    told = capsys.readouterr()
    assert "(y): 1 tracklet from 30 frames" in told.out
    assert "bad.mp4: " in told.err
    assert "Traceback" not in told.err


def test_a_mask_belongs_to_the_settings_of_a_source(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mask = tmp_path / "mask.yaml"
    mask.write_text("ignore:\n  - [[0, 0], [1, 0], [1, 1], [0, 1]]\n")
    words = ("index", tmp_path / "gallery", folder / "a.mp4", "--model", folder / "model")
    boxes = ("--detector", f"mot:{folder / 'a.txt'}", "--camera")
    assert run(*words, *boxes, "a", "--mask", mask) == 0
    told = capsys.readouterr().out
    assert "0 tracklets" in told
    assert "no box that was used where people count" in told
    assert "30 of 30 detections are in regions that don't count (--mask)" in told
    mask.write_text("count:\n  - [[0, 0], [1, 0], [1, 1], [0, 1]]\n")
    assert run(*words, *boxes, "a", "--mask", mask) == 1
    assert "mask was" in capsys.readouterr().err
    assert run(*words, *boxes, "b", "--mask", mask) == 0
    assert "1 tracklet from 30 frames" in capsys.readouterr().out
    assert run(*words, *boxes, "c", "--mask", tmp_path / "none.png") == 1
    assert "a mask must exist" in capsys.readouterr().err


def test_a_frozen_encoder_with_a_clip_weight_from_index_to_search(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    encoder = f"onnx:{write_onnx(tmp_path / 'net.onnx')}"
    gallery, camera = tmp_path / "gallery", "hall"

    def index(*options: object) -> int:
        words = ("index", gallery, folder / "a.mp4", "--camera", camera, "--model", encoder)
        return run(*words, "--detector", f"mot:{folder / 'a.txt'}", *options)

    assert index("--clip-weight", folder / "model") == 0
    assert "Clear crops" not in capsys.readouterr().err
    camera = "yard"
    assert index() == 0  # the gallery's own
    assert index("--clip-weight", "none") == 1
    assert f"--clip-weight {folder / 'model'}" in " ".join(capsys.readouterr().err.split())
    with open_gallery(gallery) as opened:
        assert opened.model.clip_weight == str(folder / "model")
        weights = [opened.trajectory(each.id).clip_weights for each in opened.tracklets()]
    assert len(weights) == 2
    assert all(len(each) > 1 and not (each == 1).all() for each in weights)

    picture = tmp_path / "somebody.png"
    Image.fromarray(np.full((50, 16, 3), (200, 30, 30), np.uint8)).save(picture)
    assert run("search", gallery, picture) == 0
    moved = folder / "model"
    assert run("search", gallery, picture, "--clip-weight", moved) == 0
    assert run("search", gallery, picture, "--clip-weight", "none") == 1
    assert "clip weight of" in " ".join(capsys.readouterr().err.split())
    assert run("gallery", "info", gallery) == 0
    assert "clip weight of" in capsys.readouterr().out


def test_a_new_gallery_lends_a_frozen_encoder_a_clip_weight_that_ships(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("index", tmp_path / "gallery", folder / "a.mp4", "--camera", "hall")
    encoder = ("--model", f"onnx:{write_onnx(tmp_path / 'net.onnx')}")
    assert run(*words, *encoder, "--detector", f"mot:{folder / 'a.txt'}") == 0
    assert "Clear crops count more than hidden ones" in capsys.readouterr().err
    with open_gallery(tmp_path / "gallery") as opened:
        assert opened.model.clip_weight == "visibility"
