"""From fragments to the tracklets that are stored: exchanged, split, connected, numbered."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from tacan.embeddings.embedder import ClipEmbedder
from tacan.gallery.gallery_records import NewTracklet
from tacan.indexing.connecting import Connector
from tacan.indexing.embedding import new_tracklet
from tacan.indexing.exchanging import Exchanger
from tacan.indexing.fragments import Fragment
from tacan.indexing.index_settings import IndexSettings
from tacan.indexing.splitting import split
from tacan.retrieval.priors import load_prior
from tacan.video.video_records import Tick

__all__ = ["associate"]


def associate(
    groups: Iterable[Sequence[Fragment] | Tick], settings: IndexSettings, embedder: ClipEmbedder
) -> Iterator[list[NewTracklet]]:
    """The tracklets of a video as they become complete, numbered from 1.

    `groups` are the fragments of the video, in the order of ending. The same fragments always give
    the same tracklets under the same numbers, however they are grouped. By a tick between them what
    is complete by then is given out, where else the next fragment is waited for.
    """
    number = 0
    for done in _complete(groups, settings, embedder):
        yield [new_tracklet(each, number + i, embedder) for i, each in enumerate(done, start=1)]
        number += len(done)


def _complete(
    groups: Iterable[Sequence[Fragment] | Tick], settings: IndexSettings, embedder: ClipEmbedder
) -> Iterator[Sequence[Fragment]]:
    """The fragments exchanged, split and connected, as nothing can go on from them any more."""
    mode = settings.connect
    if mode == "off":
        yield from (group for group in groups if not isinstance(group, Tick))
        return
    prior = load_prior(embedder.fingerprint, embedder.metric)
    connector = Connector(
        embedder,
        mode=mode,
        max_seconds=settings.max_seconds,
        max_crops=settings.max_crops,
        prior=prior,
    )
    exchanger = Exchanger(
        embedder,
        mode=mode,
        max_seconds=settings.max_seconds,
        max_crops=settings.max_crops,
        min_frames=settings.min_frames,
        min_seconds=settings.min_seconds,
        prior=prior,
    )

    def complete(running_since: float) -> list[Fragment]:
        done: list[Fragment] = []
        while (fragment := exchanger.next(running_since=running_since)) is not None:
            parts = split(
                fragment,
                embedder,
                strangers=connector.strangers,
                mode=mode,
                prior=prior,
                min_frames=settings.min_frames,
                min_seconds=settings.min_seconds,
            )
            done += connector.add(parts, running_since=exchanger.running_since(running_since))
        return done + connector.settle(running_since=exchanger.running_since(running_since))

    for group in groups:
        if isinstance(group, Tick):
            yield complete(group.running_since)
            continue
        done: list[Fragment] = []
        for fragment in group:
            exchanger.add(fragment, strangers=connector.strangers)
            done += complete(fragment.tracklet.running_since)
        yield done
    yield complete(float("inf"))
