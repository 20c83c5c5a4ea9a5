"""TACAN: find the same person again in video.

A tracklet becomes clips, clips become embeddings with a learned weight each, and their weighted
mean is the tracklet's vector. Start with `tacan --help`, or with the docs.
"""

__version__ = "0.1.0"

__all__ = ["__version__"]
