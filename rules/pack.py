"""The rule pack."""


class Pack:
    """Placeholder until loaded."""
