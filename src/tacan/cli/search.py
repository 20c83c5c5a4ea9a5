"""`tacan search`: who else is this?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter
from cyclopts.validators import Number

from tacan.cli.outputs import JsonFile, OutputFile
from tacan.cli.parameters import Count, Flag, Zone
from tacan.computing import Device

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import tzinfo

    from tacan.search.query import Query
    from tacan.search.search_results import SearchResults

__all__ = ["search"]

Share = Annotated[float, Parameter(validator=Number(gte=0, lte=1))]
Many = Annotated[list[str] | None, Parameter(negative="", consume_multiple=False)]


def search(
    gallery: Path,
    /,
    *query: Annotated[str, Parameter(name="QUERY")],
    each: Flag = False,
    together: Flag = False,
    not_like: Annotated[Many, Parameter(name="--not")] = None,
    camera: Many = None,
    exclude_camera: Many = None,
    after: str | None = None,
    before: str | None = None,
    min_quality: Share = 0.0,
    top: Count = 10,
    metric: Literal["euclidean", "cosine"] | None = None,
    rerank: Flag = False,
    model: str | None = None,
    clip_weight: str | None = None,
    device: Device = "auto",
    zone: Zone = None,
    json: JsonFile | None = None,
    html: OutputFile | None = None,
    csv: OutputFile | None = None,
) -> None:
    """Finds where else in a gallery somebody was seen, and says how sure that is.

    Somebody is a tracklet of the gallery (CAMERA/NUMBER), one or more crop images, a folder of
    crops, or a box in a video, FILE@SECONDS:x,y,w,h. The words "very likely",
    "likely" and "unsure" compare a match with people who are certainly different; docs/footage.md
    says how. Nothing leaves this machine.

    Example: tacan search people.gallery hall/12 --html found.html

    Example: tacan search people.gallery hall.mp4@12.5:310,80,60,150 --exclude-camera hall --top 5

    Example: tacan search people.gallery hall/12 yard/3 --together --not yard/8

    Example: tacan search people.gallery a.jpg b.jpg --after 2026-11-22T14:00:00+01:00 --json -

    Parameters
    ----------
    gallery
        The gallery's folder, as `tacan index` makes it.
    query
        The person to look for. Images that are given together show one person; a folder holds crops
        of one person; every other word is a search of its own, unless --together. SECONDS may be
        MM:SS or HH:MM:SS, and the box is in pixels of the upright picture. A box in a video that
        was indexed stands for the whole tracklet there.
    each
        Every image is a search of its own; with --together, an example of its own.
    together
        All words show one person, and are one search: distances are means over them.
    not_like
        Somebody else, as a word of the same kinds; the option once for each of several. All words
        of the query are then one person. Who is nearer to somebody else than to the person stands
        lower, and is never more than unsure.
    camera
        Only matches from this camera; the option once for each of several.
    exclude_camera
        No matches from this camera; likewise.
    after
        Only tracklets seen at or after this time, written with its time zone:
        2026-11-22T14:00:00+01:00.
    before
        Only tracklets seen before this time.
    min_quality
        Least quality of a tracklet, from 0 to 1.
    top
        Most matches of a search.
    metric
        euclidean or cosine; what the gallery's model was made for when not given.
    rerank
        Put the nearest 500 into a new order by their common neighbours (k-reciprocal re-ranking).
    model
        The gallery's model, if it lies elsewhere than when the gallery was made. Another model is
        refused. Tracklets of the gallery are searched for without it.
    clip_weight
        Likewise the model of the gallery's clip weight.
    device
        Where the model runs; auto takes a GPU if there is one.
    json
        Also write everything with exact numbers to this file; with - to standard output, instead
        of the table.
    html
        Also write one page with the pictures, which any browser shows without a network.
    csv
        Also write one line for each match to this file.
    """
    from tacan.gallery import TrackletFilter, open_gallery
    from tacan.search.parse import parse_query
    from tacan.search.query import TrackletNames, combine_queries, gallery_model_opener, make_query
    from tacan.search.search import RerankSearch
    from tacan.search.search import search as find
    from tacan.views.times import parse_time, parse_zone

    filters = TrackletFilter(
        cameras=tuple(camera) if camera else None,
        exclude_cameras=tuple(exclude_camera or ()),
        after=None if after is None else parse_time(after, option="--after"),
        before=None if before is None else parse_time(before, option="--before"),
        min_quality=min_quality,
    )
    shown_zone = parse_zone(zone)
    with open_gallery(gallery) as opened:
        open_model = gallery_model_opener(
            opened.model, name=model, clip_weight=clip_weight, device=device
        )
        names = TrackletNames(opened)

        def read(words: Sequence[str]) -> list[Query]:
            parsed = parse_query(words, names=names, each=each)
            return [make_query(one, opened, open_model=open_model) for one in parsed]

        queries = read(query)
        if together or not_like:
            queries = [combine_queries(queries, against=read(not_like) if not_like else ())]
        searches = [
            find(
                opened,
                one,
                top=top,
                metric=metric,
                filters=filters,
                rerank=RerankSearch() if rerank else None,
            )
            for one in queries
        ]
        if html is not None:
            from tacan.cli.console import progress_on_terminal
            from tacan.views.search_html import write_search_page

            with progress_on_terminal("drawing", "tracklets") as progress:
                write_search_page(searches, opened, html, zone=shown_zone, progress=progress)
        opened.log("search", ", ".join(one.logged for one in queries))
    _write(searches, zone=shown_zone, json=json, csv=csv)


def _write(
    searches: Sequence[SearchResults], *, zone: tzinfo | None, json: str | None, csv: Path | None
) -> None:
    from tacan.cli.console import say, write_json
    from tacan.files import write_text
    from tacan.text import table
    from tacan.views.search_json import as_csv, as_json
    from tacan.views.search_text import COLUMNS, TEXTS, heading, table_rows

    if csv is not None:
        write_text(csv, as_csv(searches))
    if json is not None:
        write_json(json, as_json(searches))
    if json == "-":
        return
    for results in searches:
        say(heading(results))
        if results.matches:
            say(table([COLUMNS, *table_rows(results, zone)], texts=TEXTS))
