"""Charts as PNG files; matplotlib, an extra, is loaded with the first of them."""

from bot.charts.drawing import Charts, ChartsMissing

__all__ = ["Charts", "ChartsMissing"]
