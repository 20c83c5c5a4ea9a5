"""Video files to tracklets: decoding, detection, tracking, crops."""
