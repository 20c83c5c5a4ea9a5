"""Places, what stands in them, and the cameras that see them."""
