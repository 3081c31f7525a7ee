"""Figures of matplotlib, without its windows: one canvas in memory for each chart. Imported by ``Charts`` alone."""

import io

import matplotlib as mpl
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from bot.charts.bars import draw_bars, height_of
from bot.charts.burning import draw_burn_down
from bot.charts.words import wrapped
from handlers.office.chart import BarChart, Chart

#: Inches and dots an inch: 1,200 dots across are sharp on a phone and small to send.
WIDTH, DOTS = 8.0, 150
#: Letters in a line of the note.
_NOTE = 120
_GREY = "#444444"

# Whatever matplotlibrc a machine has, the picture is ours; a "$" in a name begins no formula.
mpl.rcdefaults()
mpl.rcParams["font.family"] = "DejaVu Sans"
mpl.rcParams["text.parse_math"] = False
mpl.rcParams["axes.spines.top"] = mpl.rcParams["axes.spines.right"] = False


def png(chart: Chart) -> bytes:
    """The chart as a PNG file."""
    figure = Figure(figsize=(WIDTH, _height(chart)), dpi=DOTS, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    _framed(figure, chart)
    if isinstance(chart, BarChart):
        draw_bars(axes, chart)
    else:
        draw_burn_down(axes, chart)
    written = io.BytesIO()
    figure.savefig(written, format="png")
    return written.getvalue()


def _height(chart: Chart) -> float:
    return height_of(chart) if isinstance(chart, BarChart) else 4.8


def _framed(figure: Figure, chart: Chart) -> None:
    figure.suptitle(wrapped(chart.title, 64), fontsize=13, fontweight="bold", x=0.01, ha="left")
    note = "\n".join(wrapped(line, _NOTE) for line in chart.note.splitlines())
    figure.supxlabel(note, fontsize=8, color=_GREY, x=0.99, ha="right")
