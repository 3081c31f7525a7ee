"""The tree of units as files have it: read, checked whole, compared with what is stored."""
