"""Pictures as pixels: read strictly, resized, cut."""
