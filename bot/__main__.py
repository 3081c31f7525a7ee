"""Run the command line: ``python -m bot`` is the same as ``troly``."""

from bot.cli import main

main()
