"""No option that writes a file harms what is there, whatever command it belongs to."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, get_type_hints

import pytest

from tacan.cli import COMMANDS, build_app, main
from tacan.cli.outputs import Writes

FILES = {
    "doctor --json": "doctor folder INPUT --json OUT",
    "doctor --journal": "doctor folder INPUT --deep --journal OUT",
    "embed --out": "embed --dataset folder --root INPUT --out OUT",
    "evaluate --json": "evaluate INPUT --protocol cross-camera --json OUT",
    "splits --json": "splits ilids-vid INPUT --model street --out NEW --json OUT",
    "index --json": "index NEW INPUT --camera door --json OUT",
    "video OUT": "video INPUT OUT --overwrite",
    "search --json": "search NEW INPUT --json OUT",
    "search --html": "search NEW INPUT --html OUT",
    "search --csv": "search NEW INPUT --csv OUT",
    "sheet OUT": "sheet OUT --overwrite",
    "export OUT": "export INPUT OUT --overwrite",
    "link --json": "link INPUT --json OUT",
    "people --json": "people INPUT --json OUT",
    "people --csv": "people INPUT --csv OUT",
    "people --html": "people INPUT --html OUT",
    "people show --json": "people show INPUT 1 --json OUT",
    "gallery log --json": "gallery log INPUT --json OUT",
    "gallery merge --json": "gallery merge NEW INPUT --json OUT",
    "gallery info --json": "gallery info INPUT --json OUT",
    "gallery verify --json": "gallery verify INPUT --json OUT",
    "gallery export --features": "gallery export INPUT --features OUT",
    "gallery export --csv": "gallery export INPUT --csv OUT",
}
"""A call of every option that writes a file. INPUT is read, NEW is not there."""

FOLDERS = {
    "adapt --out": "adapt --tracklets INPUT --out OUT",
    "index --status": "index NEW INPUT --camera door --status OUT",
    "evaluate --plots": "evaluate INPUT --protocol cross-camera --plots OUT",
    "demo --out": "demo --out OUT",
    "train --out": "train demo --data.root INPUT --out OUT",
    "paper people --out": "paper people --out OUT",
    "paper table1 --out": "paper table1 --out OUT",
    "paper table2 --out": "paper table2 --out OUT",
    "paper table3 --out": "paper table3 --out OUT",
    "paper table4 --out": "paper table4 --out OUT",
    "paper table5 --out": "paper table5 --out OUT",
    "paper figure4 --out": "paper figure4 --out OUT",
    "paper figure5 --out": "paper figure5 --out OUT",
    "paper figure6 --out": "paper figure6 --out OUT",
    "paper costs --out": "paper costs --out OUT",
    "paper choices --out": "paper choices --out OUT",
    "paper configs FOLDER": "paper configs OUT",
    "splits --out": "splits ilids-vid INPUT --model street --out OUT",
    "synth OUT": "synth OUT --layout folder --identities 2 --cameras 2 --seed 0",
    "scenes OUT": "scenes OUT --cameras 2 --people 2 --seconds 1 --seed 0",
    "gallery export --crops": "gallery export INPUT --crops OUT",
    "people --tables": "people INPUT --tables OUT",
    "gallery export --mot": "gallery export INPUT --mot OUT",
}

READ = {
    "adapt --tracklets",
    "doctor ROOT", "doctor --splits-file", "embed --root", "embed --splits-file",
    "evaluate FEATURES", "evaluate --labels", "evaluate --compare", "splits ROOT",
    "splits --splits-file", "index GALLERY", "index --sources", "video SOURCE",
    "video --gallery", "search GALLERY", "gallery info GALLERY", "gallery verify GALLERY",
    "gallery export GALLERY", "gallery delete GALLERY",
    "gallery shift GALLERY", "gallery log GALLERY", "gallery retain GALLERY", "link GALLERY",
    "gallery merge INTO", "gallery merge FROM",
    "link --travel", "serve GALLERY",
    "paper table4 --ilids", "paper table4 --prid", "paper table4 --prid-splits",
    "people GALLERY", "people show GALLERY", "people name GALLERY", "people merge GALLERY",
    "people split GALLERY", "people confirm GALLERY", "people reject GALLERY",
    "people undo GALLERY", "people unsure GALLERY",
}  # fmt: skip
"""Parameters that are paths and are not written."""


def parameters() -> dict[str, tuple[str, Any]]:
    """Every parameter of every command under the name that a user knows, with its type."""
    found = {}
    for command in COMMANDS:
        app = build_app(command)[command]
        below = [name for name in app if not name.startswith("-")]
        # A command with others below it may do something by itself as well.
        own = [(command,)] if not below or app.default_command else []
        for words in own + [(command, name) for name in below]:
            app = build_app(command)
            for word in words:
                app = app[word]
            hints = get_type_hints(app.default_command, include_extras=True)
            for argument in app.assemble_argument_collection(parse_docstring=True):
                found[f"{' '.join(words)} {argument.name}"] = hints.get(argument.field_info.name)
    return found


def mark(hint: Any) -> Writes | None:
    return next((part for part in _parts(hint) if isinstance(part, Writes)), None)


def _parts(hint: Any):
    yield hint
    for part in (*getattr(hint, "__metadata__", ()), *getattr(hint, "__args__", ())):
        yield from _parts(part)


def test_every_parameter_that_is_a_path_is_known_to_be_read_or_written() -> None:
    marked = {name: mark(hint) for name, hint in parameters().items()}
    assert {name for name, kind in marked.items() if kind and not kind.folder} == set(FILES)
    assert {name for name, kind in marked.items() if kind and kind.folder} == set(FOLDERS)
    paths = {name for name, hint in parameters().items() if Path in _parts(hint)}
    assert paths - set(FILES) - set(FOLDERS) == READ


def call(words: str, folder: Path, *, given: Path, out: Path) -> list[str]:
    names = {"INPUT": given, "OUT": out, "NEW": folder / "new"}
    return [str(names.get(word, word)) for word in words.split()]


def refused(words: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    with pytest.raises(SystemExit) as caught:
        main(words)
    assert caught.value.code == 1
    return capsys.readouterr().err


@pytest.fixture
def precious(tmp_path: Path) -> Path:
    path = tmp_path / "precious"
    path.write_bytes(b"footage")
    return path


@pytest.mark.parametrize("words", FILES.values(), ids=list(FILES))
@pytest.mark.parametrize("way", ["itself", "hard link", "in a folder"])
def test_no_input_is_written_to(
    words: str, way: str, precious: Path, tmp_path: Path, capsys
) -> None:
    if "INPUT" not in words:
        pytest.skip("it reads nothing")
    given, out = precious, precious
    if way == "hard link":
        out = tmp_path / "other name"
        os.link(precious, out)
    elif way == "in a folder":
        given = tmp_path / "people"
        given.mkdir()
        out = precious.rename(given / "crop.jpg")
    shown = refused(call(words, tmp_path, given=given, out=out), capsys)
    assert "input" in shown
    assert str(out) in shown
    assert out.read_bytes() == b"footage"
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("words", [*FILES.values(), *FOLDERS.values()], ids=[*FILES, *FOLDERS])
@pytest.mark.parametrize("name", ["gallery.sqlite", "found.json", "crops/00001"])
def test_nothing_is_written_into_a_gallery(
    words: str, name: str, precious: Path, tmp_path: Path, capsys
) -> None:
    gallery = tmp_path / "people.gallery"
    gallery.mkdir()
    (gallery / "gallery.sqlite").write_bytes(b"people")
    shown = refused(call(words, tmp_path, given=precious, out=gallery / name), capsys)
    assert "gallery" in shown
    assert [path.name for path in gallery.iterdir()] == ["gallery.sqlite"]
    assert (gallery / "gallery.sqlite").read_bytes() == b"people"


@pytest.mark.parametrize("words", FILES.values(), ids=list(FILES))
@pytest.mark.parametrize("kind", ["link", "dangling link", "folder", "socket"])
def test_only_an_ordinary_file_is_replaced(
    words: str, kind: str, precious: Path, tmp_path: Path, capsys
) -> None:
    victim, out = tmp_path / "victim", tmp_path / "out"
    if kind == "folder":
        out.mkdir()
    elif kind == "socket":
        os.mknod(out, 0o140644)
    else:
        out.symlink_to(victim)
        if kind == "link":
            victim.write_bytes(b"mine")
    before = out.lstat()
    shown = refused(call(words, tmp_path, given=precious, out=out), capsys)
    assert "an ordinary file" in shown
    after = out.lstat()
    assert (after.st_mode, after.st_ino) == (before.st_mode, before.st_ino)
    assert victim.exists() == (kind == "link")


@pytest.mark.parametrize("words", ["video INPUT OUT", "sheet OUT", "export INPUT OUT"])
def test_a_slip_beside_the_inputs_replaces_nothing(
    words: str, precious: Path, tmp_path: Path, capsys
) -> None:
    other = tmp_path / "yard.mp4"
    other.write_bytes(b"the other camera")
    shown = refused(call(words, tmp_path, given=precious, out=other), capsys)
    assert "--overwrite" in shown
    assert other.read_bytes() == b"the other camera"


def test_inputs_within_words_are_known(tmp_path: Path, precious: Path, capsys) -> None:
    spec = f"yolox:{precious}"
    for words in (
        ["index", tmp_path / "g", tmp_path / "a.mp4", "--detector", spec, "--json", precious],
        ["search", tmp_path / "g", f"{precious}@12.5:1,2,3,4", "--html", precious],
        ["video", tmp_path / "a.mp4", precious, "--detector", spec, "--overwrite"],
    ):
        assert "input" in refused([str(word) for word in words], capsys)
        assert precious.read_bytes() == b"footage"


def test_a_video_in_a_list_of_sources_is_an_input(tmp_path: Path, precious: Path, capsys) -> None:
    sources = tmp_path / "cameras.yaml"
    sources.write_text(f"- {{path: {precious}, camera: door}}\n")
    words = ["index", str(tmp_path / "g"), "--sources", str(sources), "--json", str(precious)]
    assert "input" in refused(words, capsys)
    assert precious.read_bytes() == b"footage"


def test_two_options_do_not_write_one_file(tmp_path: Path, precious: Path, capsys) -> None:
    words = ["search", tmp_path, precious, "--csv", tmp_path / "a", "--html", tmp_path / "a"]
    assert "two files" in refused([str(word) for word in words], capsys)
