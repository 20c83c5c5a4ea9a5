"""Problems to plant in clean copies, each with the findings that it must lead to, and no others."""

from __future__ import annotations

import json
import os
import shutil
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
from scipy.io import loadmat, savemat

Plant = Callable[[Path], None]


def crops(root: Path, part: str = "") -> list[Path]:
    """The crops below a part, sorted; distractors and junk of MARS aside."""
    found = sorted(p for p in (root / part).rglob("*.*") if p.suffix in (".jpg", ".png"))
    return [p for p in found if p.parent.name not in ("00-1", "0000")]


def table(root: Path, split: str = "test") -> np.ndarray:
    return loadmat(root / f"info/tracks_{split}_info.mat")[f"track_{split}_info"].astype(float)


def write_table(root: Path, rows: np.ndarray, split: str = "test") -> None:
    savemat(root / f"info/tracks_{split}_info.mat", {f"track_{split}_info": rows})


def names(root: Path, split: str = "test") -> list[str]:
    return (root / f"info/{split}_name.txt").read_text().split()


def write_names(root: Path, lines: list[str], split: str = "test") -> None:
    (root / f"info/{split}_name.txt").write_text("".join(f"{line}\n" for line in lines))


def real_row(root: Path, *, is_query: bool) -> int:
    """A row of the test table with three frames or more, of a real person."""
    rows = table(root)
    queries = set((loadmat(root / "info/query_IDX.mat")["query_IDX"].ravel() - 1).tolist())
    return next(
        i
        for i, (first, last, pid, _) in enumerate(rows)
        if pid > 0 and last - first >= 2 and (i in queries) == is_query
    )


# What can befall any data set.


def empty_a_crop(root: Path) -> None:
    crops(root)[3].write_bytes(b"")


def cut_a_crop(root: Path) -> None:
    path = crops(root)[3]
    path.write_bytes(path.read_bytes()[:-20])


def put_a_page_for_a_crop(root: Path) -> None:
    crops(root)[3].write_text("<html>404 not found</html>")


def copy_within_a_person(root: Path) -> None:
    first, second = crops(root)[:2]
    shutil.copy(first, second)


def copy_to_another_person(root: Path) -> None:
    paths = crops(root)
    shutil.copy(paths[0], paths[-1])


def link_a_crop_to_nothing(root: Path) -> None:
    path = crops(root)[3]
    path.unlink()
    path.symlink_to("/where/the/disk/was/mounted.jpg")


def link_a_crop_in_a_circle(root: Path) -> None:
    path = crops(root)[3]
    path.unlink()
    path.symlink_to(path.name)


def put_a_pipe_for_a_crop(root: Path) -> None:
    path = crops(root)[3]
    path.unlink()
    os.mkfifo(path)


def link_a_folder_to_nothing(root: Path) -> None:
    folder = crops(root)[-1].parent
    shutil.rmtree(folder)
    folder.symlink_to("/where/the/disk/was/mounted")


def put_crops_a_level_deeper(root: Path) -> None:
    folder = crops(root)[-1].parent
    inner = folder / "first day"
    inner.mkdir()
    for path in list(folder.glob("*.*")):
        path.rename(inner / path.name)


def lead_a_folder_back(root: Path) -> None:
    """A link within a folder of crops that leads to the folder above."""
    (crops(root)[-1].parent / "again").symlink_to("..")


# MARS.


def remove_the_queries(root: Path) -> None:
    (root / "info/query_IDX.mat").unlink()


def remove_a_part(root: Path) -> None:
    shutil.rmtree(root / "bbox_train")


def break_a_table(root: Path) -> None:
    path = root / "info/tracks_test_info.mat"
    path.write_bytes(path.read_bytes()[:150])


def cut_the_list(root: Path) -> None:
    write_names(root, names(root)[:-1])


def list_a_name_too_many(root: Path) -> None:
    write_names(root, [*names(root), "9999C1T0001F001.jpg"])


def list_a_foreign_name(root: Path) -> None:
    lines = names(root)
    lines[-1] = "portrait.jpg"
    write_names(root, lines)


def give_a_tracklet_to_another(root: Path) -> None:
    rows = table(root)
    row = real_row(root, is_query=False)
    rows[row, 2] = max(rows[:, 2]) if rows[row, 2] < max(rows[:, 2]) else rows[row, 2] - 1
    write_table(root, rows)


