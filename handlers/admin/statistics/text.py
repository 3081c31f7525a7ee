"""The picture in words that fit a phone."""

from collections.abc import Sequence
from datetime import datetime

from markupsafe import Markup, escape

from handlers.dates import day, moment
from handlers.office.picture import BurnDown, Numbers, is_itself, without_requests_below
from handlers.office.units import UnitDirectory
from handlers.voice import Voice, bold, lines
from locales import N_

#: The counts of a bar in the order of its parts: from what is not begun to what is done.
STACK = {
    "action_needed": N_("action needed"),
    "requested": N_("being handled"),
    "forwarded": N_("forwarded"),
    "done": N_("done"),
}
LABELS = {
    "officers": N_("officers"),
    "certificates": N_("certificates"),
    **STACK,
    "expiring_30": N_("expire in ≤ 30 days"),
    "expiring_60": N_("expire in ≤ 60 days"),
    "expiring_90": N_("expire in ≤ 90 days"),
    "silent": N_("silent for 14 days"),
}
#: How each part of a bar is shaded, lightest for what is not begun.
_SHADES = dict(zip(STACK, "░▒▓█", strict=True))
#: Characters of a bar: with the label before it, a line of a phone.
_BAR = 16


def number(say: Voice, value: int) -> str:
    """``12.000`` in Vietnamese, ``12,000`` in English."""
    return f"{value:,}".replace(",", "," if say.language == "en" else ".")


def scope_name(say: Voice, units: UnitDirectory, unit: str | None) -> str:
    """What a picture is of."""
    return units.name(unit) if unit else say.t(N_("all units"))


def line_name(say: Voice, units: UnitDirectory, one: Numbers, total: Numbers) -> str:
    """What a line of it is of."""
    if one.unit is None:
        return say.t(N_("all units")) if one is total else say.t(N_("unit not known"))
    name = units.name(one.unit)
    return say.t(N_("{unit} (itself)"), unit=name) if is_itself(units, one, total) else name


def heading(say: Voice, units: UnitDirectory, unit: str | None, now: datetime) -> Markup:
    """Of what, and when."""
    name = bold(say(N_("Numbers: {unit}"), unit=scope_name(say, units, unit)))
    return lines(name, say(N_("As of {moment}."), moment=moment(now)))


def table(say: Voice, total: Numbers) -> Markup:
    """Every count on a line of its own, figures below each other."""
    counted = [(say.t(label), number(say, getattr(total, name))) for name, label in LABELS.items()]
    label_width, width = (max(map(len, column)) for column in zip(*counted, strict=True))
    rows = "\n".join(f"{label:<{label_width}}  {figure:>{width}}" for label, figure in counted)
    return Markup("<code>{}</code>").format(rows)


def legend(say: Voice) -> Markup:
    """What the shades of the bars mean."""
    shade = Markup("<code>{}</code> {}")
    return lines(*(shade.format(_SHADES[name] * 2, say.t(label)) for name, label in STACK.items()))


def remarks(say: Voice, units: UnitDirectory, total: Numbers, below: Sequence[Numbers]) -> str:
    """What has to be known to read the figures."""
    kinds = say.t(N_("“Action needed” counts certificates, the other columns count requests."))
    if not without_requests_below(units, total, below):
        return kinds
    return kinds + " " + say.t(N_("Requests are counted at the body that manages them directly."))


def told(say: Voice, units: UnitDirectory, one: Numbers, total: Numbers, largest: int) -> Markup:
    """A line of the picture: its name, its bar beside the longest one, its figures with their sum."""
    silent = say.t(N_("silent: {number}"), number=number(say, one.silent)) if one.silent else ""
    name = bold(line_name(say, units, one, total))
    return lines(name, Markup("<code>{}</code> {}").format(bar(one, largest), _figures(say, one)), escape(silent))


def _figures(say: Voice, one: Numbers) -> str:
    if not one.requests:
        return say.t(N_("action needed: {number}"), number=number(say, one.action_needed))
    figures = " · ".join(number(say, getattr(one, name)) for name in STACK)
    return say.t(N_("{figures}; total {total}"), figures=figures, total=number(say, height(one)))


def height(one: Numbers) -> int:
    """What a bar stands for."""
    return one.open + one.done


def bar(one: Numbers, largest: int) -> str:
    """What there is, as shaded blocks; the largest fills the line, and the least part of any is still seen."""
    counts = {name: getattr(one, name) for name in STACK}
    if not any(counts.values()):
        return "·"
    widths = {name: max(1, round(count * _BAR / largest)) if count else 0 for name, count in counts.items()}
    while sum(widths.values()) > _BAR:
        widths[max(widths, key=lambda name: widths[name])] -= 1
    return "".join(_SHADES[name] * width for name, width in widths.items())


def burning(say: Voice, burnt: BurnDown) -> Markup:
    """How much is left until a day, and the pace that takes."""
    left, until = number(say, burnt.open[-1]), day(burnt.until)
    if burnt.per_day is None:
        return say(N_("Still to be done: <b>{left}</b>; the target was {day}."), left=left, day=until)
    pace = f"{burnt.per_day:.1f}".replace(".", "." if say.language == "en" else ",")
    message = N_("Still to be done: <b>{left}</b>; to be through by {day}, {pace} a day.")
    return say(message, left=left, day=until, pace=pace)


def page_of(
    say: Voice, units: UnitDirectory, total: Numbers, shown: Sequence[Numbers], every: Sequence[Numbers]
) -> tuple[Markup, ...]:
    """The paragraphs below the heading: of ``every`` line those that are ``shown``."""
    if not shown:
        return (table(say, total),)
    largest = max(map(height, every))
    below = [told(say, units, one, total, largest) for one in shown]
    return (table(say, total), legend(say), escape(remarks(say, units, total, every)), *below)
