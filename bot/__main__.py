"""``python -m bot``: the same as ``troly``."""

from bot.cli import main

main()
