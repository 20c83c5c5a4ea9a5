"""Tracklets to embeddings, and the files that hold them."""
