"""Requests as they are shown to those who may not see personal data.

What a body is called is no personal data and stays; so does the name of a device. A person's name becomes initials,
a serial number its end, an e-mail address its domain; what was written in the free text of a move goes.
"""

from dataclasses import replace

from handlers.model.request import Request, RequestContent
from handlers.model.request_list import RequestRow
from rules.facts import Subject

#: Digits of a serial number that stay, and how long it must be for that.
_SERIAL_DIGITS_SHOWN, _MIN_SERIAL_LENGTH = 4, 8
#: What is left of something masked.
MASK = "…"


def mask_row(filed: RequestRow) -> RequestRow:
    """A request of the list without what is personal in it."""
    return replace(filed, request=mask_request(filed.request), note="")


def mask_request(request: Request) -> Request:
    """A request without what is personal in it; its moves stay, why they were made does not."""
    steps = tuple(step.model_copy(update={"note": ""}) for step in request.history)
    return request.model_copy(update={"content": mask_content(request.content), "history": steps})


def mask_content(content: RequestContent) -> RequestContent:
    """What is asked for, without what is personal in it; the decision is a text of the rules and stays."""
    changes: dict[str, object] = {
        "serial": mask_serial(content.serial) if content.serial else content.serial,
        "signed_serial": None,
        "news": {name: _mask_news(content, name, value) for name, value in content.news.items()},
    }
    if content.subject is Subject.INDIVIDUAL:
        changes["subscriber"] = mask_name(content.subscriber)
        changes["certificate_name"] = mask_name(content.certificate_name) if content.certificate_name else None
    return content.model_copy(update=changes)


def mask_name(name: str) -> str:
    """``Nguyễn Văn An`` as ``N. V. An``; a single word as its initial."""
    *first, last = name.split() or [""]
    return " ".join((*(f"{word[0]}." for word in first), last)) if first else f"{last[:1]}."


def mask_serial(serial: str) -> str:
    """The last four digits; none of a number too short to hide the others."""
    return f"{MASK}{serial[-_SERIAL_DIGITS_SHOWN:]}" if len(serial) >= _MIN_SERIAL_LENGTH else MASK


def mask_email(address: str) -> str:
    """The domain alone."""
    _, at, domain = address.rpartition("@")
    return f"{MASK}{at}{domain}" if at else MASK


def _mask_news(content: RequestContent, name: str, value: str) -> str:
    if name == "new_email":
        return mask_email(value)
    return mask_name(value) if name == "new_name" and content.subject is Subject.INDIVIDUAL else value
