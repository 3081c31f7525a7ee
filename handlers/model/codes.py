"""The codes by which people name things; the letters before the number say what is named.

YC-2026-000123 is a request, TB-000012 a broadcast, QT-000012 a role, LM-000012 an invitation, N-3F2A91C0 a person.
"""

import re

REQUEST, BROADCAST, ROLE, INVITATION, PERSON = "YC", "TB", "QT", "LM", "N"
#: Letters of a chat's id in the code of its person.
PERSON_CODE_LENGTH = 8

REQUEST_CODE = re.compile(rf"{REQUEST}-\d{{4}}-\d+", re.IGNORECASE)
PERSON_CODE = re.compile(rf"{PERSON}-([0-9A-F]{{{PERSON_CODE_LENGTH}}})", re.IGNORECASE)
#: What ``format_code`` gives a broadcast, in a regular expression.
BROADCAST_CODE_PATTERN = rf"{BROADCAST}-[0-9]{{6,12}}"


def format_code(prefix: str, number: int) -> str:
    """``QT-000012``."""
    return f"{prefix}-{number:06d}"


def request_series(year: int) -> str:
    """The counter of a year's requests, ``YC-2026``: a request's code begins with it."""
    return f"{REQUEST}-{year}"


def format_request_code(year: int, number: int) -> str:
    """``YC-2026-000123``."""
    return format_code(request_series(year), number)


def format_person_code(chat: str) -> str:
    """How lists and reports name a person: part of the chat's id, which says nothing about them."""
    return f"{PERSON}-{chat[:PERSON_CODE_LENGTH].upper()}"


def chat_id_head(code: str) -> str:
    """The part of a chat's id that stands in a person's code, however the code was typed."""
    return code.strip().upper().removeprefix(f"{PERSON}-").lower()[:PERSON_CODE_LENGTH]
