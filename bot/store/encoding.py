"""Sealed contents of requests, opened."""

from pydantic import ConfigDict, Field

from bot.store import places
from bot.store.reading import readable
from bot.store.sealing import Keyring
from handlers.requests.model import Content
from locales import LANGUAGES, N_, translator
from rules.facts import Subject
from rules.outcome import Procedure


def content_of(keyring: Keyring, code: str, sealed: bytes) -> Content:
    """What the request of a code asks for.

    Raises:
        SealError: it does not open.
        pydantic.ValidationError: it is no content.
    """
    return Content.model_validate_json(keyring.unseal_bytes(sealed, places.content(code)))


def without_decision(keyring: Keyring, code: str, sealed: bytes) -> Content:
    """The same with an empty decision: kilobytes that no list shows, and whose reading takes most of the time."""
    return _Undecided.model_validate_json(cut(keyring.unseal_bytes(sealed, places.content(code))))


def shown_content(  # noqa: PLR0913 - a row, and how it is shown
    keyring: Keyring, code: str, sealed: bytes, procedure: str, *, language: str = LANGUAGES[0], whole: bool = True
) -> Content:
    """The same for a list: one that cannot be read is shown as such, in a language, and noted."""
    opened = content_of if whole else without_decision
    found = readable(keyring, places.content(code), lambda: opened(keyring, code, sealed))
    if found is not None:
        return found
    name = translator(language)(N_("⚠ cannot be read any more"))
    known = {"subject": Subject.ORGANISATION, "subscriber": name, "unit": name, "procedure": Procedure(procedure)}
    return Content(**known, decision="", pack="", channel="", unreadable=True)


def cut(content: bytes) -> bytes:
    """The JSON of a content without its decision, where the fields stand in the order of the model.

    Within a JSON string every quote has a backslash before it (RFC 8259, 7): no text can look like the name of a field.
    """
    begin, end = content.find(b',"decision":"'), content.rfind(b'","pack":"')
    return content[:begin] + content[end + 1 :] if 0 < begin < end else content


class _Undecided(Content):
    """The parser passes over what no field asks for: the decision is looked for under a name that nothing has."""

    model_config = ConfigDict(extra="ignore")

    decision: str = Field(default="", validation_alias="")
