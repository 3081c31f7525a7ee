"""How a person is named on the command line: ``telegram:ID``, ``terminal:NAME``."""

import hashlib
import re
from typing import NamedTuple

TELEGRAM, TERMINAL = "telegram", "terminal"
#: Private chats have the number of their person: https://core.telegram.org/bots/api#chat .
_TELEGRAM_ID = re.compile(r"[1-9][0-9]{0,18}")


class ChannelAddress(NamedTuple):
    """A channel of the store, and an address in it."""

    channel: str
    address: str


def terminal_channel(name: str) -> str:
    """The channel of a terminal's conversation. It stands in the store in the clear, so the name is a digest in it."""
    return f"{TERMINAL}:{hashlib.sha256(name.encode(errors='replace')).hexdigest()[:16]}"


def parse_address(text: str) -> ChannelAddress | None:
    """Channel and address of a person; ``None`` where the text names none."""
    kind, _, address = text.partition(":")
    if kind == TELEGRAM and _TELEGRAM_ID.fullmatch(address):
        return ChannelAddress(TELEGRAM, address)
    return ChannelAddress(terminal_channel(address), address) if kind == TERMINAL and address else None
