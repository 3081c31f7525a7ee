"""The message that moves while a broadcast does: how far it is, what became of it so far, what can be done."""

from dataclasses import dataclass
from datetime import datetime

from markupsafe import Markup

from handlers.broadcasts.model import ENDED, Broadcast, Life, Tally
from handlers.broadcasts.report_words import DELIVERIES, REASONS, life, reason, why
from handlers.broadcasts.taps import Action, BroadcastTap
from handlers.dates import moment
from handlers.office.export_words import number
from handlers.replies import Choice, Reply
from handlers.voice import Voice, bullets, capital, lines
from locales import N_

#: Blocks of the bar.
_BLOCKS = 10
_LABELS = {
    Action.PAUSE: N_("Pause"),
    Action.RESUME: N_("Go on"),
    Action.CANCEL: N_("Call off"),
    Action.SHOW: N_("Open"),
}
_OFFERED = {
    Life.SCHEDULED: (Action.CANCEL,),
    Life.RUNNING: (Action.PAUSE, Action.CANCEL),
    Life.PAUSED: (Action.RESUME, Action.CANCEL),
}


@dataclass(frozen=True, slots=True)
class Speed:
    """How fast it has been lately, and when it ends if it goes on so."""

    per_second: float
    ends_at: datetime


def moving(say: Voice, broadcast: Broadcast, tally: Tally, speed: Speed | None = None) -> Reply:
    """How far it is; ``speed`` where it is known and something moves."""
    parts = (heading(say, broadcast), _far(say, tally), counts(say, tally), _outlook(say, broadcast, speed))
    return Reply(paragraphs=tuple(str(part) for part in parts if part), choices=_choices(say, broadcast))


def heading(say: Voice, broadcast: Broadcast) -> Markup:
    """Its code, its title, and where it stands."""
    return Markup("<b>{}</b> {}: <b>{}</b>").format(broadcast.id, broadcast.draft.title, life(say.t, broadcast))


def counts(say: Voice, tally: Tally) -> Markup:
    """A line for each state that somebody is in; of those skipped also why."""
    states = [(capital(say.t(words)), tally.states.get(state, 0)) for state, words in DELIVERIES.items()]
    counted = [_line(say, words, count) for words, count in states if count]
    return bullets(counted)


def skipped(say: Voice, tally: Tally) -> Markup:
    """Why those were skipped, blocked or lost of whom the state alone does not say it."""
    return bullets(
        _line(say, capital(reason(say.t, word)), tally.reasons[word]) for word in REASONS if _any(tally, word)
    )


def opening(say: Voice, broadcast: str) -> Choice:
    """The button that opens it."""
    return _choice(say, Action.SHOW, broadcast)


def share(tally: Tally) -> int:
    """Percent of the rows that have a final state; 100 only where all have."""
    return 100 * (tally.total - tally.open) // tally.total if tally.total else 100


def bar(percent: int) -> str:
    """``▓▓▓░░░░░░░ 34 %``."""
    full = _BLOCKS * percent // 100
    return "▓" * full + "░" * (_BLOCKS - full) + f" {percent} %"


def _any(tally: Tally, word: str) -> bool:
    return bool(tally.reasons.get(word))


def _line(say: Voice, words: str, count: int) -> Markup:
    return Markup("{}: {}").format(words, number(say, count))


def _far(say: Voice, tally: Tally) -> Markup:
    far = {"done": number(say, tally.total - tally.open), "total": number(say, tally.total)}
    return lines(Markup(bar(share(tally))), say(N_("{done} of {total} people are through."), **far))  # noqa: S704 - blocks and digits


def _outlook(say: Voice, broadcast: Broadcast, speed: Speed | None) -> Markup:
    """Why nothing moves, or how long it will."""
    because = why(say.t, broadcast.why)
    if broadcast.held_until and broadcast.state not in ENDED:
        until = moment(broadcast.held_until)
        held = say(N_("Nothing leaves before {moment}: {why}."), moment=until, why=because)
        return held if because else say(N_("Nothing leaves before {moment}."), moment=until)
    if broadcast.state is Life.PAUSED and because:
        return say(N_("Paused: {why}."), why=because)
    if broadcast.state is Life.RUNNING and speed:
        pace = number(say, max(1, round(speed.per_second)))
        return say(N_("About {pace} a second; ends about {moment}."), pace=pace, moment=moment(speed.ends_at))
    return Markup()


def _choices(say: Voice, broadcast: Broadcast) -> tuple[Choice, ...]:
    return tuple(_choice(say, action, broadcast.id) for action in _OFFERED.get(broadcast.state, (Action.SHOW,)))


def _choice(say: Voice, action: Action, broadcast: str) -> Choice:
    return Choice(label=say.t(_LABELS[action]), tap=str(BroadcastTap(action, broadcast)))
