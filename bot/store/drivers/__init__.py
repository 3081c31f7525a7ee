"""Two databases behind one small interface."""
