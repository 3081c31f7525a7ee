"""A chart is drawn between two turns."""

from collections.abc import Awaitable, Callable
from typing import Literal

import structlog

from bot.channels.base import Channel
from bot.charts import ChartsMissing
from handlers.events import ChartDrawn, DrawChart
from handlers.office.chart import Chart

#: ``bot.charts.Charts.draw``: a PNG file.
Draw = Callable[[Chart], Awaitable[bytes]]

_log = structlog.get_logger(__name__)


async def drawn(event: DrawChart, channel: Channel | None, draw: Draw | None) -> ChartDrawn:
    """The event with its picture, or with why there is none; never an error, for the turn goes on."""
    if channel is None or not channel.capabilities.accepts("image/png"):
        return _without(event, "no_files")
    try:
        picture = await draw(event.chart) if draw else None
    except ChartsMissing:
        return _without(event, "not_installed")
    except Exception as error:  # noqa: BLE001 - the numbers were told; the picture is not worth a failed turn
        _log.error("chart_not_drawn", error=type(error).__name__)
        return _without(event, "failed")
    return ChartDrawn.of(event.chart.title, picture) if picture else _without(event, "not_installed")


def _without(event: DrawChart, trouble: Literal["no_files", "not_installed", "failed"]) -> ChartDrawn:
    return ChartDrawn(title=event.chart.title, trouble=trouble)
