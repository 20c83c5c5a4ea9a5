"""Folders of long work that can be interrupted: their settings, and what is done already."""
