"""Exported lists that come back with changes."""
