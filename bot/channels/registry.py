"""Parse the address of a person on the command line: ``telegram:ID`` or ``terminal:NAME``."""

import hashlib
import re
from typing import NamedTuple

TELEGRAM, TERMINAL = "telegram", "terminal"
#: A private chat has the number of its person: https://core.telegram.org/bots/api#chat .
_TELEGRAM_ID = re.compile(r"[1-9][0-9]{0,18}")


class ChannelAddress(NamedTuple):
    """A channel of the store, and an address in it."""

    channel: str
    address: str


def terminal_channel(name: str) -> str:
    """Return the channel of a terminal's conversation.

    It holds only a digest of the name, because the store keeps channels in the clear.
    """
    return f"{TERMINAL}:{hashlib.sha256(name.encode(errors='replace')).hexdigest()[:16]}"


def parse_address(text: str) -> ChannelAddress | None:
    """Return the channel and address of a person; ``None`` if the text is no valid address."""
    kind, _, address = text.partition(":")
    if kind == TELEGRAM and _TELEGRAM_ID.fullmatch(address):
        return ChannelAddress(TELEGRAM, address)
    return ChannelAddress(terminal_channel(address), address) if kind == TERMINAL and address else None
