"""The page over a large gallery: server time of its screens, of a search, and memory.

    python benchmarks/app.py [--tracklets 20000] [--people 4000] [--seconds 20]

Tracklets with crops, seen by eight cameras within ten hours, of people who are linked, are made and
served by `tacan serve` in a process of its own, which clients ask over the loopback:

1. `quiet`: one client, each screen 20 times, the first time apart. Goals: the first screen under
   300 ms, a search under 150 ms.
2. `busy`: four clients at once, who look at the first screen, search, look at crops and at a day,
   while another process adds ten tracklets in each half second, as an index run does.
3. The peak resident memory of the server, mapped pages included. Goal: under 1.5 GB.

Times are milliseconds from the request to the last byte of the answer; `CPU` is the server's
processor time for one, which other work on the machine disturbs less.
"""

from __future__ import annotations

import argparse
import http.client
import io
import json
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
from PIL import Image

from plain_faults import run
from tacan.gallery import Gallery, ModelInfo, NewSource, NewTracklet, open_gallery
from tacan.gallery.audit_log import log_entry
from tacan.gallery.person_records import Linking, PeopleChange
from tacan.video.video_records import Crop

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
DIM, HOURS, CAMERAS, N_BOXES, N_CLIPS, N_CROPS = 1024, 10, 8, 50, 12, 1
MODEL = ModelInfo(name="made up", fingerprint="0" * 16, embedding_dim=DIM)
BATCH, ADDED, PAUSE = 500, 10, 0.5
TIMES, CLIENTS = 20, 4
SETTLING = 5.0  # seconds: the server reads the gallery when it starts
SCREENS = {
    "first screen": "/g/people.gallery/",
    "cards that follow": "/g/people.gallery/cards?after={place}",
    "search": "/api/galleries/people.gallery/tracklets/{id}/similar",
    "a walk's page": "/g/people.gallery/tracklets/{id}",
    "people": "/g/people.gallery/people",
    "a day": "/g/people.gallery/days/2026-11-22",
    "timeline": "/api/galleries/people.gallery/timeline",
    "a crop": "/api/galleries/people.gallery/tracklets/{id}/picture",
}
OFTEN = ("first screen", "search", "a crop", "a crop", "a crop", "a day")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tracklets", type=int, default=20_000)
    parser.add_argument("--people", type=int, default=4000)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--folder", type=Path, help="where to keep the gallery, or where it is")
    parser.add_argument("--write", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.write is not None:
        write_on(asked.write, asked.people)
        return
    with tempfile.TemporaryDirectory() as parent:
        folder = (asked.folder or Path(parent)) / "people.gallery"
        if not folder.exists():
            started = time.perf_counter()
            make(folder, asked.tracklets, asked.people)
            print(f"made {asked.tracklets:,} tracklets in {time.perf_counter() - started:.0f} s")
        measure(folder, asked)


def measure(folder: Path, asked: argparse.Namespace) -> None:
    command = [sys.executable, "-m", "tacan", "serve", str(folder), "--no-browser", "--port", "0"]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        address = re.search(r"http\S+", server.stdout.readline()).group()
        quiet(Client(address), server.pid, asked.tracklets)
        print(f"memory after that: {peak(server.pid):,.0f} MB")
        busy(address, folder, asked)
        print(f"memory at most: {peak(server.pid):,.0f} MB")
    finally:
        server.terminate()
        server.wait()


class Client:
    """A browser that came in."""

    def __init__(self, address: str) -> None:
        parts = urlsplit(address)
        self.connection = http.client.HTTPConnection(parts.hostname, parts.port)
        self.headers = {"authorization": f"Bearer {parts.query.partition('=')[2]}"}
        self.rng = np.random.default_rng(threading.get_ident() % 2**32)

    def ask(self, path: str, n_tracklets: int) -> tuple[float, bytes]:
        """Milliseconds until the answer was whole, and the answer."""
        place = f"{int(NOON.timestamp() * 1e6) + 18_000_000_000}_{n_tracklets}"
        number = int(self.rng.integers(1, n_tracklets + 1))
        started = time.perf_counter()
        self.connection.request("GET", path.format(id=number, place=place), headers=self.headers)
        answer = self.connection.getresponse()
        body = answer.read()
        if answer.status != 200:
            raise RuntimeError(f"{path}: {answer.status} {body[:200]!r}")
        return 1000 * (time.perf_counter() - started), body


def quiet(client: Client, server: int, n_tracklets: int) -> None:
    time.sleep(SETTLING)
    print(f"{'one client':<20}{'first':>9}{'median':>9}{'95 %':>9}{'CPU':>9}{'KB':>8}")
    for name, path in SCREENS.items():
        first, body = client.ask(path, n_tracklets)
        spent = processor_time(server)
        times = [client.ask(path, n_tracklets)[0] for _ in range(TIMES)]
        spent = 1000 * (processor_time(server) - spent) / TIMES
        told(name, times, f"{first:>9.0f}", f"{spent:>9.0f}{len(body) / 1000:>8.0f}")


def processor_time(process: int) -> float:
    """Seconds that all its threads have computed."""
    fields = Path(f"/proc/{process}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def busy(address: str, folder: Path, asked: argparse.Namespace) -> None:
    times: dict[str, list[float]] = {name: [] for name in SCREENS}
    faults: list[Exception] = []
    end = time.monotonic() + asked.seconds

    def look() -> None:
        client, turn = Client(address), 0
        try:
            while time.monotonic() < end:
                name = OFTEN[turn % len(OFTEN)]
                times[name].append(client.ask(SCREENS[name], asked.tracklets)[0])
                turn += 1
        except Exception as fault:
            faults.append(fault)

    command = [sys.executable, __file__, "--write", str(folder), "--people", str(asked.people)]
    writer = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    writer.stdout.readline()
    clients = [threading.Thread(target=look) for _ in range(CLIENTS)]
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    added = json.loads(writer.communicate("\n")[0])
    if faults:
        raise faults[0]
    print(f"{CLIENTS} clients while {added:,} tracklets were added")
    for name in dict.fromkeys(OFTEN):
        told(name, times[name], " " * 9, f"  of {len(times[name]):,}")


def told(name: str, times: list[float], before: str, after: str) -> None:
    median, most = np.percentile(times, [50, 95])
    print(f"{name:<20}{before}{median:>9.0f}{most:>9.0f}{after}")


def peak(process: int) -> float:
    """Peak resident memory in MB."""
    text = Path(f"/proc/{process}/status").read_text(encoding="utf-8")
    return int(re.search(r"VmHWM:\s+(\d+)", text).group(1)) / 1000


def make(folder: Path, n_tracklets: int, n_people: int) -> None:
    """A gallery whose tracklets come camera by camera, linked as they were made."""
    with open_gallery(folder, write=True, create_with=MODEL) as gallery:
        rng = np.random.default_rng(0)
        of_camera = np.array_split(np.arange(n_tracklets), CAMERAS)
        for camera, numbers in enumerate(of_camera):
            source = begin(gallery, f"camera {camera}")
            for start in range(0, len(numbers), BATCH):
                some = [tracklet(int(n), rng, n_people) for n in numbers[start : start + BATCH]]
                gallery.add(source, some, fingerprint=MODEL.fingerprint)
            gallery.finish_source(source)
        ids = np.arange(1, n_tracklets + 1)
        groups = [(None, tuple(ids[ids % n_people == k].tolist())) for k in range(n_people)]
        change = PeopleChange(groups=tuple(groups), linking=Linking(threshold=0.5, share=0.03))
        gallery.store.people().change(change, log_entry("link"))


def write_on(folder: Path, n_people: int) -> None:
    """Adds tracklets until a line comes in, as an index run does; says how many."""
    rng, added = np.random.default_rng(1), 0
    stop = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.readline(), stop.set()), daemon=True).start()
    with open_gallery(folder, write=True, wait=30) as gallery:
        source = begin(gallery, "another camera")
        print("begun", flush=True)
        while not stop.wait(PAUSE):
            some = [tracklet(added + n, rng, n_people) for n in range(ADDED)]
            gallery.add(source, some, fingerprint=MODEL.fingerprint)
            added += ADDED
    print(json.dumps(added), flush=True)


