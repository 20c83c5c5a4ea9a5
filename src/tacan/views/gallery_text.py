"""What a gallery holds, what is wrong with it and what was deleted, in words and for programs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any, Unpack

from tacan.gallery import Gallery, GalleryInfo, Source
from tacan.gallery.delete import Deletion, DeletionChoice, choose_tracklets
from tacan.gallery.verify import Verification
from tacan.retrieval.recall import TOP
from tacan.text import counted
from tacan.views.times import local_time

__all__ = [
    "choice_of",
    "deletion_text",
    "info_as_json",
    "info_text",
    "pids_note",
    "retention_text",
    "shift_text",
    "verification_as_json",
    "verification_text",
]


def info_text(info: GalleryInfo, sources: Sequence[Source]) -> str:
    """A gallery in numbers, one line each, and its sources."""
    seen = "no moment is known"
    if info.first is not None and info.last is not None:
        seen = f"{local_time(info.first)} to {local_time(info.last)}"
    rows = [
        ("tracklets", f"{info.n_tracklets:,}"),
        ("cameras", f"{info.n_cameras:,}"),
        ("people", f"{info.n_persons:,}"),
        ("sources, finished", f"{info.n_sources_done:,} of {info.n_sources:,}"),
        ("crops", f"{info.n_crops:,}"),
        ("seen", seen),
        ("model", info.model),
        ("its fingerprint", info.fingerprint[:12]),
        ("embedding", f"{info.embedding_dim:,} numbers, {info.metric}"),
        ("schema", str(info.schema)),
        ("on disk", f"{info.n_bytes / 1e6:,.1f} MB"),
    ]
    if info.clip_weight != "none":  # the model has none of its own, and borrows one
        rows.insert(rows.index(("model", info.model)) + 1, ("clip weight of", info.clip_weight))
    for source in sources:
        unfinished = "" if source.state == "done" else " (indexing is not finished)"
        rows.append((f"from {source.camera}", f"{source.path}{unfinished}"))
    width = max(len(name) for name, _ in rows)
    return "\n".join(f"{name:<{width}}  {value}" for name, value in rows)


def pids_note(gallery: Gallery) -> str | None:
    """What the pids of exported features and crops are, where not every tracklet has a name that a
    human gave; None where all have one."""
    tracklets = list(gallery.tracklets())
    unnamed = [each for each in tracklets if each.person is None]
    unknown = [each for each in unnamed if each.person_id is None]
    notes = []
    if len(unnamed) > len(unknown):
        notes.append(
            "The pids are the people that `tacan link` found: results on them say how well it "
            "agrees with itself, until a human has looked at them (`tacan people`)."
        )
    if unknown:
        notes.append(
            f"{len(unknown):,} of {counted(len(tracklets), 'tracklet')} show people without a "
            "name, who were not linked. They have pid -1, which `tacan evaluate` and `tacan train` "
            "pass over: run `tacan link`, and name people with `tacan people name`, before results "
            "on them can count."
        )
    return " ".join(notes) or None


def info_as_json(info: GalleryInfo, sources: Sequence[Source]) -> dict[str, Any]:
    """All numbers, and the sources; moments are ISO 8601 in UTC."""
    return _plain(asdict(info)) | {"sources": [_plain(asdict(source)) for source in sources]}


def shift_text(before: Sequence[Source], after: Sequence[Source]) -> str:
    """Each source with the start that it had and the one that it has now."""
    return "\n".join(
        f"{source.path} ({source.camera}): began "
        f"{'nobody knows when' if was.start is None else local_time(was.start)}, "
        f"and now {'never' if source.start is None else local_time(source.start)}"
        for was, source in zip(before, after, strict=True)
    )


def verification_text(found: Verification) -> str:
    """All that is wrong, one line each, under a line that sums it up; and the recall."""
    looked = f"{found.n_tracklets:,} tracklets and {found.n_crops:,} crops were looked at"
    lines = [f"{looked}:" if found.problems else f"{looked}: all is whole."]
    lines += [
        f"  {problem.kind}: {problem.what}{' (mended)' if problem.mended else ''}"
        for problem in found.problems
    ]
    if found.recall is not None:
        lines.append(
            f"Searches by the server's index find {100 * found.recall:.1f} % of the {TOP} nearest, "
            "asked with tracklets of the gallery and without a filter (search=hnsw)."
        )
    return "\n".join(lines)


def verification_as_json(found: Verification) -> dict[str, Any]:
    return {"is_sound": found.is_sound, **asdict(found)}


def choice_of(gallery: Gallery, **choice: Unpack[DeletionChoice]) -> str:
    """What a deletion would take, in words, so that someone can agree to it. Raises as
    `choose_tracklets` does."""
    chosen = choose_tracklets(gallery, **choice)
    what = _which(gallery, chosen.ids, choice)
    if not chosen.uploads:
        return what
    videos = ", ".join(each.path.name for each in chosen.uploads)
    return f"{what}, and the videos that were sent: {videos},"


def _which(gallery: Gallery, ids: Sequence[int], choice: DeletionChoice) -> str:
    count = counted(len(ids), "tracklet")
    if (camera := choice.get("camera")) is not None:
        return f"{count} of camera {camera}"
    if (source := choice.get("source")) is not None:
        return f"{count} of the source {source}"
    if (before := choice.get("before")) is not None:
        return f"{count} from before {before}"
    if (person := choice.get("person")) is not None:
        name = gallery.person(person).name
        return f"{count} of person {person}{'' if name is None else f' ({name})'}"
    return ", ".join(gallery.store.names(ids))


def deletion_text(done: Deletion, *, at_most: int) -> str:
    """What is gone, and what is not; of the names `at_most` are told."""
    count = len(done.names)
    lines = [f"{count:,} {'tracklet is' if count == 1 else 'tracklets are'} gone for good."]
    lines += [f"  {name}" for name in done.names[:at_most]]
    if count > at_most:
        lines.append(f"  and {count - at_most:,} more")
    if done.uploads:
        videos = ", ".join(each.path.name for each in done.uploads)
        were = counted(
            len(done.uploads), "video that was sent here is", "videos that were sent here are"
        )
        lines.append(f"{were} gone, too: {videos}.")
    if done.n_uploads_left:
        videos = counted(
            done.n_uploads_left,
            "video that was sent here still shows",
            "videos that were sent here still show",
        )
        lines.append(f"{videos} them, since others were found there, too.")
    if done.n_undated:
        lines.append(
            f"{done.n_undated:,} tracklets stay because nobody knows when they were seen: "
            "their videos were indexed without --start."
        )
    if not done.is_erased:
        lines.append(
            "They are in no answer any more, but another process is reading the gallery, and so "
            "traces are left in its files. End it and run `tacan gallery verify --repair`."
        )
    if done.remains is not None:
        lines.append(done.remains)
    return "\n".join(lines)


def retention_text(days: int | None) -> str:
    """For how long people are kept."""
    if days is None:
        return "People are kept until somebody deletes them: no rule is set."
    return f"People are kept for {counted(days, 'day')} after they were first seen."


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    return {
        name: value.isoformat() if isinstance(value, datetime) else value
        for name, value in values.items()
    }
