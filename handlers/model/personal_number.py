"""Numbers that the state gives to a person (CMND, CCCD): nobody asks for them, so no text that is kept holds one."""

import re

#: 9 or 12 digits, also written in groups.
_PERSONAL_NUMBER = re.compile(r"(?<!\d)\d(?:[ .]?\d){8}(?:(?:[ .]?\d){3})?(?!\d|[ .]\d)")


def has_personal_number(text: str) -> bool:
    """Whether a number of 9 or 12 digits stands in a text."""
    return _PERSONAL_NUMBER.search(text) is not None
