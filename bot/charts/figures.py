"""Stacked bars, one a unit, the first on top."""

from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from bot.charts.words import shown, wrapped
from handlers.office.chart import Bar, BarChart

#: Okabe and Ito's colours, which people who see few colours tell apart: from what is not begun to what is done.
COLOURS = ("#D55E00", "#E69F00", "#56B4E9", "#009E73")
#: Letters of a name in one line.
_NAME = 30
#: Inches: of the title, the legend and the axis; of a bar with a name of one line; of each more line.
_FRAME, _BAR, _LINE = 1.7, 0.34, 0.15
#: A part narrower than this share of the axis has no room for its figure.
_ROOM = 0.035


def height_of(chart: BarChart) -> float:
    """Inches that the bars need with their names."""
    return max(2.4, _FRAME + sum(map(_room, chart.bars)))


def draw_bars(axes: Axes, chart: BarChart) -> None:
    """The bars with their figures, or that there is nothing."""
    if not chart.bars:
        axes.set_axis_off()
        axes.text(0.5, 0.5, shown(chart.nothing), ha="center", va="center", transform=axes.transAxes)
        return
    places = _places(chart)
    left = [0] * len(chart.bars)
    longest = max(sum(bar.values) for bar in chart.bars)
    for number, series in enumerate(chart.series):
        values = [bar.values[number] for bar in chart.bars]
        drawn = axes.barh(places, values, left=left, height=0.24, color=COLOURS[number], label=shown(series))
        figures = [str(value) if value > longest * _ROOM else "" for value in values]
        axes.bar_label(drawn, figures, label_type="center", fontsize=7)
        left = [before + value for before, value in zip(left, values, strict=True)]
    _label(axes, chart, places)


def _places(chart: BarChart) -> list[float]:
    """Where each bar lies, in inches from the top."""
    places, top = [], 0.0
    for bar in chart.bars:
        places.append(top + _room(bar) / 2)
        top += _room(bar)
    return places


def _room(bar: Bar) -> float:
    """Inches of a bar: a name of several lines needs more."""
    return _BAR + _LINE * wrapped(bar.label, _NAME).count("\n")


def _label(axes: Axes, chart: BarChart, places: list[float]) -> None:
    axes.set_yticks(places, [wrapped(bar.label, _NAME) for bar in chart.bars], fontsize=8)
    axes.tick_params(axis="y", length=0)
    axes.set_ylim(sum(map(_room, chart.bars)), 0)
    axes.set_xlabel(shown(chart.axis), fontsize=8)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=8))
    axes.grid(axis="x", color="#DDDDDD", linewidth=0.6)
    axes.set_axisbelow(True)
    axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=len(chart.series), frameon=False, fontsize=8)
