"""The public JSON API, one file a subject."""
