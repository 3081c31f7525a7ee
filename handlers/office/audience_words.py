"""Whom a broadcast is for, in words, and how many they are."""

from collections.abc import Sequence

from markupsafe import Markup

from handlers.broadcasts.model import Audience, Counted
from handlers.broadcasts.report_words import channel_name
from handlers.dates import day
from handlers.office.export_words import number
from handlers.office.filter_words import ENDS, between
from handlers.office.rights import ROLES
from handlers.office.units import UnitDirectory
from handlers.requests.words import PROCEDURES, STATES
from handlers.voice import Voice, bullets, lines
from locales import N_, Translator

#: From a day on, until a day, between two.
#: What keeps a message from those it cannot be sent to.
_KEPT_FROM = {
    "blocked": N_("has blocked the assistant: {number}"),
    "stopped": N_("wants no reminders: {number}"),
    "capped": N_("has had enough reminders this week: {number}"),
}


def in_words(audience: Audience, units: UnitDirectory, t: Translator) -> str:
    """An audience for a person to read."""
    parts = (
        t(N_("unit: {unit} and below"), unit=units.name(audience.unit)) if audience.unit else "",
        t(N_("role: {role}"), role=t(ROLES[audience.role])) if audience.role else "",
        *_owing(audience, t),
        *_certificate(audience, t),
        *_silent(audience, t),
        t(N_("channel: {channel}"), channel=channel_name(t, audience.channel)) if audience.channel else "",
        "" if audience.chats is None else t(N_("on a list of {number} people"), number=len(audience.chats)),
    )
    return "; ".join(part for part in parts if part) or t(N_("everybody who talks with the assistant"))


def counted(say: Voice, found: Sequence[Counted]) -> Markup:
    """How many it reaches, channel by channel, and why it does not reach the others."""
    reached, total = sum(one.reachable for one in found), sum(one.all for one in found)
    head = say(
        N_("Will get it now: <b>{reached}</b> of {total} people"),
        reached=number(say, reached),
        total=number(say, total),
    )
    return lines(head, bullets(_channel(say, one) for one in found if one.all))


def _channel(say: Voice, one: Counted) -> str:
    kept = {name: getattr(one, name) for name in _KEPT_FROM}
    parts = [say.t(_KEPT_FROM[name], number=number(say, many)) for name, many in kept.items() if many]
    reached = say.t(N_("can be reached: {number}"), number=number(say, one.reachable))
    return f"{channel_name(say.t, one.channel)} – {'; '.join((reached, *parts))}"


def _owing(audience: Audience, t: Translator) -> tuple[str, ...]:
    owed = ", ".join(t(PROCEDURES[one]) for one in audience.owed if one in PROCEDURES)
    states = ", ".join(t(STATES[one]) for one in audience.states)
    return (
        t(N_("has something to register still")) if audience.to_do and not owed else "",
        t(N_("still to register: {procedures}"), procedures=owed) if owed else "",
        t(N_("has a request at: {states}"), states=states) if states else "",
    )


def _certificate(audience: Audience, t: Translator) -> tuple[str, ...]:
    within = audience.expires_within
    return (
        between(t, ENDS, audience.expires_from, audience.expires_until),
        "" if within is None else t(N_("certificate ends within {days} days"), days=within),
    )


def _silent(audience: Audience, t: Translator) -> tuple[str, ...]:
    return (
        t(N_("has not written since before {day}"), day=day(audience.silent_since)) if audience.silent_since else "",
        "" if audience.silent_days is None else t(N_("has not written for {days} days"), days=audience.silent_days),
    )
