"""Load at a start only what it needs, and the rest when somebody needs it.

A start imports a thousand modules: each is read, run, and walked by the garbage collector.
"""

import asyncio
import gc
import sys
from importlib import import_module

__all__ = ["begin_uncollected", "import_in_thread", "keep_uncollected", "load_structlog_alone"]


def begin_uncollected() -> None:
    """Stop the garbage collector while modules are imported: they make no garbage, and it would walk all of them."""
    gc.disable()


def keep_uncollected() -> None:
    """Let the collector work again, on what is made from now on; what is there stays as long as the process."""
    gc.freeze()
    gc.enable()


async def import_in_thread(*modules: str) -> None:
    """Import modules that are heavy and seldom needed; only the caller waits for it, not the event loop."""
    wanted = [module for module in modules if module not in sys.modules]
    if wanted:
        await asyncio.to_thread(lambda: [import_module(module) for module in wanted])


def load_structlog_alone() -> None:
    """Import structlog without Rich, which it takes where it finds it, for tracebacks that no log of ours has.

    A service never needs Rich: 60 modules and 5 MB.
    """
    if "rich" in sys.modules:
        return
    sys.modules["rich"] = None  # type: ignore[assignment]  # an import of it fails now
    try:
        import_module("structlog")
    finally:
        del sys.modules["rich"]
