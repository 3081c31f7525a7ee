"""Broadcasts in the store: their life, whom they are for, and the rows of those they go to."""
