"""From video files into a gallery: the pipeline and its resumption."""

from tacan.indexing.report import IndexReport, SourceReport
from tacan.indexing.run import index_sources
from tacan.indexing.settings import IndexSettings
from tacan.indexing.sources import VideoSource, gather_sources, read_source_list

__all__ = [
    "IndexReport",
    "IndexSettings",
    "SourceReport",
    "VideoSource",
    "gather_sources",
    "index_sources",
    "read_source_list",
]
