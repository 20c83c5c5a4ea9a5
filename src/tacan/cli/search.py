"""`tacan search`: who else is this?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter
from cyclopts.validators import Number

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import tzinfo

    from tacan.embeddings.embedder import ClipEmbedder
    from tacan.search.results import Findings

__all__ = ["search"]

Count = Annotated[int, Parameter(validator=Number(gte=1))]
Share = Annotated[float, Parameter(validator=Number(gte=0, lte=1))]
Many = Annotated[list[str] | None, Parameter(negative="", consume_multiple=False)]


def search(
    gallery: Path,
    /,
    *query: Annotated[str, Parameter(name="QUERY")],
    each: Annotated[bool, Parameter(negative="")] = False,
    camera: Many = None,
    not_camera: Many = None,
    after: str | None = None,
    before: str | None = None,
    min_quality: Share = 0.0,
    top: Count = 10,
    metric: Literal["euclidean", "cosine"] | None = None,
    rerank: Annotated[bool, Parameter(negative="")] = False,
    model: str | None = None,
    device: Literal["auto", "cpu", "cuda"] = "auto",
    zone: str | None = None,
    json: Annotated[str | None, Parameter(allow_leading_hyphen=True)] = None,
    html: Path | None = None,
    csv: Path | None = None,
) -> None:
    """Finds where else in a gallery somebody was seen, and says how sure that is.

    Somebody is a tracklet of the gallery (CAMERA/NUMBER), one or more crop images, a folder of
    crops, or a moment and a box in a video, FILE@SECONDS:x,y,w,h. The words "very likely",
    "likely" and "unsure" compare an answer with people who are certainly different; docs/footage.md
    says how. Nothing leaves this machine.

    Example: tacan search people.gallery hall/12 --html found.html

    Example: tacan search people.gallery hall.mp4@12.5:310,80,60,150 --not-camera hall --top 5

    Example: tacan search people.gallery a.jpg b.jpg --after 2026-11-22T14:00:00+01:00 --json -

    Parameters
    ----------
    gallery
        The gallery's folder, as `tacan index` makes it.
    query
        Who is looked for. Images that are given together show one person; a folder holds crops of
        one person; every other word is a search of its own. SECONDS may be MM:SS or HH:MM:SS, and
        the box is in pixels of the upright picture. A moment in a video that was indexed stands for
        the whole tracklet there.
    each
        Every image is a search of its own.
    camera
        Only answers from this camera; the option once for each of several.
    not_camera
        No answers from this camera; likewise.
    after
        Only who was seen at or after this moment, written with its time zone:
        2026-11-22T14:00:00+01:00.
    before
        Only who was seen before this moment.
    min_quality
        Least quality of a tracklet, from 0 to 1.
    top
        Most answers of a search.
    metric
        euclidean or cosine; what the gallery's model was made for when not given.
    rerank
        Put the nearest 500 into a new order by their common neighbours (k-reciprocal re-ranking).
    model
        The gallery's model, if it lies elsewhere than when the gallery was made. Another model is
        refused. Tracklets of the gallery are searched for without it.
    device
        Where the model runs; auto takes a GPU if there is one.
    zone
        Show times by the clock of this zone (Europe/Berlin); this machine's own when not given.
    json
        Also write everything with exact numbers to this file; with - to standard output, instead
        of the table.
    html
        Also write one page with the pictures, which any browser shows without a network.
    csv
        Also write one line for each answer to this file.
    """
    from tacan.gallery import TrackletFilter, open_gallery
    from tacan.search.find import find
    from tacan.search.parse import read_words
    from tacan.search.query import TrackletNames, make_query
    from tacan.search.search import RerankSearch
    from tacan.views.times import parse_moment, parse_zone

    chosen = TrackletFilter(
        cameras=tuple(camera) if camera else None,
        not_cameras=tuple(not_camera or ()),
        after=None if after is None else parse_moment(after, option="--after"),
        before=None if before is None else parse_moment(before, option="--before"),
        min_quality=min_quality,
    )
    shown_zone = parse_zone(zone)
    with open_gallery(gallery) as opened:
        asked = read_words(query, names=TrackletNames(opened), each=each)
        open_model = _opener(model or opened.model.name, device)
        queries = [make_query(one, opened, open_model=open_model) for one in asked]
        findings = find(
            opened,
            queries,
            top=top,
            metric=metric,
            chosen=chosen,
            rerank=RerankSearch() if rerank else None,
        )
        if html is not None:
            from tacan.views.search_page import write_page

            write_page(findings, opened, html, zone=shown_zone)
    _tell(findings, zone=shown_zone, json=json, csv=csv)


def _opener(model: str, device: str) -> Callable[[], ClipEmbedder]:
    """Opens the model when it is first needed, and only once."""
    from functools import cache

    @cache
    def opened() -> ClipEmbedder:
        from tacan.embeddings.open import open_embedder

        return open_embedder(model, device=device)

    return opened


def _tell(findings: Findings, *, zone: tzinfo | None, json: str | None, csv: Path | None) -> None:
    from tacan.cli.console import say, write_json
    from tacan.files import write_text
    from tacan.text import table
    from tacan.views.search_json import as_csv, as_json
    from tacan.views.search_table import COLUMNS, TEXTS, heading, table_rows

    if csv is not None:
        write_text(csv, as_csv(findings))
    if json is not None:
        write_json(json, as_json(findings))
    if json == "-":
        return
    for answer in findings.answers:
        say(heading(answer))
        if answer.sightings:
            say(table([COLUMNS, *table_rows(answer, zone)], texts=TEXTS))
