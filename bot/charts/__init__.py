"""Draw charts as PNG files; matplotlib, an optional dependency, is loaded with the first chart."""

import asyncio
import logging
import os
import threading
from importlib import import_module
from pathlib import Path

from bot.errors import SettingsError, TrolyError, to_reason
from handlers.model import Chart
from locales import N_


class ChartsMissing(TrolyError):  # noqa: N818 - a state
    """The drawing library is not installed."""

    def __init__(self) -> None:
        super().__init__(N_("Pictures need a drawing library: pip install 'troly-chung-thu[charts]'"))


class Charts:
    """Draws charts. Matplotlib caches its list of fonts in ``folder``, where nobody else may write."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()  # text layout of matplotlib is shared by all figures

    async def draw(self, chart: Chart) -> bytes:
        """Return a PNG file, drawn in a thread; raises the errors of ``draw_blocking``."""
        return await asyncio.to_thread(self.draw_blocking, chart)

    def draw_blocking(self, chart: Chart) -> bytes:
        """Return a PNG file.

        Raises:
            ChartsMissing: matplotlib is not installed.
            SettingsError: its folder cannot be created.
        """
        with self._lock:
            self._settle()
            try:
                figures = import_module("bot.charts.figures")
            except ModuleNotFoundError as error:
                if (error.name or "").partition(".")[0] != "matplotlib":
                    raise
                raise ChartsMissing from None
            png: bytes = figures.render_png(chart)
            return png

    def _settle(self) -> None:
        """Set the folder before the first import: matplotlib looks for it then, and logs what it does there."""
        if "MPLCONFIGDIR" in os.environ:
            return
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            message = N_("TROLY_DATA_DIR: the folder {path} cannot be made: {reason}")
            raise SettingsError(message, path=self._folder, reason=to_reason(error)) from None
        os.environ["MPLCONFIGDIR"] = str(self._folder.resolve())
        logging.getLogger("matplotlib").setLevel(logging.ERROR)
