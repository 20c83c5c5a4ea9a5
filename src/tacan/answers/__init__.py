"""What a search found, for people to look at and for programs to read."""
