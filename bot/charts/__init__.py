"""Charts as PNG files; matplotlib, an extra, is loaded with the first of them."""
