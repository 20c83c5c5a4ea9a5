"""People that were seen, kept on disk to be searched."""
