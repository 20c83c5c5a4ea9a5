"""The second step of a deletion: no byte of what was deleted is left in a file of the gallery."""

from __future__ import annotations

from tacan.gallery.gallery import Gallery

__all__ = ["finish_erasure"]


def finish_erasure(gallery: Gallery) -> bool:
    """Erases what a deletion has left to be erased: crops, the database's old pages, the copy of
    the vectors.

    True if nothing is pending any more. False if a process that is reading the gallery is in the
    way: then it is done when the gallery is next opened for writing.
    """
    upkeep = gallery.store.upkeep()
    doomed = upkeep.pending()
    if doomed is None:
        return True
    for path in doomed:
        gallery.crop_folder.erase(path)
    if not (gallery.cache.update(anew=True) and upkeep.erase_traces()):
        return False
    upkeep.erased()
    return True
