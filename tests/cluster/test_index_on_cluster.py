from __future__ import annotations

import os
import signal
import socket
import threading
import time
from pathlib import Path

import pytest

from tacan.cli import main
from tacan.cluster import index_on_cluster as module
from tacan.gallery import open_gallery, verify_gallery
from tests.indexing.galleries import contents

pytestmark = pytest.mark.slow

OPTIONS = ("--batch-frames", "16", "--min-height", "10", "--threads", "1", "--runtime", "torch")


def index(gallery: Path, model: Path, videos: list[Path], *more: str) -> int:
    lines = [
        f"- {{path: {path}, camera: {'hall' if i < 2 else 'yard'}, detector: 'mot:"
        f"{path.with_suffix('.txt')}'}}\n"
        for i, path in enumerate(videos)
    ]
    listed = gallery.with_suffix(".yaml")
    listed.write_text("".join(lines), encoding="utf-8")
    words = ["index", str(gallery), "--sources", str(listed), "--model", str(model), *OPTIONS]
    try:
        main([*words, *more])
    except SystemExit as stopped:
        return int(stopped.code or 0)
    return 0


def by_name(gallery: Path) -> dict:
    found = contents(gallery)
    return found | {"sources": sorted(found["sources"])}


@pytest.fixture(scope="module")
def alone(model: Path, videos: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    gallery = tmp_path_factory.mktemp("alone") / "g"
    assert index(gallery, model, videos) == 0
    return gallery


def kill_a_worker_at_work(cluster, killed: list[int]) -> None:
    while not killed:
        for state in list(cluster.scheduler.workers.values()):
            if state.processing:
                process = cluster.workers[state.name].pid
                os.kill(process, signal.SIGKILL)
                killed.append(process)
                return
        time.sleep(0.005)


def test_a_killed_worker_s_task_is_done_again_and_the_gallery_is_that_of_one_machine(
    cluster, model, videos, alone, tmp_path, capsys
):
    killed: list[int] = []
    killer = threading.Thread(target=kill_a_worker_at_work, args=(cluster, killed))
    killer.start()
    gallery = tmp_path / "g"
    assert index(gallery, model, videos, "--cluster", cluster.scheduler_address) == 0
    killer.join()
    assert len(killed) == 1
    assert by_name(gallery) == by_name(alone)
    assert len(by_name(alone)) == 1 + 4 * 3
    assert not (gallery / "parts").exists() or not list((gallery / "parts").iterdir())
    with open_gallery(gallery) as opened:
        assert verify_gallery(opened).problems == ()
        assert sum(e.action == "index" for e in opened.store.people().log()) == 4
    told = capsys.readouterr().out
    assert [line.split(":")[0].split(" ")[0] for line in told.splitlines()][:1] == [str(videos[0])]

    assert index(gallery, model, videos, "--cluster", cluster.scheduler_address) == 0
    assert capsys.readouterr().out.count("nothing to do") == 4
    assert by_name(gallery) == by_name(alone)


def test_what_was_done_before_ctrl_c_is_stored_and_a_second_run_goes_on(
    cluster, model, videos, alone, tmp_path, monkeypatch
):
    merge_part = module.merge_part
    merged: list[int] = []

    def stop_after_two(gallery, packed):
        notes = merge_part(gallery, packed)
        merged.append(1)
        if len(merged) == 2:
            raise KeyboardInterrupt
        return notes

    monkeypatch.setattr(module, "merge_part", stop_after_two)
    gallery = tmp_path / "g"
    assert index(gallery, model, videos, "--cluster", cluster.scheduler_address) == 130
    monkeypatch.undo()
    with open_gallery(gallery) as opened:
        assert 2 <= len(opened.sources()) <= 4
        assert all(source.state == "done" for source in opened.sources())
    deadline = time.monotonic() + 30
    while any(state.processing for state in cluster.scheduler.workers.values()):
        assert time.monotonic() < deadline  # cancelled tasks end early
        time.sleep(0.05)
    assert index(gallery, model, videos, "--cluster", cluster.scheduler_address) == 0
    assert by_name(gallery).keys() == by_name(alone).keys()


def test_what_one_machine_began_is_ended_by_others(cluster, model, videos, alone, tmp_path):
    gallery = tmp_path / "g"
    assert index(gallery, model, videos[:1]) == 0
    with open_gallery(gallery, write=True) as opened:
        source = opened.sources()[0]
        opened.store.maintenance().remove([t.id for t in opened.tracklets()], sources=[source.id])
        opened.complete_deletion()
        opened.begin_source(module.replace(source, settings={"stride": 3}))
    # Begun with other settings: refused, as on one machine.
    assert index(gallery, model, videos, "--cluster", cluster.scheduler_address) == 1


def test_this_process_speaks_to_the_cluster_alone(cluster, model, videos, tmp_path, monkeypatch):
    met: set[str] = set()

    def remembering(method):
        def connect(self, address):
            met.add(str(address[0]) if isinstance(address, tuple) else str(address))
            return method(self, address)

        return connect

    for name in ("connect", "connect_ex"):
        monkeypatch.setattr(socket.socket, name, remembering(getattr(socket.socket, name)))
    address = cluster.scheduler_address
    assert index(tmp_path / "g", model, videos[:1], "--cluster", address) == 0
    assert met == {"127.0.0.1"}


def test_live_cameras_stay_with_one_machine(model, tmp_path, capsys):
    gallery = str(tmp_path / "g")
    with pytest.raises(SystemExit):
        main(["index", gallery, "rtsp://10.0.0.7/live", "--cluster", "tcp://127.0.0.1:1"])
    assert "watched by one machine" in capsys.readouterr().err


def test_videos_that_can_not_be_read_are_said(cluster, model, videos, tmp_path, capsys):
    gallery = tmp_path / "g"
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(videos[0].read_bytes()[:2000])
    broken.with_suffix(".txt").write_bytes(videos[0].with_suffix(".txt").read_bytes())
    address = cluster.scheduler_address
    assert index(gallery, model, [videos[0], broken], "--cluster", address) == 1
    assert "broken.mp4" in capsys.readouterr().err
    with open_gallery(gallery) as opened:
        assert [source.name for source in opened.sources()] == ["v0.mp4"]


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:1", "nonsense", "http://127.0.0.1:1"])
def test_a_scheduler_that_is_not_there_is_said(
    model, videos, tmp_path, capsys, address, monkeypatch
):
    monkeypatch.setattr("tacan.cluster.connection.TIMEOUT", 1.0)
    assert index(tmp_path / "g", model, videos[:1], "--cluster", address) == 1
    told = capsys.readouterr().err
    assert "must be that of a scheduler that answers" in told
    assert "Traceback" not in told
