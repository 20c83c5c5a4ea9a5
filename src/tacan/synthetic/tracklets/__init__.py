"""Tracklets of generated people as a data set: its plan, its pictures, its ground truth."""
