"""What must not stand in a log: masked by the key it stands under, by its form, and once more in the finished line."""

import re
from collections.abc import Mapping

MASK = "•••"
#: Keys whose values are a person's or a secret, whatever they hold and however deep.
_PRIVATE = frozenset(
    {
        "address",
        "answers",
        "chat",
        "content",
        "database_url",
        "email",
        "event_data",
        "file",
        "filename",
        "first_name",
        "last_name",
        "name",
        "password",
        "path",
        "payload",
        "phone",
        "secret",
        "serial",
        "session",
        "signed_serial",
        "subscriber",
        "text",
        "token",
        "unit",
        "user_id",
        "username",
    }
)
#: In this order: an address with a password in it looks like an e-mail address as well.
_FORMS = (
    (re.compile(r"//[^\s/:@]*:\S*@"), f"//{MASK}@"),
    (re.compile(r"(?i)\b(bearer\s+)[\w.~+/=-]+"), rf"\1{MASK}"),
    (
        re.compile(
            r"(?i)\b((?:password|passwd|pwd|token|secret|api_key)\\?[\"']?(?:=|\s*:\s))\s*\\?[\"']?[^\s&;,'\"}\\]+"
        ),
        rf"\1{MASK}",
    ),
    (re.compile(r"\d{5,}(?::|%3[aA])[A-Za-z0-9_-]{30,}"), MASK),  # a bot's token
    (re.compile(r"[\w.+-]+@\w[\w.-]*"), MASK),
    (re.compile(r"(?<![\w.-])(?:\+84|0)[ .]?\d{2,3}[ .]\d{3}[ .]\d{3,4}(?![\w-])"), MASK),  # telephones in groups
    (re.compile(r"(?<![\w.-])\d{3}[ .]\d{3}[ .]\d{3}[ .]\d{3}(?![\w-])"), MASK),  # personal numbers in groups
    (re.compile(r"(?i)(?<![\w-])(?=[\da-f]*\d)[\da-f]{16,}(?![\w-])"), MASK),  # serials
    (re.compile(r"(?<!\d)(?<!\d\.)\d{9,}"), MASK),  # chats, telephones, personal numbers; not the decimals of a number
)
#: Deeper than this, a value is masked as a whole.
_DEPTH = 6


def scrub(text: str) -> str:
    """A text without passwords in addresses, bot tokens, e-mail addresses and long numbers."""
    for form, mask in _FORMS:
        text = form.sub(mask, text)
    return text


def masked(value: object, depth: int = 0) -> object:
    """A value of a log line with what is private in it masked, however deep it lies."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        return value if scrub(str(value)) == str(value) else MASK
    if isinstance(value, BaseException):
        return type(value).__name__  # its message may quote a person
    if isinstance(value, Mapping | list | tuple | set | frozenset):
        return MASK if depth > _DEPTH else _masked_inside(value, depth + 1)
    return scrub(str(value))


def _masked_inside(value: object, depth: int) -> object:
    if isinstance(value, Mapping):
        return {
            scrub(str(key)): MASK if str(key).casefold() in _PRIVATE else masked(one, depth)
            for key, one in value.items()
        }
    return [masked(one, depth) for one in value] if isinstance(value, list | tuple | set | frozenset) else MASK
