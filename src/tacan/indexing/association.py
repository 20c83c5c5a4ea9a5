"""From fragments to the tracklets that are stored: split, connected, numbered."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

from tacan.embeddings.embedder import ClipEmbedder
from tacan.gallery.gallery_records import NewTracklet
from tacan.indexing.connecting import Connector
from tacan.indexing.embedding import new_tracklet
from tacan.indexing.fragments import Fragment
from tacan.indexing.index_settings import IndexSettings
from tacan.indexing.splitting import split
from tacan.retrieval.priors import load_prior

__all__ = ["associate"]


def associate(
    groups: Iterable[Sequence[Fragment]], settings: IndexSettings, embedder: ClipEmbedder
) -> Iterator[list[NewTracklet]]:
    """The tracklets of a video as they become complete, numbered from 1.

    `groups` are the fragments of the video, in the order of ending. The same fragments always give
    the same tracklets under the same numbers, however they are grouped.
    """
    mode = settings.connect
    prior = load_prior(embedder.fingerprint, embedder.metric)
    connector = Connector(
        embedder,
        mode=mode,
        max_seconds=settings.max_seconds,
        max_crops=settings.max_crops,
        prior=prior,
    )
    number = 0
    for group in chain(groups, [None]):
        done: list[Fragment] = [] if group is not None else connector.flush()
        for fragment in group or ():
            known = connector.strangers
            for part in split(fragment, embedder, strangers=known, mode=mode, prior=prior):
                done += connector.add(part, running_since=fragment.tracklet.running_since)
        yield [new_tracklet(each, number + i, embedder) for i, each in enumerate(done, start=1)]
        number += len(done)
