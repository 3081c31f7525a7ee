"""Charts as data, with all texts translated; ``bot.charts`` draws them."""

from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Bar(_Model):
    """One bar of a bar chart."""

    label: str
    values: tuple[int, ...]  #: in the order of the chart's series


class BarChart(_Model):
    """A chart of stacked bars, one for each unit."""

    kind: Literal["bars"] = "bars"
    title: str
    note: str  #: the text below: the moment, and what was left out
    series: tuple[str, ...]
    bars: tuple[Bar, ...]
    axis: str = ""  #: the unit of the figures
    nothing: str  #: the text to show if there is no bar


class BurnChart(_Model):
    """A burn-down chart: the number still open each day, and the straight line to zero on the target day."""

    kind: Literal["burn_down"] = "burn_down"
    title: str
    note: str
    start: date
    until: date
    open: tuple[int, ...]  #: numbers for ``start`` and each day after it
    open_label: str
    ideal_label: str
    until_label: str


Chart = Annotated[BarChart | BurnChart, Field(discriminator="kind")]