def turn_a_camera(root: Path) -> None:
    rows = table(root)
    row = next(i for i, pid in enumerate(rows[:, 2]) if pid == 0)
    rows[row, 3] = rows[row, 3] % 6 + 1
    write_table(root, rows)


def swap_frames_of_two_tracklets(root: Path) -> None:
    rows = table(root)
    same = np.flatnonzero(
        (rows[1:, 2] == rows[:-1, 2]) & (rows[1:, 3] == rows[:-1, 3]) & (rows[1:, 2] > 0)
    )
    lines = names(root)
    one, other = int(rows[same[0], 1]) - 1, int(rows[same[0] + 1, 1]) - 1
    lines[one], lines[other] = lines[other], lines[one]
    write_names(root, lines)


def shuffle_frames(root: Path) -> None:
    first, last = (int(place) for place in table(root)[real_row(root, is_query=True), :2])
    lines = names(root)
    lines[first - 1 : last] = reversed(lines[first - 1 : last])
    write_names(root, lines)


def remove_a_crop(root: Path) -> None:
    path = next(p for p in crops(root, "bbox_test") if len(list(p.parent.iterdir())) > 1)
    path.unlink()


def add_a_crop(root: Path) -> None:
    path = crops(root, "bbox_test")[0]
    shutil.copy(path, path.with_name(path.name.replace("T0001", "T9001")))


def empty_a_folder(root: Path) -> None:
    folder = crops(root, "bbox_test")[0].parent
    shutil.rmtree(folder)
    folder.mkdir()


def remove_a_folder(root: Path) -> None:
    shutil.rmtree(crops(root, "bbox_test")[0].parent)


def move_a_crop(root: Path) -> None:
    path = crops(root, "bbox_test")[0]
    path.rename(crops(root, "bbox_test")[-1].parent / path.name)


def count_the_queries_from_0(root: Path) -> None:
    path = root / "info/query_IDX.mat"
    queries = loadmat(path)["query_IDX"].astype(int)
    pids = table(root)[:, 2]
    # A query whose row before it is a distractor would already be refused by the tables.
    moved = [q - 1 if q > 1 and pids[q - 2] > 0 else q for q in queries.ravel().tolist()]
    savemat(path, {"query_IDX": np.array([sorted(set(moved))], dtype=np.uint16)})


def drop_a_query(root: Path) -> None:
    path = root / "info/query_IDX.mat"
    savemat(path, {"query_IDX": loadmat(path)["query_IDX"][:, 1:]})


def test_a_learned_person(root: Path) -> None:
    """Writes a training person's number over that of a tested person, everywhere."""
    train = int(table(root, "train")[0, 2])
    rows = table(root)
    tested = int(max(rows[:, 2]))
    rows[rows[:, 2] == tested, 2] = train
    write_table(root, rows)
    old, new = f"{tested:04d}", f"{train:04d}"
    write_names(root, [new + n[4:] if n.startswith(old) else n for n in names(root)])
    folder = (root / "bbox_test" / old).rename(root / "bbox_test" / new)
    for path in list(folder.iterdir()):
        path.rename(folder / (new + path.name[4:]))


test_a_learned_person.__test__ = False  # a plant, whatever its name looks like


def test_a_learned_picture(root: Path) -> None:
    shutil.copy(crops(root, "bbox_train")[0], crops(root, "bbox_test")[0])


test_a_learned_picture.__test__ = False


def lose_a_tracklet(root: Path) -> None:
    """The last tracklet, from table, list and disk: nothing contradicts anything."""
    rows = table(root)
    first, last = int(rows[-1, 0]), int(rows[-1, 1])
    lines = names(root)
    for name in lines[first - 1 : last]:
        (root / "bbox_test" / name[:4] / name).unlink()
    write_names(root, lines[: first - 1])
    write_table(root, rows[:-1])
    path = root / "info/query_IDX.mat"
    queries = loadmat(path)["query_IDX"]
    savemat(path, {"query_IDX": queries[queries < len(rows)].reshape(1, -1)})