def begin(gallery: Gallery, camera: str) -> int:
    new = NewSource(
        path=f"/videos/{camera}.mp4", name=f"{camera}.mp4", sha256=camera, camera=camera, start=NOON
    )
    return gallery.begin_source(new).id


def tracklet(number: int, rng: np.random.Generator, n_people: int) -> NewTracklet:
    """A walk of five seconds of person `number % n_people`."""
    first = float(rng.uniform(0, 3600 * HOURS))
    seconds = first + np.arange(N_BOXES) / 10
    frames = np.round(10 * seconds).astype(np.int64)
    x, y = rng.uniform(0, 1000, 2)
    boxes = np.tile(np.float32([x, y, x + 60, y + 150]), (N_BOXES, 1))
    centre = np.random.default_rng(number % n_people).standard_normal(DIM)
    vector = centre + 0.5 * rng.standard_normal(DIM)
    cuts = np.linspace(0, N_BOXES - 1, N_CLIPS + 1).astype(int)
    return NewTracklet(
        number=number + 1,
        first_seconds=float(seconds[0]),
        last_seconds=float(seconds[-1]),
        embedding=(vector / np.linalg.norm(vector)).astype(np.float32),
        clip_weights=rng.dirichlet(np.ones(N_CLIPS)).astype(np.float32),
        clip_frames=np.stack([frames[cuts[:-1]], frames[cuts[1:]]], axis=1),
        n_frames=N_BOXES,
        quality=float(rng.uniform()),
        frames=frames,
        seconds=seconds,
        boxes=boxes,
        crops=tuple(
            Crop(int(frames[place]), float(seconds[place]), boxes[place], JPEG, 1.0)
            for place in range(0, N_BOXES, N_BOXES // N_CROPS)
        ),
    )


def jpeg() -> bytes:
    """A crop of noise, 60 x 150 pixels: some 8 KB, as a real one has."""
    noise = np.random.default_rng(0).integers(0, 256, (150, 60, 3), dtype=np.uint8)
    stream = io.BytesIO()
    Image.fromarray(noise).save(stream, "JPEG", quality=75)
    return stream.getvalue()


JPEG = jpeg()

if __name__ == "__main__":
    run(main)
