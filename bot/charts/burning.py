"""A burn-down: what is still open, and the straight way to nothing."""

from datetime import timedelta

from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from bot.charts.words import shown
from handlers.office.chart import BurnChart

_OPEN, _IDEAL = "#0072B2", "#D55E00"
#: Days written below, about.
_TICKS = 9


def draw_burn_down(axes: Axes, chart: BurnChart) -> None:
    """What was open until now, the even pace to the target, and the target; across, days since the start."""
    days, last = range(len(chart.open)), len(chart.open) - 1
    axes.plot(days, chart.open, color=_OPEN, linewidth=2, label=shown(chart.open_label))
    axes.fill_between(days, chart.open, color=_OPEN, alpha=0.12)
    axes.plot([0, _target(chart)], [chart.open[0], 0], color=_IDEAL, linestyle="--", label=shown(chart.ideal_label))
    axes.plot(last, chart.open[-1], "o", color=_OPEN)
    _write(axes, str(chart.open[-1]), last, chart.open[-1])
    _mark(axes, chart)
    _label(axes, chart)


def _target(chart: BurnChart) -> int:
    return (chart.until - chart.start).days


def _write(axes: Axes, figure: str, day: int, height: int) -> None:
    """A figure beside its point."""
    axes.annotate(figure, (day, height), xytext=(6, 6), textcoords="offset points", fontweight="bold")


def _mark(axes: Axes, chart: BurnChart) -> None:
    """The target, as a line with its words."""
    axes.axvline(_target(chart), color=_IDEAL, linewidth=0.8)
    axes.annotate(
        shown(chart.until_label),
        (_target(chart), 0.98),
        xycoords=("data", "axes fraction"),
        xytext=(-4, 0),
        textcoords="offset points",
        ha="right",
        va="top",
        rotation=90,
        fontsize=8,
        color=_IDEAL,
    )


def _label(axes: Axes, chart: BurnChart) -> None:
    last = max(_target(chart), len(chart.open) - 1)
    ticks = range(0, last + 1, last // _TICKS + 1)
    axes.set_xlim(-1, last + 2)
    axes.set_xticks(ticks, [f"{chart.start + timedelta(days=day):%d/%m}" for day in ticks])
    axes.yaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_ylim(0, max(*chart.open, 1) * 1.12)
    axes.grid(color="#DDDDDD", linewidth=0.6)
    axes.set_axisbelow(True)
    axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=2, frameon=False, fontsize=8)
