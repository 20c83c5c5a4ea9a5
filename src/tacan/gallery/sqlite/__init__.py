"""The records of a gallery in one SQLite file."""
