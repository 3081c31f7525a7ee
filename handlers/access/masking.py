"""Requests as they are shown to those who may not see personal data.

What a body is called is no personal data and stays; so does the name of a device. A person's name becomes initials,
a serial number its end, an e-mail address its domain; what was written in the free text of a move goes.
"""

from dataclasses import replace

from handlers.office.model import Filed
from handlers.requests.model import Content, Request
from rules.facts import Subject

#: Digits of a serial number that stay, and how long it must be for that.
_SHOWN, _LONG = 4, 8
#: What is left of something masked.
MASK = "…"


def masked(filed: Filed) -> Filed:
    """A request of the list without what is personal in it."""
    return replace(filed, request=masked_request(filed.request), note="")


def masked_request(request: Request) -> Request:
    """A request without what is personal in it; its moves stay, why they were made does not."""
    steps = tuple(step.model_copy(update={"note": ""}) for step in request.history)
    return request.model_copy(update={"content": masked_content(request.content), "history": steps})


def masked_content(content: Content) -> Content:
    """What is asked for, without what is personal in it; the decision is a text of the rules and stays."""
    changes: dict[str, object] = {
        "serial": masked_serial(content.serial) if content.serial else content.serial,
        "signed_serial": None,
        "news": {name: _masked_news(content, name, value) for name, value in content.news.items()},
    }
    if content.subject is Subject.INDIVIDUAL:
        changes["subscriber"] = masked_name(content.subscriber)
        changes["certificate_name"] = masked_name(content.certificate_name) if content.certificate_name else None
    return content.model_copy(update=changes)


def masked_name(name: str) -> str:
    """``Nguyễn Văn An`` as ``N. V. An``; a single word as its initial."""
    *first, last = name.split() or [""]
    return " ".join((*(f"{word[0]}." for word in first), last)) if first else f"{last[:1]}."


def masked_serial(serial: str) -> str:
    """The last four digits; none of a number too short to hide the others."""
    return f"{MASK}{serial[-_SHOWN:]}" if len(serial) >= _LONG else MASK


def masked_email(address: str) -> str:
    """The domain alone."""
    _, at, domain = address.rpartition("@")
    return f"{MASK}{at}{domain}" if at else MASK


def _masked_news(content: Content, name: str, value: str) -> str:
    if name == "new_email":
        return masked_email(value)
    return masked_name(value) if name == "new_name" and content.subject is Subject.INDIVIDUAL else value
