"""Comparing vectors: distances, exact search, re-ranking, calibration. Imports no torch."""
