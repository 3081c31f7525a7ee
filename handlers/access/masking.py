"""Masks personal data in requests for people who may not see it.

Names of bodies and devices are not personal data and stay. A person's name becomes initials, a serial number its last
digits, an e-mail address its domain; notes of moves are removed, because they are free text.
"""

from dataclasses import replace

from handlers.model.request import Request, RequestContent
from handlers.model.request_list import RequestRow
from rules.facts import Subject

#: Last digits of a serial number that stay, and the shortest number for which they do.
_SERIAL_DIGITS_SHOWN, _MIN_SERIAL_LENGTH = 4, 8
#: The replacement for masked text.
MASK = "…"


def mask_row(filed: RequestRow) -> RequestRow:
    """Mask a row of the request list."""
    return replace(filed, request=mask_request(filed.request), note="")


def mask_request(request: Request) -> Request:
    """Mask a request: its content, and the notes of its moves."""
    steps = tuple(step.model_copy(update={"note": ""}) for step in request.history)
    return request.model_copy(update={"content": mask_content(request.content), "history": steps})


def mask_content(content: RequestContent) -> RequestContent:
    """Mask the content of a request; the decision is a text of the rules and stays."""
    changes: dict[str, object] = {
        "serial": mask_serial(content.serial) if content.serial else content.serial,
        "signed_serial": None,
        "email": mask_email(content.email) if content.email else None,
        "old": {name: _mask_news(content, name, value) for name, value in content.old.items()},
        "news": {name: _mask_news(content, name, value) for name, value in content.news.items()},
    }
    if content.subject is Subject.INDIVIDUAL:
        changes["subscriber"] = mask_name(content.subscriber)
        changes["certificate_name"] = mask_name(content.certificate_name) if content.certificate_name else None
    return content.model_copy(update=changes)


def mask_name(name: str) -> str:
    """Shorten a name: ``Nguyễn Văn An`` becomes ``N. V. An``, a single word becomes its initial."""
    *first, last = name.split() or [""]
    return " ".join((*(f"{word[0]}." for word in first), last)) if first else f"{last[:1]}."


def mask_serial(serial: str) -> str:
    """Keep the last four digits; none if the number is too short to hide the rest."""
    return f"{MASK}{serial[-_SERIAL_DIGITS_SHOWN:]}" if len(serial) >= _MIN_SERIAL_LENGTH else MASK


def mask_email(address: str) -> str:
    """Keep only the domain."""
    _, at, domain = address.rpartition("@")
    return f"{MASK}{at}{domain}" if at else MASK


def _mask_news(content: RequestContent, name: str, value: str) -> str:
    if name == "new_email":
        return mask_email(value)
    return mask_name(value) if name == "new_name" and content.subject is Subject.INDIVIDUAL else value
