"""Sealed contents of requests, opened."""

from pydantic import ConfigDict, Field

from bot.store import places
from bot.store.sealing import Keyring
from handlers.requests.model import Content


def content_of(keyring: Keyring, code: str, sealed: bytes) -> Content:
    """What the request of a code asks for.

    Raises:
        SealError: it does not open.
        pydantic.ValidationError: it is no content.
    """
    return Content.model_validate_json(keyring.unseal_bytes(sealed, places.content(code)))


def without_decision(keyring: Keyring, code: str, sealed: bytes) -> Content:
    """The same with an empty decision: kilobytes that no list shows, and whose reading takes most of the time."""
    return _Undecided.model_validate_json(keyring.unseal_bytes(sealed, places.content(code)))


class _Undecided(Content):
    """The parser passes over what no field asks for: the decision is looked for under a name that nothing has."""

    model_config = ConfigDict(extra="ignore")

    decision: str = Field(default="", validation_alias="")
