"""The journal as people see it, and the subjects of its rows."""

from collections.abc import Sequence

#: Codes that a subject names one by one.
_NAMED_CODES = 10


def format_span(codes: Sequence[str]) -> str:
    """Join codes into the subject of one row; of more than ten, name the first and the last."""
    return ", ".join(codes) if len(codes) <= _NAMED_CODES else f"{codes[0]} … {codes[-1]}"
