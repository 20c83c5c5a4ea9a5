"""The page: a gallery in a browser, served on one's own machine, with a JSON API of its own."""
