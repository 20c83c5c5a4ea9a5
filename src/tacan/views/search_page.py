"""A search's findings as one HTML file that asks no host for anything."""

from __future__ import annotations

from datetime import tzinfo
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, PackageLoader, StrictUndefined

import tacan
from tacan.files import write_text
from tacan.gallery.gallery_records import StoredTracklet
from tacan.progress import Progress, silent
from tacan.search.pictures import Strip
from tacan.search.results import Answer, Findings, Sighting
from tacan.views.gallery_strip import read_strip
from tacan.views.search_table import shown_distance, when
from tacan.views.search_text import filters_in_words, how_to_read
from tacan.views.strip_svg import describe_weights, strip_svg
from tacan.views.times import clock

if TYPE_CHECKING:
    from tacan.gallery import Gallery

__all__ = ["write_page"]


def write_page(
    findings: Findings,
    gallery: Gallery,
    path: Path,
    *,
    zone: tzinfo | None = None,
    progress: Progress = silent,
) -> None:
    """Writes the page to `path`: every query and its answers, with the pictures in it.

    Times are by the clock of `zone`, this machine's own if None. Progress is in answers. Raises
    `StorageError` where it can't be written.
    """
    total = sum(1 + len(answer.sightings) for answer in findings.answers)
    shown = []
    done = 0
    for answer in findings.answers:
        shown.append(_show(answer, gallery, zone))
        done += 1 + len(answer.sightings)
        progress(done, total)
    title, lede = _opening(findings)
    template = Environment(
        loader=PackageLoader("tacan.views"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    ).get_template("answer.html.j2")
    text = template.render(
        version=tacan.__version__,
        title=title,
        lede=lede,
        answers=shown,
        reading=how_to_read(findings),
        settings=_settings(findings),
    )
    write_text(path, text)


def _opening(findings: Findings) -> tuple[str, str]:
    if len(findings.answers) == 1:
        verdict = findings.answers[0].verdict
        return verdict.words, verdict.why
    found = sum(answer.verdict.level in ("sure", "likely") for answer in findings.answers)
    return (
        f"{len(findings.answers)} searches, {found} with somebody to look at",
        "Each search stands for itself below, with what its nearest answer is worth.",
    )


def _show(answer: Answer, gallery: Gallery, zone: tzinfo | None) -> dict[str, Any]:
    return {
        "headline": f"{answer.query.label}: {answer.verdict.words}",
        "why": answer.verdict.why,
        "query": _show_query(answer, gallery, zone),
        "matches": [_show_sighting(one, gallery, zone) for one in answer.sightings],
    }


def _show_query(answer: Answer, gallery: Gallery, zone: tzinfo | None) -> dict[str, Any]:
    query = answer.query
    tracklet = query.tracklet
    if tracklet is None:
        strip = query.strip
        facts = "pictures from outside the gallery"
    else:
        strip = read_strip(gallery, tracklet.id)
        facts = f"{tracklet.camera} · {when(tracklet, zone)}"
    return {
        "label": query.label,
        "facts": facts,
        "notes": query.notes,
        **({"strip": "", "weights": ""} if strip is None else _show_strip(strip, query.label)),
    }


def _show_sighting(sighting: Sighting, gallery: Gallery, zone: tzinfo | None) -> dict[str, Any]:
    tracklet = sighting.tracklet
    strip = read_strip(gallery, tracklet.id)
    return {
        "rank": sighting.rank,
        "name": tracklet.name,
        "camera": tracklet.camera,
        "when": when(tracklet, zone),
        "place": f"{clock(tracklet.first_seconds)} into {tracklet.source}"
        if tracklet.start
        else "",
        "distance": shown_distance(sighting.distance),
        "person": tracklet.person,
        "level": sighting.verdict.level,
        "words": sighting.verdict.words,
        "why": sighting.verdict.why,
        **_show_strip(strip, tracklet.name),
    }


def _place(tracklet: StoredTracklet) -> str:
    return f"{clock(tracklet.first_seconds)} into {tracklet.source}"


def _show_strip(strip: Strip, name: str) -> dict[str, str]:
    missing = ""
    if strip.n_missing:
        missing = f" {strip.n_missing} of its crops can't be read."
    elif not strip.pictures:
        missing = " It has no crops."
    return {
        "strip": strip_svg(strip, name=name) if strip.pictures else "",
        "weights": describe_weights(strip) + missing,
    }


def _settings(findings: Findings) -> dict[str, str]:
    return {
        "Gallery": str(findings.gallery),
        "Tracklets in it": f"{findings.n_tracklets:,}",
        "Searched": f"{findings.n_searched:,}",
        "Only": filters_in_words(findings.filters),
        "Model": f"{findings.model.name} ({findings.model.fingerprint[:12]})",
        "Distance": findings.metric + (", re-ranked" if findings.reranked else ""),
        "Pairs that certainly differ": f"{findings.n_different:,}",
    }
