"""One file for each kind of people detector."""
