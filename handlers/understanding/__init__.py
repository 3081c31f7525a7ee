"""Interpretation of typed lines: options by name or number, and doubts."""
