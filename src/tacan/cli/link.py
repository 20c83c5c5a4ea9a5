"""`tacan link`: tracklets become people."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from cyclopts.validators import Number

from tacan.cli.outputs import JsonFile

__all__ = ["link"]

Share = Annotated[float, Parameter(validator=Number(gt=0, lte=1))]


def link(
    gallery: Path,
    /,
    *,
    strangers: Share = 0.03,
    travel: Path | None = None,
    wait: Annotated[float, Parameter(validator=Number(gte=0))] = 0.0,
    json: JsonFile | None = None,
) -> None:
    """Links the tracklets of a gallery that show the same person, across cameras.

    Whom one camera saw at the same time in different places is never linked, nor whom somebody said
    to be different (`tacan people`). How much alike two must be follows from those certainly
    different people; a tracklet that is like no other stands alone. Run again, also after more was
    indexed, people keep their ids and names. docs/people.md says how it works and when it fails.

    Example: tacan link people.gallery

    Example: tacan link people.gallery --travel ways.yaml

    Then: tacan people people.gallery

    Parameters
    ----------
    gallery
        The gallery's folder.
    strangers
        The share of certainly different people that may be as much alike as those who are linked:
        less links fewer, more links more. It is made smaller in a gallery of more than 350
        tracklets.
    travel
        A YAML file of what is known of the ways between cameras, which no link breaks: `door ->
        yard: 20 s to 5 min`, `hall <-> yard: never at once`, `lobby <-> hall: overlap`, `all
        cameras: never at once`. The gallery keeps it; `none` forgets it. docs/people.md has more.
    wait
        Seconds to wait for another process that is writing to the gallery.
    json
        Also write what was done to this file; with - to standard output, instead of the text.
    """
    from tacan.cli.console import progress_on_terminal, say, write_json
    from tacan.gallery import open_gallery
    from tacan.linking import link_gallery
    from tacan.linking.travel import read_travel
    from tacan.views.people_json import link_as_json
    from tacan.views.people_text import link_text

    with (
        open_gallery(gallery, write=True, wait=wait) as opened,
        progress_on_terminal("who was seen at once", "pairs") as asked,
        progress_on_terminal("comparing", "tracklets") as compared,
    ):
        rules = None if travel is None else {}
        if travel is not None and str(travel) != "none":
            rules = read_travel(travel, cameras=list(opened.index().columns.cameras))
        report = link_gallery(
            opened, strangers=strangers, travel=rules, asked=asked, compared=compared
        )
    if json is not None:
        write_json(json, link_as_json(report))
    if json != "-":
        say(link_text(report, gallery))
