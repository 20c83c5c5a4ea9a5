"""From video files into a gallery: the pipeline and its resumption."""
