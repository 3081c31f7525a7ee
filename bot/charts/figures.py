"""Draw bar charts and burn-down charts with matplotlib, each on a canvas in memory.

Only ``Charts`` imports this module, because matplotlib is optional and slow to load.
"""

import io
import textwrap
import unicodedata
from datetime import timedelta
from functools import cache

import matplotlib as mpl
from matplotlib import font_manager
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ft2font import FT2Font
from matplotlib.ticker import MaxNLocator

from handlers.model import Bar, BarChart, BurnChart, Chart

#: The most lines of a name beside its bar.
_LINES = 3
#: This sign replaces a letter that the font lacks.
_UNKNOWN = "□"

#: Okabe and Ito's colours, which colour-blind people can tell apart: from not begun to done.
COLOURS = ("#D55E00", "#E69F00", "#56B4E9", "#009E73")
#: The most letters of a name in one line.
_NAME = 30
#: Inches of the title, legend and axis together; of a bar with a name of one line; of each further line.
_FRAME, _BAR, _LINE = 1.7, 0.34, 0.15
#: A part narrower than this share of the axis has no room for its figure.
_MIN_LABELLED_SHARE = 0.035

_OPEN, _IDEAL = "#0072B2", "#D55E00"
#: About so many days are labelled.
_TICKS = 9

#: Inches and dots per inch: 1,200 dots across are sharp on a telephone and small to send.
WIDTH, DOTS = 8.0, 150
#: Letters in a line of the note.
_NOTE = 120
_NOTE_COLOUR = "#444444"

mpl.rcParams["font.family"] = "DejaVu Sans"
mpl.rcParams["text.parse_math"] = False
mpl.rcParams["axes.spines.top"] = mpl.rcParams["axes.spines.right"] = False


def clean_label(text: str) -> str:
    """Return one line of drawable letters, without control and direction marks, which would reorder the words."""
    spaced = " ".join(text.split())
    kept = (letter for letter in spaced if not unicodedata.category(letter).startswith("C"))
    return "".join(letter if _is_drawable(letter) else _UNKNOWN for letter in kept)


def wrap_label(text: str, width: int) -> str:
    """Wrap a cleaned label into lines of ``width`` letters; a label longer than three lines ends in dots."""
    lines = textwrap.wrap(clean_label(text), width, max_lines=_LINES, placeholder=" …", break_long_words=True)
    return "\n".join(lines)


@cache
def _is_drawable(letter: str) -> bool:
    return bool(_load_font().get_char_index(ord(letter)))


@cache
def _load_font() -> FT2Font:
    return font_manager.get_font(font_manager.findfont("DejaVu Sans"))


def height_of_bars(chart: BarChart) -> float:
    """Return the inches that the bars and their names need."""
    return max(2.4, _FRAME + sum(map(_bar_height, chart.bars)))


def draw_bars(axes: Axes, chart: BarChart) -> None:
    """Draw the bars with their figures, or a sentence if there are none."""
    if not chart.bars:
        axes.set_axis_off()
        axes.text(0.5, 0.5, clean_label(chart.nothing), ha="center", va="center", transform=axes.transAxes)
        return
    places = _bar_positions(chart)
    left = [0] * len(chart.bars)
    longest = max(sum(bar.values) for bar in chart.bars)
    for number, series in enumerate(chart.series):
        values = [bar.values[number] for bar in chart.bars]
        drawn = axes.barh(places, values, left=left, height=0.24, color=COLOURS[number], label=clean_label(series))
        figures = [str(value) if value > longest * _MIN_LABELLED_SHARE else "" for value in values]
        axes.bar_label(drawn, figures, label_type="center", fontsize=7)
        left = [before + value for before, value in zip(left, values, strict=True)]
    _label_bars(axes, chart, places)


def _bar_positions(chart: BarChart) -> list[float]:
    """Return the middle of each bar, in inches from the top."""
    places, top = [], 0.0
    for bar in chart.bars:
        places.append(top + _bar_height(bar) / 2)
        top += _bar_height(bar)
    return places