MARS: list[tuple[Plant, set[str]]] = [
    (remove_the_queries, {"layout"}),
    (remove_a_part, {"layout"}),
    (break_a_table, {"tables"}),
    (cut_the_list, {"names-short", "crop-stray"}),
    (list_a_name_too_many, {"names-unused", "folder-missing"}),
    (list_a_foreign_name, {"name-pattern", "folder-missing", "crop-stray"}),
    (give_a_tracklet_to_another, {"pid-mismatch"}),
    (turn_a_camera, {"camera-mismatch"}),
    (swap_frames_of_two_tracklets, {"tracklet-mixed"}),
    (shuffle_frames, {"frame-order"}),
    (remove_a_crop, {"crop-missing"}),
    (add_a_crop, {"crop-stray", "duplicate"}),
    (move_a_crop, {"crop-stray", "crop-missing"}),
    (empty_a_folder, {"folder-empty"}),
    (remove_a_folder, {"folder-missing"}),
    (empty_a_crop, {"crop-empty"}),
    (cut_a_crop, {"crop-damaged"}),
    (put_a_page_for_a_crop, {"crop-damaged"}),
    (count_the_queries_from_0, {"query-choice"}),
    (drop_a_query, {"query-choice"}),
    (test_a_learned_person, {"identity-leak"}),
    (copy_within_a_person, {"duplicate"}),
    (test_a_learned_picture, {"duplicate-splits"}),
    (lose_a_tracklet, {"counts"}),
    (link_a_crop_to_nothing, {"unreadable"}),
    (put_a_pipe_for_a_crop, {"unreadable"}),
    (link_a_folder_to_nothing, {"unreadable"}),
    (put_crops_a_level_deeper, {"folder-depth"}),
    (lead_a_folder_back, {"unreadable"}),
]


# One's own tracklets.


def loosen_a_crop(root: Path) -> None:
    path = crops(root)[0]
    path.rename(root / path.name)


def misname_a_crop(root: Path) -> None:
    path = crops(root)[0]
    path.rename(path.with_name("portrait.jpg"))


def misplace_a_crop(root: Path) -> None:
    path = crops(root)[0]
    path.rename(crops(root)[-1].parent / path.name)


def give_a_frame_twice(root: Path) -> None:
    path = crops(root)[0]
    path.with_name(path.stem.replace("F", "F0") + ".jpg").write_bytes(other_picture(root))


def give_a_person_two_folders(root: Path) -> None:
    folder = crops(root)[-1].parent
    second = folder.with_name(f"000{folder.name}")
    second.mkdir()
    name = f"{folder.name}C1T999F001.jpg"
    (second / name).write_bytes(other_picture(root))


def add_an_empty_folder(root: Path) -> None:
    (root / "777").mkdir()


def other_picture(root: Path) -> bytes:
    """A whole JPEG that is in no data set: another one with a comment at its start."""
    data = crops(root)[-1].read_bytes()
    return data[:2] + b"\xff\xfe\x00\x06once" + data[2:]


def put_everything_a_level_deeper(root: Path) -> None:
    inner = root / "everybody"
    inner.mkdir()
    for folder in {path.parent for path in root.glob("*/*.jpg")}:
        folder.rename(inner / folder.name)


def lose_the_manifest(root: Path) -> None:
    """Then nobody says that there are to be distractors."""
    (root / "ground_truth" / "manifest.json").unlink()


def number_a_person_as_junk(root: Path) -> None:
    lose_the_manifest(root)
    folder = crops(root)[-1].parent
    for path in list(folder.iterdir()):
        path.rename(path.with_name("-1" + path.name[path.name.index("C") :]))
    folder.rename(folder.with_name("-1"))


