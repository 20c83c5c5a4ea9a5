"""Indexing from the page: which videos, a run of its own, stopping, killing, going on."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import numpy as np
import pytest
from fastapi.testclient import TestClient

from tacan.app.folders import ServedFolders
from tacan.app.index_choices import detector_choices, model_choices
from tacan.app.index_runs import IndexRuns
from tacan.app.security import BODY_LIMITS
from tacan.files import write_text
from tacan.indexing import index_status
from tacan.indexing.index_status import is_at_work, read_status, run_status
from tacan.video.encode import write_video
from tacan.video.video_records import Detections, FrameDetections, VideoFrame
from tests.embeddings.test_file_encoders import write_onnx

GALLERY = "/api/galleries/people.gallery"


def film(path: Path, *, frames: int = 40) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    pictures = (np.full((96, 128, 3), 40 + i % 150, np.uint8) for i in range(frames))
    write_video(path, pictures, fps=10, size=(128, 96))
    lines = [f"{i + 1},1,{20 + 70 * i // frames},10,30,70,1,1" for i in range(frames)]
    write_text(path.with_suffix(".txt"), "\n".join(lines) + "\n")
    return path


@pytest.fixture
def video(tmp_path) -> Path:
    return film(tmp_path / "videos" / "door_20261122_140000.mp4")


@pytest.fixture
def client(tmp_path, video, serve) -> TestClient:
    """A server of a gallery that nothing is in, with a folder of videos."""
    folders = ServedFolders([tmp_path / "videos"])
    return serve(tmp_path / "people.gallery", folders=folders)


def order(video: Path, **values) -> dict:
    boxes = str(video.with_suffix(".txt"))
    return {"videos": [{"path": str(video), "camera": "door", "boxes": boxes, **values}]}


def wait_for(client: TestClient, *states: str, gallery: str = GALLERY) -> dict:
    for _ in range(1200):
        now = client.get(f"{gallery}/indexing").json()
        if now["state"] in states:
            return now
        time.sleep(0.1)
    raise AssertionError(now)


def test_videos_of_the_served_folders_are_found_with_a_proposal(client, video, tmp_path):
    film(tmp_path / "elsewhere" / "secret.mp4", frames=2)
    (tmp_path / "videos" / "link").symlink_to(tmp_path / "elsewhere")
    (found,) = client.get(f"{GALLERY}/videos").json()["videos"]
    assert (found["name"], found["place"], found["is_indexed"]) == (video.name, "videos", False)
    told = client.get(
        f"{GALLERY}/videos/proposal", params={"path": found["path"], "zone": "UTC"}
    ).json()
    assert told["camera"] == "door_20261122_140000"
    assert told["start"] == "2026-11-22T14:00:00Z"
    assert "file's name" in told["start_is_from"]
    assert told["boxes"] == str(video.with_suffix(".txt"))
    page = client.get("/g/people.gallery/index").text
    assert "Which videos?" in page
    assert client.get("/g/people.gallery/").headers["location"] == "/g/people.gallery/index"


@pytest.mark.parametrize(
    "path",
    [
        "{tmp}/elsewhere/secret.mp4",
        "{tmp}/videos/../elsewhere/secret.mp4",
        "{tmp}/videos/link/secret.mp4",
        "{tmp}/videos",
        "{tmp}/videos/door_20261122_140000.txt",
        "rtsp://10.0.0.1/live",
        "usb:0",
        "a\0b",
    ],
)
def test_no_other_path_is_opened(client, tmp_path, path):
    film(tmp_path / "elsewhere" / "secret.mp4", frames=2)
    (tmp_path / "videos" / "link").symlink_to(tmp_path / "elsewhere")
    path = path.format(tmp=tmp_path)
    assert client.get(f"{GALLERY}/videos/proposal", params={"path": path}).status_code == 422
    sent = {"videos": [{"path": path, "camera": "door"}]}
    assert client.post(f"{GALLERY}/indexing", json=sent).status_code == 422
    assert client.get(f"{GALLERY}/indexing").json()["state"] == "none"


def test_no_other_detector_model_or_boxes_are_opened(client, video, tmp_path):
    for values in ({"detector": "onnx:/etc/passwd"}, {"model": "timm:resnet50"}):
        answer = client.post(f"{GALLERY}/indexing", json=order(video) | values)
        assert answer.status_code == 422
    write_text(tmp_path / "boxes.txt", "1,1,1,1,1,1\n")
    bad = order(video, boxes=str(tmp_path / "boxes.txt"))
    assert client.post(f"{GALLERY}/indexing", json=bad).status_code == 422


def test_a_video_is_sent_and_kept_beside_the_gallery(client, video, tmp_path):
    def send(data: bytes, called: str):
        return client.post(f"{GALLERY}/uploads", params={"called": called}, content=data)

    data = video.read_bytes()
    sent = send(data, "C:\\films\\yard.mp4").json()
    assert sent["path"] == str(tmp_path / "people.videos" / "yard.mp4")
    assert Path(sent["path"]).read_bytes() == data
    assert send(data, "yard.mp4").json()["name"] == "yard 2.mp4"
    assert send(b"no video", "yard.mp4").status_code == 422
    for called in ("../../a.mp4.sh", "a.ffconcat", ".mp4", "<b>.mp4"):
        assert send(data, called).status_code == 422
    kept = sorted(path.name for path in (tmp_path / "people.videos").iterdir())
    assert kept == [".yard 2.mp4.upload", ".yard.mp4.upload", "yard 2.mp4", "yard.mp4"]
    names = {each["name"] for each in client.get(f"{GALLERY}/videos").json()["videos"]}
    assert names == {video.name, *kept[2:]}


def test_a_video_that_is_too_large_leaves_nothing(client, video, tmp_path, monkeypatch):
    monkeypatch.setitem(BODY_LIMITS, "/uploads", 100)
    answer = client.post(f"{GALLERY}/uploads?called=a.mp4", content=video.read_bytes())
    assert answer.status_code == 413

    def pieces():
        for _ in range(5):
            yield b"x" * 50

    assert client.post(f"{GALLERY}/uploads?called=a.mp4", content=pieces()).status_code == 400
    assert list((tmp_path / "people.videos").iterdir()) == []


def test_choices_have_a_sentence_each(tmp_path):
    assert detector_choices()[0].name == "auto"
    assert all(each.sentence for each in (*detector_choices(), *model_choices([tmp_path])))
    (only,) = model_choices([tmp_path], used="mine")
    assert only.name == "mine"


def test_networks_that_embed_pictures_can_be_chosen_and_no_others(tmp_path, serve):
    helper = pytest.importorskip("onnx.helper")
    pytest.importorskip("onnxruntime")
    import onnx

    (tmp_path / "models").mkdir()
    encoder = write_onnx(tmp_path / "models" / "person.onnx", size=(256, 128))
    model = onnx.load(encoder)
    model.graph.node.append(helper.make_node("ReduceMean", ["map"], ["rows"], axes=[3], keepdims=0))
    rows = helper.make_tensor_value_info("rows", onnx.TensorProto.FLOAT, ["n", 5, 256])
    model.graph.output.insert(0, rows)
    onnx.save(model, tmp_path / "detector.onnx")
    write_text(tmp_path / "broken.onnx", "none")
    found = [each for each in model_choices([tmp_path]) if ":" in each.name]
    assert [each.name for each in found] == [f"onnx:{encoder}"]
    assert "5 numbers of a picture of 128 x 256" in found[0].sentence
    client = serve(tmp_path / "people.gallery", folders=ServedFolders([tmp_path]))
    told = client.get(f"{GALLERY}/indexing/choices").json()["models"]
    assert told[-1]["name"] == f"onnx:{encoder}"
    video = film(tmp_path / "door.mp4", frames=4)
    for model in ("onnx:/etc/passwd", f"onnx:{tmp_path / 'detector.onnx'}"):
        answer = client.post(f"{GALLERY}/indexing", json=order(video) | {"model": model})
        assert answer.status_code == 422


def test_a_run_tells_how_far_it_is_and_is_heard_to_stop(tmp_path):
    folder = tmp_path / "status"
    with run_status(folder) as watch:
        assert is_at_work(folder)
        picture = np.zeros((30, 40, 3), np.uint8)
        watch.frame("a.mp4", FrameDetections(VideoFrame(0, 0.0, picture), Detections.none()))
        assert (folder / index_status.FRAME).stat().st_size > 0
        watch.found(2)
        watch.stages({"decode": 1.0})
        watch.progress(5, 10)
        told = read_status(folder)
        assert (told.state, told.done, told.total, told.file) == ("running", 5, 10, "a.mp4")
        with pytest.raises(Exception, match="folder of its own"), run_status(folder):
            pass
    assert read_status(folder).state == "done"
    assert not is_at_work(folder)
    with pytest.raises(KeyboardInterrupt), run_status(folder) as watch:
        (folder / index_status.STOP).touch()
        watch.progress(1, 10)
    assert read_status(folder).state == "stopped"
    with pytest.raises(ZeroDivisionError), run_status(folder):
        1 / 0  # noqa: B018
    assert "ZeroDivisionError" in read_status(folder).told


def wait_for_picture(client: TestClient) -> None:
    for _ in range(300):
        if client.get(f"{GALLERY}/indexing/picture").content[:2] == b"\xff\xd8":
            return
        time.sleep(0.1)
    raise AssertionError


@pytest.mark.slow
def test_killed_while_indexing_the_page_says_so_and_goes_on(client, video, tmp_path):
    long = film(tmp_path / "videos" / "long.mp4", frames=3000)
    begun = client.post(f"{GALLERY}/indexing", json=order(long))
    assert begun.status_code == 202
    assert client.post(f"{GALLERY}/indexing", json=order(long)).status_code == 422
    runs: IndexRuns = client.app.state.served.runs
    (process,) = runs._processes.values()
    wait_for(client, "running")
    wait_for_picture(client)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    now = client.get(f"{GALLERY}/indexing").json()
    assert (now["state"], now["can_go_on"]) == ("killed", True)
    assert 'data-state="killed"' in client.get("/g/people.gallery/index").text

    runs._processes.clear()  # as a server that was started anew
    assert client.get(f"{GALLERY}/indexing").json()["state"] == "killed"
    assert client.post(f"{GALLERY}/indexing/go-on").status_code == 202
    wait_for(client, "running")
    runs._processes.clear()
    assert client.get(f"{GALLERY}/indexing").json()["is_at_work"]
    assert client.post(f"{GALLERY}/indexing/stop").status_code == 200
    assert wait_for(client, "stopped", "done")["state"] == "stopped"
    client.post(f"{GALLERY}/indexing/go-on")
    now = wait_for(client, "done", "failed", "killed")
    assert now["state"] == "done", now["told"]
    (source,) = client.get(f"{GALLERY}/sources").json()["sources"]
    assert (source["state"], source["n_tracklets"]) == ("done", 1)
    assert client.get(f"{GALLERY}/indexing/picture").status_code == 404  # people are on it
    assert "not finished" not in client.get("/g/people.gallery/index").text


@pytest.mark.slow
def test_a_run_that_fails_says_why(client, video):
    write_text(video.with_suffix(".txt"), "no boxes\n")
    client.post(f"{GALLERY}/indexing", json=order(video))
    now = wait_for(client, "failed", "done")
    assert now["state"] == "failed"
    assert "boxes" in now["told"]
