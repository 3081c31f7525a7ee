"""Tools for those who work on the program; no part of what is installed."""
