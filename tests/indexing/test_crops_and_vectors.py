"""The stored crops of a tracklet and its vector show the same person."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tacan.gallery import ModelInfo, open_gallery
from tacan.images.read import read_crop
from tacan.indexing.index_settings import IndexSettings
from tacan.indexing.index_videos import index_videos
from tacan.indexing.video_source import VideoSource
from tacan.video.encode import write_video
from tests.indexing.scenes import FPS, HEIGHT, WIDTH, ColourEmbedder

N_FRAMES = 20


def test_two_tracks_that_end_in_one_frame_with_one_box_keep_their_own_pictures(
    tmp_path: Path,
) -> None:
    """Blue comes from the left and red from the right, and both end in the middle."""
    frames, lines = [], []
    for t in range(N_FRAMES):
        frame = np.full((HEIGHT, WIDTH, 3), 128, np.uint8)
        for track, x, colour in ((2, 20 + 2 * t, (0, 0, 250)), (1, 96 - 2 * t, (250, 0, 0))):
            if t < N_FRAMES - 1:
                frame[20:70, x : x + 16] = colour
            else:
                x = 58
            lines.append(f"{t + 1},{track},{x},20,16,50,1,-1,-1,-1")
        frames.append(frame)
    path = write_video(tmp_path / "a.mp4", frames, fps=FPS, size=(WIDTH, HEIGHT))
    (tmp_path / "a.txt").write_text("\n".join(lines))
    settings = IndexSettings(detector=f"mot:{tmp_path / 'a.txt'}", min_height=10)
    card = ModelInfo("colour", "colour", 3)
    with open_gallery(tmp_path / "gallery", write=True, create_with=card) as gallery:
        index_videos(gallery, [VideoSource(path, "a", None, settings)], embedder=ColourEmbedder())
        ids, vectors = gallery.vectors()
        assert len(ids) == 2
        for number, vector in zip(ids, vectors, strict=True):
            pixels = [read_crop(crop.path).mean(axis=(0, 1)) for crop in gallery.crops(int(number))]
            blue_over_red = np.mean(pixels, axis=0)[2] - np.mean(pixels, axis=0)[0]
            assert abs(blue_over_red) > 50
            assert np.sign(vector[2] - vector[0]) == np.sign(blue_over_red)
