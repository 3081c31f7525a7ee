"""The walks through every screen, taken once in a process: it is a whole day of conversations."""

from bot.preview import Walks, take_walks
from rules.pack import Pack

_taken: dict[tuple[str, str], Walks] = {}


async def take_walks_once(pack: Pack, language: str) -> Walks:
    """Take every walk, or return those of before."""
    return _taken.get((pack.label, language)) or await take_walks_anew(pack, language)


async def take_walks_anew(pack: Pack, language: str) -> Walks:
    """Take every walk, for whoever watches what is done for it."""
    taken = _taken[pack.label, language] = await take_walks(pack, language)
    return taken
