"""Rows of broadcasts and of their recipients: SQL, sealing, rows as data."""
