"""The renderer: solids with materials become pictures, with light and shadows."""
