"""Anyone's features: other files, other names, and ready distances."""

from tacan.evaluation.importers.sources import load_source, parse_columns

__all__ = ["load_source", "parse_columns"]