def _bar_height(bar: Bar) -> float:
    """Return the inches of a bar; a name of several lines needs more."""
    return _BAR + _LINE * wrap_label(bar.label, _NAME).count("\n")


def _label_bars(axes: Axes, chart: BarChart, places: list[float]) -> None:
    axes.set_yticks(places, [wrap_label(bar.label, _NAME) for bar in chart.bars], fontsize=8)
    axes.tick_params(axis="y", length=0)
    axes.set_ylim(sum(map(_bar_height, chart.bars)), 0)
    axes.set_xlabel(clean_label(chart.axis), fontsize=8)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=8))
    axes.grid(axis="x", color="#DDDDDD", linewidth=0.6)
    axes.set_axisbelow(True)
    axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=len(chart.series), frameon=False, fontsize=8)


def draw_burn_down(axes: Axes, chart: BurnChart) -> None:
    """Draw the open requests so far, the even pace to the target, and the target.

    The x axis counts days since the start.
    """
    days, last = range(len(chart.open)), len(chart.open) - 1
    axes.plot(days, chart.open, color=_OPEN, linewidth=2, label=clean_label(chart.open_label))
    axes.fill_between(days, chart.open, color=_OPEN, alpha=0.12)
    axes.plot(
        [0, _target_day(chart)], [chart.open[0], 0], color=_IDEAL, linestyle="--", label=clean_label(chart.ideal_label)
    )
    axes.plot(last, chart.open[-1], "o", color=_OPEN)
    _write_figure(axes, str(chart.open[-1]), last, chart.open[-1])
    _mark_target(axes, chart)
    _label_days(axes, chart)


def _target_day(chart: BurnChart) -> int:
    return (chart.until - chart.start).days


def _write_figure(axes: Axes, figure: str, day: int, height: int) -> None:
    """Write a figure beside its point."""
    axes.annotate(figure, (day, height), xytext=(6, 6), textcoords="offset points", fontweight="bold")


def _mark_target(axes: Axes, chart: BurnChart) -> None:
    """Draw the target as a labelled line."""
    axes.axvline(_target_day(chart), color=_IDEAL, linewidth=0.8)
    axes.annotate(
        clean_label(chart.until_label),
        (_target_day(chart), 0.98),
        xycoords=("data", "axes fraction"),
        xytext=(-4, 0),
        textcoords="offset points",
        ha="right",
        va="top",
        rotation=90,
        fontsize=8,
        color=_IDEAL,
    )


def _label_days(axes: Axes, chart: BurnChart) -> None:
    last = max(_target_day(chart), len(chart.open) - 1)
    ticks = range(0, last + 1, last // _TICKS + 1)
    axes.set_xlim(-1, last + 2)
    axes.set_xticks(ticks, [f"{chart.start + timedelta(days=day):%d/%m}" for day in ticks])
    axes.yaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_ylim(0, max(*chart.open, 1) * 1.12)
    axes.grid(color="#DDDDDD", linewidth=0.6)
    axes.set_axisbelow(True)
    axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=2, frameon=False, fontsize=8)


# The picture ignores the machine's matplotlibrc; a "$" in a name begins no formula.
mpl.rcdefaults()


def render_png(chart: Chart) -> bytes:
    """Return the chart as a PNG file."""
    figure = Figure(figsize=(WIDTH, _figure_height(chart)), dpi=DOTS, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    _add_titles(figure, chart)
    if isinstance(chart, BarChart):
        draw_bars(axes, chart)
    else:
        draw_burn_down(axes, chart)
    written = io.BytesIO()
    figure.savefig(written, format="png")
    return written.getvalue()


def _figure_height(chart: Chart) -> float:
    return height_of_bars(chart) if isinstance(chart, BarChart) else 4.8


def _add_titles(figure: Figure, chart: Chart) -> None:
    figure.suptitle(wrap_label(chart.title, 64), fontsize=13, fontweight="bold", x=0.01, ha="left")
    note = "\n".join(wrap_label(line, _NOTE) for line in chart.note.splitlines())
    figure.supxlabel(note, fontsize=8, color=_NOTE_COLOUR, x=0.99, ha="right")