FOLDER: list[tuple[Plant, set[str]]] = [
    (loosen_a_crop, {"crop-loose", "counts"}),
    (misname_a_crop, {"name-pattern", "counts"}),
    (misplace_a_crop, {"pid-mismatch", "counts"}),
    (give_a_frame_twice, {"frame-twice"}),
    (give_a_person_two_folders, {"person-twice", "counts"}),
    (add_an_empty_folder, {"folder-empty"}),
    (empty_a_crop, {"crop-empty"}),
    (cut_a_crop, {"crop-damaged"}),
    (put_a_page_for_a_crop, {"crop-damaged"}),
    (copy_within_a_person, {"duplicate"}),
    (copy_to_another_person, {"duplicate-people"}),
    (link_a_crop_to_nothing, {"unreadable", "counts"}),
    (link_a_crop_in_a_circle, {"unreadable", "counts"}),
    (put_a_pipe_for_a_crop, {"unreadable", "counts"}),
    (link_a_folder_to_nothing, {"unreadable", "counts"}),
    (put_crops_a_level_deeper, {"folder-depth", "counts"}),
    (put_everything_a_level_deeper, {"folder-depth", "layout", "counts"}),
    (lead_a_folder_back, {"unreadable"}),
    (lose_the_manifest, {"pid-zero"}),
    (number_a_person_as_junk, {"pid-zero", "pid-minus-one"}),
]


# iLIDS-VID and PRID-2011.

ILIDS_MAT = "train-test people splits/train_test_splits_ilidsvid.mat"


def remove_from_one_camera(root: Path) -> None:
    shutil.rmtree(crops(root)[0].parent)


def empty_a_sequence(root: Path) -> None:
    for path in list(crops(root)[0].parent.iterdir()):
        path.unlink()


def break_a_sequence(root: Path) -> None:
    sorted(crops(root)[0].parent.iterdir())[1].unlink()


def add_a_crop_beside_the_sequences(root: Path) -> None:
    """Which may be what is left of somebody's folder."""
    path = crops(root)[0]
    (path.parent.parent / f"once_{path.name}").write_bytes(other_png(path.read_bytes()))


def other_png(data: bytes) -> bytes:
    """A PNG with a comment before its end."""
    chunk = b"tEXtComment\0once"
    return data[:-12] + b"\0\0\0\x0c" + chunk + zlib.crc32(chunk).to_bytes(4, "big") + data[-12:]


def number_from_0(root: Path) -> None:
    path = root / ILIDS_MAT
    savemat(path, {"ls_set": loadmat(path)["ls_set"].astype(int) - 1})


def remove_ilids_splits(root: Path) -> None:
    (root / ILIDS_MAT).unlink()


def move_to_another_camera(root: Path) -> None:
    path = crops(root)[0]
    folder = root / "i-LIDS-VID/sequences/cam2" / path.parent.name
    last = sorted(folder.iterdir())[-1]
    number = int(last.stem[-5:]) + 1
    path.rename(folder / f"{path.stem[:-5]}{number:05d}.png")


def unnumber_a_frame(root: Path) -> None:
    path = sorted(crops(root)[0].parent.iterdir())[-1]
    path.rename(path.with_name("portrait.png"))


ILIDS: list[tuple[Plant, set[str]]] = [
    (remove_from_one_camera, {"camera-missing", "counts"}),
    (empty_a_sequence, {"folder-empty", "counts"}),
    (break_a_sequence, {"frame-gap", "counts"}),
    (add_a_crop_beside_the_sequences, {"crop-loose"}),
    (number_from_0, {"splits"}),
    (remove_ilids_splits, {"splits-missing"}),
    (move_to_another_camera, {"camera-mismatch"}),
    (unnumber_a_frame, {"name-pattern"}),
    (empty_a_crop, {"crop-empty"}),
    (cut_a_crop, {"crop-damaged"}),
    (copy_to_another_person, {"duplicate-people"}),
    (link_a_crop_to_nothing, {"unreadable", "frame-gap", "counts"}),
    (link_a_folder_to_nothing, {"unreadable", "camera-missing", "counts"}),
    (put_crops_a_level_deeper, {"folder-depth", "counts"}),
    (lead_a_folder_back, {"unreadable"}),
]


def remove_prid_splits(root: Path) -> None:
    (root / "splits_prid2011.json").unlink()


def split_unknown_people(root: Path) -> None:
    path = root / "splits_prid2011.json"
    splits = json.loads(path.read_text())
    splits[0]["test"][0] = "person_0199"
    path.write_text(json.dumps(splits))


def test_and_train_the_same(root: Path) -> None:
    path = root / "splits_prid2011.json"
    splits = json.loads(path.read_text())
    splits[0]["test"].append(splits[0]["train"][0])
    path.write_text(json.dumps(splits))


