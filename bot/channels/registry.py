"""The channels there are, a line for each: name, label, how its people are named, how much it takes, what it can do.

Labels and limits come from ``handlers.model.channels``, because lists, texts and broadcasts need them as well.
"""

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass

from bot.channels.base import Capabilities
from handlers.model.channels import CHANNEL_LABELS, CHANNEL_LIMITS, TELEGRAM, TERMINAL, ChannelAddress


@dataclass(frozen=True, slots=True)
class ChannelProfile:
    """A kind of channel."""

    name: str
    address: re.Pattern[str]  #: matches the address of a person, as it is typed behind ``NAME:``
    capabilities: Capabilities
    channel_of: Callable[[str], str]  #: the ``channel`` in the store of a person with this address

    @property
    def label(self) -> str:
        """The message id of what people call it."""
        return CHANNEL_LABELS[self.name]


def terminal_channel(name: str) -> str:
    """Return the channel of a terminal's conversation.

    It stands in the store in the clear, so the name is a digest in it.
    """
    return f"{TERMINAL}:{hashlib.sha256(name.encode(errors='replace')).hexdigest()[:16]}"


def _profile(
    name: str, address: str, channel_of: Callable[[str], str] | None = None, **abilities: bool
) -> ChannelProfile:
    capabilities = Capabilities.within(CHANNEL_LIMITS[name], **abilities)
    return ChannelProfile(name, re.compile(address, re.DOTALL), capabilities, channel_of or (lambda _address: name))


#: Telegram: private chats have the number of their person, https://core.telegram.org/bots/api#chat .
CHANNELS = {
    profile.name: profile
    for profile in (
        _profile(
            TELEGRAM, r"[1-9][0-9]{0,18}",
            buttons=True, editing=True, deleting=True, files_in=True, files_out=True, markup=True,
        ),
        _profile(TERMINAL, r".+", terminal_channel, files_in=True, files_out=True, markup=True),
    )
}  # fmt: skip


def parse_address(text: str) -> ChannelAddress | None:
    """Read ``telegram:ID`` or ``terminal:NAME``; ``None`` where the text names no person of a channel."""
    kind, _, address = text.partition(":")
    profile = CHANNELS.get(kind.lower())
    if profile is None or not profile.address.fullmatch(address):
        return None
    return ChannelAddress(profile.channel_of(address), address)
