"""`tacan gallery`: looks after a gallery."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter
from cyclopts.validators import Number

from tacan.cli.outputs import JsonFile, OutputFile, OutputFolder
from tacan.cli.parameters import Flag, GalleryFolder, Wait, Zone

__all__ = ["gallery"]


SHOWN = 20
LONGEST_SHIFT = 1e10
"""Seconds: some three centuries."""

gallery = App(
    name="gallery",
    help="""Looks after a gallery: what is in it, is it whole, take it elsewhere, delete from it.

    Example: tacan gallery info people.gallery

    Example: tacan gallery verify people.gallery --repair

    Example: tacan gallery export people.gallery --features people.npz

    Example: tacan gallery merge all.gallery hall.gallery yard.gallery

    Example: tacan gallery shift people.gallery --camera door --by=-3600

    Example: tacan gallery delete people.gallery --before 2026-11-01T00:00:00+01:00""",
)


@gallery.command
def info(folder: GalleryFolder, /, *, json: JsonFile | None = None) -> None:
    """Says what a gallery holds.

    Example: tacan gallery info people.gallery --json -

    Parameters
    ----------
    json
        Also write the numbers to this file; with - to standard output, instead of the text.
    """
    from tacan.cli.console import say, write_json
    from tacan.gallery import open_gallery
    from tacan.views.gallery_text import info_as_json, info_text

    with open_gallery(folder) as opened:
        known, sources = opened.info(), opened.sources()
    if json is not None:
        write_json(json, info_as_json(known, sources))
    if json != "-":
        say(info_text(known, sources))


@gallery.command
def verify(
    folder: GalleryFolder,
    /,
    *,
    repair: Flag = False,
    forget_many: Flag = False,
    wait: Wait = 0.0,
    json: JsonFile | None = None,
) -> None:
    """Compares database, crops and vectors with each other, byte by byte.

    The exit status is 1 if something is wrong and was not mended.

    Example: tacan gallery verify people.gallery --repair

    Parameters
    ----------
    repair
        Mend what can be: crops that are gone are forgotten, files that belong to nothing are
        moved to set-aside in the gallery, damaged vectors are taken from the vector cache, times
        that can't be become unknown.
    forget_many
        With --repair: forget the crops that are gone even if they are more than a tenth, or all.
    json
        Also write the findings to this file; with - to standard output, instead of the text.
    """
    from tacan.cli.console import say, write_json
    from tacan.errors import GalleryError
    from tacan.gallery import open_gallery, verify_gallery
    from tacan.text import counted
    from tacan.views.gallery_text import verification_as_json, verification_text

    with open_gallery(folder, write=repair, wait=wait if repair else 0.0) as opened:
        found = verify_gallery(opened, repair=repair, forget_many=forget_many)
    if json is not None:
        write_json(json, verification_as_json(found))
    if json != "-":
        say(verification_text(found))
    if not found.is_sound:
        unmended = [problem for problem in found.problems if not problem.mended]
        raise GalleryError(
            "a gallery's database, crops and vectors must agree",
            got=f"{counted(len(unmended), 'problem')} in {folder}",
            remedy=" ".join(dict.fromkeys(problem.remedy for problem in unmended)),
        )


@gallery.command
def export(
    folder: GalleryFolder,
    /,
    *,
    features: OutputFile | None = None,
    crops: OutputFolder | None = None,
    csv: OutputFile | None = None,
    mot: OutputFolder | None = None,
) -> None:
    """Writes a gallery's content for other programs. Any of the four may be given together.

    Example: tacan gallery export people.gallery --features people.npz --csv people.csv

    Example: tacan gallery export people.gallery --crops people

    Parameters
    ----------
    features
        Write the vectors and clip weights as a features file, as `tacan evaluate` reads it.
    crops
        Write the crops into this folder, in the layout `folder` that `tacan embed` reads.
    csv
        Write a table with one line for each tracklet.
    mot
        Write one MOT file for each camera into this new folder, with the ids of people once the
        gallery was linked.
    """
    from tacan.cli.console import note, progress_bar, say
    from tacan.errors import ConfigError
    from tacan.gallery import open_gallery
    from tacan.gallery.export import export_csv, export_features, export_folder
    from tacan.gallery.export_mot import export_mot
    from tacan.views.gallery_text import pids_note

    if features is None and crops is None and csv is None and mot is None:
        raise ConfigError(
            ["at least one of --features, --crops, --csv and --mot must be given"],
            source="the command line",
        )
    with open_gallery(folder) as opened:
        if features is not None:
            say(f"wrote {export_features(opened, features)}")
        if crops is not None:
            with progress_bar("copying", "tracklets") as progress:
                export_folder(opened, crops, progress=progress)
            say(f"wrote {crops}")
        if (features or crops) and (told := pids_note(opened)) is not None:
            note(told)
        if csv is not None:
            say(f"wrote {export_csv(opened, csv)}")
        if mot is not None:
            export_mot(opened, mot)
            say(f"wrote {mot}")
        kinds = {"features": features, "crops": crops, "csv": csv, "mot": mot}
        opened.log("export", ", ".join(kind for kind, path in kinds.items() if path is not None))


@gallery.command
def delete(
    folder: GalleryFolder,
    /,
    *,
    tracklet: Annotated[list[str] | None, Parameter(negative="", consume_multiple=True)] = None,
    camera: str | None = None,
    source: str | None = None,
    before: str | None = None,
    person: Annotated[int | None, Parameter(validator=Number(gte=1))] = None,
    yes: Flag = False,
    wait: Wait = 0.0,
) -> None:
    """Deletes rows, vectors and crops for good. Backups and exported files it can't reach.

    A video that was sent to the page of `tacan serve` goes with the last that was found in it; one
    that was only named stays.

    Exactly one of --tracklet, --camera, --source, --before and --person says what goes. On a
    terminal it asks first.

    Example: tacan gallery delete people.gallery --tracklet hall/3 hall/4

    Example: tacan gallery delete people.gallery --before 2026-11-01T00:00:00+01:00 --yes

    Parameters
    ----------
    tracklet
        One or more tracklets, by their names.
    camera
        Everything from this camera. Its videos can be indexed again.
    source
        Everything from this video, by its path, or by its name where no other is called so. It
        can be indexed again.
    before
        Everybody who was first seen before this time, written with its time zone.
    person
        Everything of one person, by the id that `tacan people` lists.
    yes
        Don't ask.
    """
    from tacan.cli.console import say
    from tacan.errors import ConfigError
    from tacan.gallery import open_gallery
    from tacan.gallery.delete import DeletionChoice, delete_tracklets
    from tacan.views.gallery_text import choice_of, deletion_text
    from tacan.views.times import parse_time

    choice: DeletionChoice = {
        "names": tracklet,
        "camera": camera,
        "source": source,
        "before": None if before is None else parse_time(before, option="--before"),
        "person": person,
    }
    if sum(given is not None for given in choice.values()) != 1:
        fault = "exactly one of --tracklet, --camera, --source, --before and --person must be given"
        raise ConfigError([fault], source="the command line")
    with open_gallery(folder, write=True, wait=wait) as opened:
        chosen = choice_of(opened, **choice)
        if not yes and not _agreed(f"Delete {chosen} from {folder}?"):
            say("Nothing was deleted.")
            return
        done = delete_tracklets(opened, **choice)
    say(deletion_text(done, at_most=SHOWN))


@gallery.command
def log(
    folder: GalleryFolder,
    /,
    *,
    zone: Zone = None,
    json: JsonFile | None = None,
) -> None:
    """Says who did what with a gallery, and when: the log can't be changed.

    It tells of indexing, searches, linking, names and other decisions, exports, deletions and
    rules. It holds no person's name, and stays when people are deleted. What could not be written
    to the gallery, such as a search where nobody may write, is not in it.

    Example: tacan gallery log people.gallery

    Parameters
    ----------
    json
        Also write it to this file; with - to standard output, instead of the text.
    """
    from tacan.cli.console import say, write_json
    from tacan.gallery import open_gallery
    from tacan.views.people_json import log_as_json
    from tacan.views.people_text import log_text
    from tacan.views.times import parse_zone

    shown_zone = parse_zone(zone)
    with open_gallery(folder) as opened:
        entries = opened.store.people().log()
    if json is not None:
        write_json(json, log_as_json(entries))
    if json != "-":
        say(log_text(entries, shown_zone))


@gallery.command
def retain(
    folder: GalleryFolder,
    /,
    *,
    days: Annotated[int | None, Parameter(validator=Number(gte=1))] = None,
    off: Flag = False,
    yes: Flag = False,
    wait: Wait = 0.0,
) -> None:
    """Sets for how long people are kept: who was seen before that is deleted for good.

    The gallery remembers the rule: it is applied now, and whenever something is indexed. Without an
    option it says what the rule is. On a terminal it asks before anything is deleted.

    Example: tacan gallery retain people.gallery --days 30

    Parameters
    ----------
    days
        Whoever was first seen more than this many days ago is deleted. Of whom no time is known
        (their videos were indexed without --start) stay.
    off
        Take the rule away: nothing is deleted any more.
    yes
        Don't ask.
    """
    from tacan.cli.console import say
    from tacan.errors import ConfigError
    from tacan.gallery import apply_retention, open_gallery, set_retention
    from tacan.gallery.retention import retention_border
    from tacan.views.gallery_text import choice_of, deletion_text, retention_text

    if off and days is not None:
        raise ConfigError(["only one of --days and --off can be given"], source="the command line")
    with open_gallery(folder, write=off or days is not None, wait=wait) as opened:
        if days is not None:
            border = retention_border(days)
            chosen = choice_of(opened, before=border)
            if not yes and not _agreed(f"Delete {chosen} from {folder}, and so from now on?"):
                say("Nothing was deleted, and no rule was set.")
                return
        if off or days is not None:
            set_retention(opened, days)
        say(retention_text(opened.store.people().retention_days()))
        done = apply_retention(opened) if days is not None else None
    if done is not None:
        say(deletion_text(done, at_most=SHOWN))


@gallery.command
def merge(
    folder: Annotated[Path, Parameter(name="INTO")],
    /,
    *others: Annotated[Path, Parameter(name="FROM")],
    wait: Wait = 0.0,
    json: JsonFile | None = None,
) -> None:
    """Takes what other galleries of the same model hold into one; they stay as they are.

    Sources come with their tracklets, crops and vectors, with people, names and what humans said
    about them, and with travel times between cameras. A source that is there already, the same file
    of the same camera, is not taken twice, so the same command can be given again, and goes on
    where it was interrupted. People of different galleries are not linked to each other: `tacan
    link` does that. A gallery that is not there is made.

    Example: tacan gallery merge all.gallery hall.gallery yard.gallery

    Parameters
    ----------
    folder
        The gallery that grows.
    others
        Galleries that it takes from.
    json
        Also write what was taken from each to this file; with - to standard output, instead of the
        text.
    """
    from contextlib import ExitStack

    from tacan.cli.console import note, progress_bar, say, write_json
    from tacan.errors import ConfigError
    from tacan.gallery import apply_retention, merge_gallery, open_gallery
    from tacan.gallery.merge import check_mergeable
    from tacan.text import counted
    from tacan.views.merge_text import merge_as_json, merge_text

    if not others:
        fault = "at least one gallery to take from must be named"
        raise ConfigError([fault], source="the command line")
    with ExitStack() as stack:
        opened = [stack.enter_context(open_gallery(path)) for path in others]
        check_mergeable(folder, opened)
        model = opened[0].model
        into = stack.enter_context(open_gallery(folder, write=True, create_with=model, wait=wait))
        reports = []
        for other in opened:
            with progress_bar("merging", "tracklets") as progress:
                reports.append(merge_gallery(into, other, progress=progress))
        deleted = apply_retention(into)
    told = list(zip(map(str, others), reports, strict=True))
    if deleted is not None and deleted.names:
        gone = counted(len(deleted.names), "tracklet")
        note(f"Deleted, by the rule of `tacan gallery retain`: {gone}.")
    if json is not None:
        write_json(json, merge_as_json(told))
    if json != "-":
        say(merge_text(told, folder=str(folder)))


@gallery.command
def shift(
    folder: GalleryFolder,
    /,
    *,
    source: str | None = None,
    camera: str | None = None,
    by: float | None = None,
    start: str | None = None,
    wait: Wait = 0.0,
) -> None:
    """Corrects when videos were recorded: what is known of a start that was wrong or not given.

    The videos need not be there, and nothing is indexed again.

    Example: tacan gallery shift people.gallery --source door.mp4 --start 2026-11-22T14:00:00+01:00

    Example: tacan gallery shift people.gallery --camera door --by=-3600

    Parameters
    ----------
    source
        The video, by its path, or by its name where no other is called so.
    camera
        All videos of this camera.
    by
        Seconds by which they were recorded later than the gallery believes; earlier if negative.
    start
        When the first picture was taken, with its time zone; other videos keep their distance.
    """
    from datetime import timedelta

    from tacan.cli.console import say
    from tacan.errors import ConfigError
    from tacan.gallery import open_gallery
    from tacan.gallery.find_sources import find_sources
    from tacan.gallery.shift import shift_sources
    from tacan.views.gallery_text import shift_text
    from tacan.views.times import parse_time

    faults = []
    if (source is None) == (camera is None):
        faults.append("exactly one of --source and --camera must be given")
    if (by is None) == (start is None):
        faults.append("exactly one of --by and --start must be given")
    if by is not None and not abs(by) < LONGEST_SHIFT:
        faults.append(f"--by must be less than {LONGEST_SHIFT:.0e} seconds; got {by}")
    if faults:
        raise ConfigError(faults, source="the command line")
    time = None if start is None else parse_time(start, option="--start")
    with open_gallery(folder, write=True, wait=wait) as opened:
        if source is not None:
            chosen = find_sources(opened, source)
        else:
            chosen = tuple(known for known in opened.sources() if known.camera == camera)
            if not chosen:
                raise ConfigError(
                    [f"a camera must be one that the gallery has; got {camera!r}"],
                    source="the command line",
                )
        moved = shift_sources(
            opened, chosen, by=None if by is None else timedelta(seconds=by), start=time
        )
    say(shift_text(chosen, moved))


def _agreed(question: str) -> bool:
    """Asks on the terminal. Raises `ConfigError` where there is nobody to ask."""
    from tacan.errors import ConfigError

    if not sys.stdin.isatty():  # also where it was closed
        raise ConfigError(
            ["a deletion must be confirmed: there is no terminal to ask on, so give --yes"],
            source="the command line",
        )
    sys.stderr.write(f"{question} This can't be undone. [y/N] ")
    sys.stderr.flush()
    return sys.stdin.readline().strip().lower() in ("y", "yes")
