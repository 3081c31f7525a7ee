"""Tools for people who work on the program; they are not installed with it."""