test_and_train_the_same.__test__ = False


def shorten_a_sequence(root: Path) -> None:
    """Takes frames off the end, so that no gap shows."""
    split = json.loads((root / "splits_prid2011.json").read_text())[0]
    folder = root / "prid_2011/multi_shot/cam_b" / split["test"][0]
    for path in sorted(folder.iterdir())[20:]:
        path.unlink()


PRID: list[tuple[Plant, set[str]]] = [
    (remove_prid_splits, {"splits-missing"}),
    (split_unknown_people, {"splits"}),
    (test_and_train_the_same, {"splits"}),
    (shorten_a_sequence, {"sequence-short", "counts"}),
    (break_a_sequence, {"frame-gap", "counts"}),
    (cut_a_crop, {"crop-damaged"}),
    (link_a_crop_in_a_circle, {"unreadable", "frame-gap", "counts"}),
]


# DukeMTMC-VideoReID.


def remove_a_gallery_copy(root: Path) -> None:
    query = crops(root, "query")[0]
    shutil.rmtree(root / "gallery" / query.relative_to(root / "query").parent)


def mix_cameras(root: Path) -> None:
    path = crops(root, "train")[0]
    camera = int(path.name[6])
    path.rename(path.with_name(path.name.replace(f"_C{camera}_", f"_C{camera % 8 + 1}_")))


def misplace_in_duke(root: Path) -> None:
    paths = crops(root, "train")
    other = next(p for p in paths if p.parent.parent != paths[0].parent.parent)
    paths[0].rename(other.parent / paths[0].name)


def repeat_a_frame(root: Path) -> None:
    path = crops(root, "train")[0]
    start, number = path.stem.split("_X")
    again = path.with_name(f"{start}_X{int(number) + 1:05d}.jpg")
    again.write_bytes(other_picture(root))


def learn_a_tested_person(root: Path) -> None:
    source = crops(root, "query")[0].parent
    target = root / "train" / source.parent.name / source.name
    shutil.copytree(source, target)
    for path in list(target.iterdir()):
        path.write_bytes(path.read_bytes()[:2] + b"\xff\xfe\x00\x06once" + path.read_bytes()[2:])


def break_a_tracklet(root: Path) -> None:
    folder = next(p.parent for p in crops(root, "train") if len(list(p.parent.iterdir())) > 2)
    sorted(folder.iterdir())[1].unlink()


def add_a_crop_beside_the_tracklets(root: Path) -> None:
    path = crops(root, "train")[0]
    (path.parent.parent / path.name).write_bytes(other_picture(root))


def add_a_crop_beside_the_people(root: Path) -> None:
    path = crops(root, "gallery")[0]
    (root / "gallery" / path.name).write_bytes(other_picture(root))


def add_an_empty_tracklet(root: Path) -> None:
    (crops(root, "train")[0].parent.parent / "9999").mkdir()


def number_a_person_0(root: Path) -> None:
    person = crops(root, "train")[0].parent.parent
    for path in list(person.rglob("*.jpg")):
        path.rename(path.with_name("0000" + path.name[4:]))
    person.rename(person.with_name("0000"))


DUKE: list[tuple[Plant, set[str]]] = [
    (remove_a_gallery_copy, {"query-copy", "counts"}),
    (mix_cameras, {"camera-mismatch"}),
    (misplace_in_duke, {"pid-mismatch"}),
    (repeat_a_frame, {"frame-twice", "counts"}),
    (learn_a_tested_person, {"identity-leak", "counts"}),
    (break_a_tracklet, {"frame-gap", "counts"}),
    (add_a_crop_beside_the_tracklets, {"crop-loose"}),
    (add_a_crop_beside_the_people, {"crop-loose"}),
    (add_an_empty_tracklet, {"folder-empty"}),
    (number_a_person_0, {"pid-zero"}),
    (cut_a_crop, {"crop-damaged"}),
    (link_a_folder_to_nothing, {"unreadable", "counts"}),
    (put_crops_a_level_deeper, {"folder-depth", "counts"}),
    (lead_a_folder_back, {"unreadable"}),
]

PLANTS = {"mars": MARS, "folder": FOLDER, "ilids-vid": ILIDS, "prid2011": PRID, "duke-video": DUKE}
