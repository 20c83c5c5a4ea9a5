from tests.gallery.conftest import make_gallery

__all__ = ["make_gallery"]
