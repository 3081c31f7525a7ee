"""Run the command line: ``python -m bot`` is the same as ``troly``."""

import gc
import os
import sys


def start() -> None:
    """Start a process of the program with nothing loaded that its command does not use.

    The garbage collector rests until the modules are there: they make no garbage, and it would walk all of them
    (``bot.cli`` and ``bot.app`` let it work again).
    """
    gc.disable()
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")  # it would look through all that is installed for them
    # An import of it fails now: the command line of httpx, which brings those of click and pygments along.
    sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type]
    if _prints_plain_text(sys.argv[1:]):
        # The same: structlog takes it where it finds it, 75 modules and 8 MB for nothing.
        sys.modules.setdefault("rich", None)  # type: ignore[arg-type]
    from bot.cli import main  # noqa: PLC0415 - imported without the collector

    main()


def _prints_plain_text(arguments: list[str]) -> bool:
    """Return whether the command is a service or a conversation, and not shown on a terminal."""
    return arguments[:1] in (["run"], ["worker"], ["chat"]) and not os.isatty(1)


if __name__ == "__main__":
    start()
