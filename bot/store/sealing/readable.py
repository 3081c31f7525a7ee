"""Sealed values where others are shown beside them: one that cannot be read stands in nobody's way.

It is noted (``DamageLog``): the log names its row, and the owners are told once.
"""

from collections.abc import Callable
from typing import TypeVar

from bot.store.errors import SealError
from bot.store.sealing.keyring import Keyring, SealContext

_Opened = TypeVar("_Opened")
#: What opening raises where a value is altered, cut, sealed with an unknown key, or no longer fits its model.
UNREADABLE_ERRORS = (SealError, ValueError)


def read_or_none(keyring: Keyring, place: SealContext, opened: Callable[[], _Opened]) -> _Opened | None:
    """Return what opening gives; ``None``, noted, where it cannot be read."""
    try:
        return opened()
    except UNREADABLE_ERRORS as error:
        keyring.damage.record(*place, error)
        return None


def unseal_or_none(keyring: Keyring, sealed: bytes | None, place: SealContext) -> str | None:
    """Open a text that may be missing; ``None`` also where it cannot be read."""
    return None if sealed is None else read_or_none(keyring, place, lambda: keyring.unseal(sealed, place))
