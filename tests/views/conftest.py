from tests.search.conftest import card, folder, gallery, model, own_folder, video

__all__ = ["card", "folder", "gallery", "model", "own_folder", "video"]
