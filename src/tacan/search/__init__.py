"""Asking a gallery: from what a user writes to the tracklets that are nearest."""
