"""`tacan people`: who was where, and a human's word on who is who."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Parameter

from tacan.cli.outputs import JsonFile, OutputFile, OutputFolder
from tacan.cli.parameters import Count, Flag, GalleryFolder, PersonId, Wait, Zone

if TYPE_CHECKING:
    from tacan.gallery import Gallery, Person
    from tacan.linking.unsure import UnsureLinks

__all__ = ["people"]


people = App(
    name="people",
    help="""Lists the people of a gallery that was linked, or one of them; names them, and takes a
    human's word on who is who, which stands above the machine's and can be taken back.

    Example: tacan people people.gallery

    Example: tacan people people.gallery --review

    Example: tacan people name people.gallery 3 "Ann"

    Example: tacan people reject people.gallery door/3 yard/12""",
)


@people.default
def listed(
    gallery: GalleryFolder,
    /,
    *,
    everyone: Annotated[bool, Parameter(name="--all", negative="")] = False,
    review: Flag = False,
    top: Count = 10,
    zone: Zone = None,
    json: JsonFile | None = None,
    csv: OutputFile | None = None,
    html: OutputFile | None = None,
    tables: OutputFolder | None = None,
) -> None:
    """Lists everybody who was seen several times: where, and when first and last.

    Example: tacan people people.gallery --csv who.csv

    Example: tacan people people.gallery --html who.html

    Parameters
    ----------
    everyone
        Also those of whom there is one tracklet.
    review
        Ask instead: the pairs of tracklets of which it is least sure whether they are one person,
        and whose answer would settle most.
    top
        Most questions of --review.
    json
        Also write everything, or the questions, to this file; with - to standard output, instead of
        the table.
    csv
        Also write one line for each tracklet to this file.
    html
        Also write one page with everybody's pictures, a timeline, the ways between cameras and what
        is unsure; any browser shows it without a network.
    tables
        Also write all of it as CSV files to this new or empty folder: people.csv, tracklets.csv,
        transitions.csv and unsure_links.csv.
    """
    from tacan.cli.console import progress_on_terminal, say, write_json
    from tacan.files import write_text
    from tacan.gallery import open_gallery
    from tacan.linking.people import everybody
    from tacan.linking.review import review as find_doubts
    from tacan.linking.unsure import UnsureLinks
    from tacan.views.people_json import (
        people_as_csv,
        people_as_json,
        review_as_json,
        write_people_tables,
    )
    from tacan.views.people_text import people_text, review_text
    from tacan.views.times import parse_zone

    shown_zone = parse_zone(zone)
    with open_gallery(gallery) as opened:
        known = everybody(opened)
        doubts = find_doubts(opened, top=top) if review else ()
        is_asked = html is not None or tables is not None or (json is not None and not review)
        unsure = _find_unsure(opened) if is_asked else UnsureLinks()
        if html is not None:
            from tacan.views.people_html import write_people_page

            with progress_on_terminal("drawing", "people") as drawn:
                shown = {"everyone": everyone, "zone": shown_zone, "progress": drawn}
                write_people_page(known, unsure, opened, html, **shown)
    if csv is not None:
        write_text(csv, people_as_csv(known))
    if tables is not None:
        write_people_tables(known, unsure, tables)
    if json is not None:
        write_json(json, review_as_json(doubts) if review else people_as_json(known, unsure))
    if json != "-":
        text = people_text(known, everyone=everyone, zone=shown_zone)
        say(review_text(doubts, known.linking, gallery) if review and known.people else text)


def _find_unsure(gallery: Gallery) -> UnsureLinks:
    from tacan.cli.console import progress_on_terminal
    from tacan.linking.unsure import find_unsure_links

    with (
        progress_on_terminal("who was seen at once", "pairs") as asked,
        progress_on_terminal("comparing", "tracklets") as compared,
    ):
        return find_unsure_links(gallery, asked=asked, compared=compared)


@people.command
def show(
    gallery: GalleryFolder,
    person: Annotated[PersonId, Parameter(name="ID")],
    /,
    *,
    zone: Zone = None,
    json: JsonFile | None = None,
) -> None:
    """Shows one person: every tracklet in the order of time.

    Example: tacan people show people.gallery 3

    Parameters
    ----------
    json
        Also write it to this file; with - to standard output, instead of the text.
    """
    from tacan.cli.console import say, write_json
    from tacan.gallery import open_gallery
    from tacan.linking.people import person_seen
    from tacan.views.people_json import person_as_json
    from tacan.views.people_text import person_text
    from tacan.views.times import parse_zone

    shown_zone = parse_zone(zone)
    with open_gallery(gallery) as opened:
        seen = person_seen(opened, opened.person(person))
    if json is not None:
        write_json(json, person_as_json(seen))
    if json != "-":
        say(person_text(seen, shown_zone))


@people.command
def name(
    gallery: GalleryFolder,
    person: Annotated[PersonId, Parameter(name="ID")],
    called: Annotated[str | None, Parameter(name="NAME")] = None,
    /,
    *,
    note: str | None = None,
    wait: Wait = 0.0,
) -> None:
    """Gives a person a name, which searches and videos show from then on.

    Two people of different names are never linked. Names are in no picture and no file name.

    Example: tacan people name people.gallery 3 "Ann" --note "works at the desk"

    Parameters
    ----------
    called
        The name; without one, the name that the person has is taken away.
    note
        A text that is kept with the person; an empty one takes it away.
    """
    from tacan.linking import name as give_name

    _decide(gallery, lambda opened: give_name(opened, person, called, note=note), wait)


@people.command
def merge(
    gallery: GalleryFolder,
    one: Annotated[PersonId, Parameter(name="ID")],
    other: Annotated[PersonId, Parameter(name="OTHER")],
    /,
    *,
    wait: Wait = 0.0,
) -> None:
    """Says that two people are one, who keeps the first one's id.

    Example: tacan people merge people.gallery 3 8

    Parameters
    ----------
    one
        The id that stays.
    other
        The id of the same person.
    """
    from tacan.linking import merge as make_one

    _decide(gallery, lambda opened: make_one(opened, one, other), wait)


@people.command
def split(
    gallery: GalleryFolder,
    person: Annotated[PersonId, Parameter(name="ID")],
    /,
    *tracklets: Annotated[str, Parameter(name="TRACKLET")],
    wait: Wait = 0.0,
) -> None:
    """Says that some of a person's tracklets show somebody else.

    Those who are left are linked again among themselves, as after every decision.

    Example: tacan people split people.gallery 3 yard/12 yard/15

    Parameters
    ----------
    tracklets
        The names of those that are somebody else.
    """
    from tacan.linking import split as take_out

    _decide(gallery, lambda opened: take_out(opened, person, tracklets), wait)


@people.command
def confirm(
    gallery: GalleryFolder,
    one: Annotated[str, Parameter(name="TRACKLET")],
    other: Annotated[str, Parameter(name="OTHER")],
    /,
    *,
    wait: Wait = 0.0,
) -> None:
    """Says that two tracklets show one person.

    Example: tacan people confirm people.gallery door/3 yard/12

    Parameters
    ----------
    one
        The name of a tracklet, CAMERA/NUMBER.
    other
        The name of another.
    """
    from tacan.linking import confirm as say_same

    _decide(gallery, lambda opened: say_same(opened, one, other), wait)


@people.command
def reject(
    gallery: GalleryFolder,
    one: Annotated[str, Parameter(name="TRACKLET")],
    other: Annotated[str, Parameter(name="OTHER")],
    /,
    *,
    wait: Wait = 0.0,
) -> None:
    """Says that two tracklets show two people.

    Example: tacan people reject people.gallery door/3 yard/12

    Parameters
    ----------
    one
        The name of a tracklet, CAMERA/NUMBER.
    other
        The name of another.
    """
    from tacan.linking import reject as say_different

    _decide(gallery, lambda opened: say_different(opened, one, other), wait)


@people.command
def unsure(
    gallery: GalleryFolder,
    one: Annotated[str, Parameter(name="TRACKLET")],
    other: Annotated[str, Parameter(name="OTHER")],
    /,
    *,
    wait: Wait = 0.0,
) -> None:
    """Says that you can't tell whether two tracklets show one person.

    Nothing changes but that --review asks it no more, until their people have other tracklets.

    Example: tacan people unsure people.gallery door/3 yard/12

    Parameters
    ----------
    one
        The name of a tracklet, CAMERA/NUMBER.
    other
        The name of another.
    """
    from tacan.linking import cannot_tell

    _decide(gallery, lambda opened: cannot_tell(opened, one, other), wait)


@people.command
def undo(gallery: GalleryFolder, /, *, wait: Wait = 0.0) -> None:
    """Takes the last decision back, whatever it was; again, the one before.

    Example: tacan people undo people.gallery
    """
    from tacan.cli.console import say
    from tacan.linking import undo as take_back
    from tacan.views.people_text import undo_text

    def taken_back(opened: Gallery) -> tuple[Person, ...]:
        decision, concerned = take_back(opened)
        say(undo_text(decision))
        return concerned

    _decide(gallery, taken_back, wait)


def _decide(folder: Path, decision: Callable[[Gallery], tuple[Person, ...]], wait: float) -> None:
    """Carries a decision out, and says who the people concerned are now."""
    from tacan.cli.console import say
    from tacan.gallery import open_gallery
    from tacan.views.people_text import changed_text

    with open_gallery(folder, write=True, wait=wait) as opened:
        text = changed_text(opened, decision(opened))
    say(text)
