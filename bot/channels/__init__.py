"""Ways to a person: what delivery asks of a channel, how a reply becomes its messages, and the channels themselves."""

from bot.channels.base import Capabilities, Channel
from bot.channels.errors import ChannelError
from bot.channels.rendering import split, text_of

__all__ = ["Capabilities", "Channel", "ChannelError", "split", "text_of"]
