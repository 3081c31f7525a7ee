"""The e-mail address that a person gave for themselves."""

import re
from dataclasses import dataclass
from enum import StrEnum

#: What is taken for an address, in small letters: no quotes, no comments, nothing that a mail server reads as two.
_ADDRESS = re.compile(
    r"[a-z0-9](?:[a-z0-9._%+'-]{0,62}[a-z0-9_])?@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,24}"
)
_LONGEST_ADDRESS = 254


@dataclass(frozen=True, slots=True)
class EmailContact:
    """An address, and what goes there."""

    address: str
    confirmed: bool  #: the link in its first message was opened
    first: bool = False  #: reminders and notices go there before the chat; else only where the chat cannot be reached
    files: bool = False  #: files that the person has made in the chat go there as well
    working: bool = True  #: nobody has stopped it, and its server takes messages


class EmailOffer(StrEnum):
    """What became of an address that a person gave."""

    ASKED = "asked"  #: a message with a link is on its way to it
    ELSEWHERE = "elsewhere"  #: it is no official address
    TOO_OFTEN = "too_often"  #: so many messages were asked for in a day
    STOPPED = "stopped"  #: whoever reads it wants no messages


def parse_email(text: str) -> str | None:
    """Return a typed address in small letters; ``None`` where it is none."""
    typed = text.strip().strip("<>").lower().removeprefix("mailto:")
    plain = typed.isascii() and len(typed) <= _LONGEST_ADDRESS and ".." not in typed
    return typed if plain and _ADDRESS.fullmatch(typed) else None


def is_official(address: str, domains: tuple[str, ...]) -> bool:
    """Tell whether an address belongs to one of these domains, or to one below."""
    domain = address.rpartition("@")[2]
    return any(domain == one or domain.endswith(f".{one}") for one in domains)
