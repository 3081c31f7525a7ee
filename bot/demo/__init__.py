"""A made-up province for trying, teaching and measuring: every name in it says "Mẫu", nobody is behind it."""

from bot.demo.filling import Made, Sizes, fill
from bot.demo.people import CHANNEL

__all__ = ["CHANNEL", "Made", "Sizes", "fill"]
