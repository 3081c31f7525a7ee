"""Zalo: the Official Account of an office."""
