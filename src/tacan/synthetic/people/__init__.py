"""Generated people: bodies, clothes, and how they walk."""
