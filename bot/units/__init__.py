"""Import the tree of units from a file: read it, validate it as a whole, and compare it with the stored tree."""
