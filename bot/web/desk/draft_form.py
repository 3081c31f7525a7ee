"""The form of a broadcast: what a person typed becomes a draft, and a draft becomes what the form shows."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal

from markupsafe import Markup

from bot.channels.web.inbox import PostedForm
from bot.web.desk.filters import find_unit
from handlers.access import ONE_LINE, clean_label
from handlers.broadcasts import format_channel
from handlers.broadcasts.admin_text import format_audience, format_broadcast_problem
from handlers.broadcasts.screens.compose import widest_unit
from handlers.broadcasts.screens.message import MAX_TEXT_LENGTH, MIN_TEXT_LENGTH, NO_TEXT
from handlers.broadcasts.screens.schedule import TOO_MANY_STEPS
from handlers.broadcasts.template import Template, parse
from handlers.core import (
    MarkupTranslator,
    capitalize_first,
    format_day,
    format_moment,
    parse_day,
    parse_moment,
    parse_time,
)
from handlers.model import (
    CHANNEL_LABELS,
    MAX_STEP_DAYS,
    MAX_STEPS,
    NO_UNITS,
    ROLES,
    UNFINISHED,
    Act,
    Audience,
    BroadcastButton,
    BroadcastDraft,
    CampaignPlan,
    RequestState,
    Rights,
    Role,
    default_steps,
    parse_steps,
)
from handlers.requests import PROCEDURE_LABELS, STATE_LABELS
from locales import N_, Translator
from rules.calendar import to_vietnam_day, to_vietnam_time
from rules.language.spelling import fold
from rules.outcome import Procedure

#: A condition that the form cannot say, and leaves as it is: several procedures, a day, a list of people.
KEPT = "kept"
#: What a new broadcast begins with, as in the chat: a campaign is for those with something to do, a message for all.
USUAL = "usual"
TEXTS: tuple[Literal["vi", "en"], ...] = ("vi", "en")
#: The parts of a draft by the fields that say them, in the words of the chat.
PART_LABELS = {
    "title": N_("Title"),
    "vi": N_("Vietnamese text"),
    "en": N_("English text"),
    "audience": N_("Recipients"),
    "buttons": N_("Buttons"),
    "deadline": N_("Deadline"),
    "plan": N_("Days of the reminders"),
    "starts": N_("Time of sending"),
}
_WITHIN, _SILENT = (30, 60, 90), (7, 14, 30)
_NO_DEADLINE = N_("A campaign needs a deadline: please choose its last day.")
_NO_STEPS = N_("Please type the days as numbers with commas, such as 14, 7, 1, 0, -1.")
_NO_TIME = N_("There is no time {time}. Please type it like 08:30.")
_NO_MOMENT = N_("There is no time {time}. Please type it like 08h30 01/12/2026.")
_NO_UNIT = N_("I know no open unit of that name within your reach.")
_NO_DAY = N_("There is no day {day}. Please type it like 15/12/2026.")


@dataclass
class DraftReader:
    """Reads a posted form over the draft as it was; whatever cannot be read stays, and is named."""

    form: PostedForm
    was: BroadcastDraft
    rights: Rights
    say: MarkupTranslator
    now: datetime
    wrong: dict[str, Markup] = field(default_factory=dict)  #: by field

    def read(self, *, campaign: bool) -> BroadcastDraft:
        """Return the draft that the form describes."""
        deadline = self._deadline(campaign=campaign)
        plan = self._plan(deadline) if campaign else None
        return self.was.model_copy(
            update={
                "title": self._title(),
                "text": self.was.text.model_copy(update={one: self._text(one) for one in TEXTS}),
                "audience": self._audience(campaign=campaign),
                "buttons": tuple(one for one in BroadcastButton if self.form.get(f"b_{one}")),
                "deadline": deadline,
                "plan": plan,
                "starts_at": None if campaign else self._start(),
            }
        )

    def _refuse(self, name: str, message: str, **values: object) -> None:
        self.wrong[name] = self.say(message, **values)

    def _read_text(self, name: str, longest: int = 200) -> str:
        return self.form.get(name).strip()[:longest]

    def _title(self) -> str:
        title = clean_label(self.form.get("title")[:1000])
        if title is None:
            self._refuse("title", ONE_LINE)
        return title or self.was.title

    def _text(self, language: Literal["vi", "en"]) -> str:
        text = self.form.get(language).replace("\r\n", "\n").strip()
        if len(text) > MAX_TEXT_LENGTH:
            self._refuse(language, N_("That is too long: at most {most} characters, please."), most=MAX_TEXT_LENGTH)
        elif text and len(fold(text)) < MIN_TEXT_LENGTH:
            self._refuse(language, NO_TEXT)
        elif text and not isinstance(read := parse(text), Template):
            self.wrong[language] = Markup("<br>").join(format_broadcast_problem(self.say, one) for one in read)
        return text

    def _deadline(self, *, campaign: bool) -> date | None:
        typed = self._read_text("deadline", 40)
        day = parse_day(typed)
        if typed and day is None:
            self._refuse("deadline", _NO_DAY, day=typed)
        elif day and day < to_vietnam_day(self.now) and day != self.was.deadline:
            over = N_("{day} is over. Please type a day that is still to come.")
            self._refuse("deadline", over, day=format_day(day))
        elif campaign and not typed:
            self._refuse("deadline", _NO_DEADLINE)
        return day

    def _plan(self, deadline: date | None) -> CampaignPlan | None:
        if deadline is None:
            return self.was.plan
        steps, at, typed = self._read_text("steps"), self._read_text("at", 20), self._read_text("late", 10)
        days = parse_steps(steps) if steps else default_steps(deadline, self.now)
        if days is None:
            self._refuse("steps", _NO_STEPS)
        elif steps and not days:
            self._refuse("steps", TOO_MANY_STEPS, most=MAX_STEPS, days=MAX_STEP_DAYS)
        hour = parse_time(at) if at else CampaignPlan.model_fields["at"].default
        if hour is None:
            self._refuse("at", _NO_TIME, time=at)
        late = "skip" if typed == "skip" else "run"
        plan = CampaignPlan(deadline=deadline, late=late)
        return plan.model_copy(update={"steps": days or plan.steps, "at": hour or plan.at})

    def _start(self) -> datetime | None:
        typed = self._read_text("starts", 40).replace("T", " ")
        if not typed:
            return None
        at = parse_moment(typed, CampaignPlan.model_fields["at"].default)
        if at is None:
            self._refuse("starts", _NO_MOMENT, time=typed)
        elif at <= self.now and at != self.was.starts_at:
            over = N_("{moment} is over. Please type a time that is still to come.")
            self._refuse("starts", over, moment=format_moment(at))
        return at

    def _audience(self, *, campaign: bool) -> Audience:
        changes: dict[str, Any] = {"unit": self._unit()}
        changes |= _choice(
            self.form.get("role"), {one.value: {"role": one} for one in (Role.FOCAL, Role.ADMIN)}, role=None
        )
        nothing = {"to_do": False, "unfinished": False, "owed": ()}
        owed = {one.value: {**nothing, "owed": (one,)} for one in PROCEDURE_LABELS}
        owed |= {"to_do": {**nothing, "to_do": True}, "unfinished": {**nothing, "unfinished": True}}
        owed[USUAL] = {**nothing, "to_do": campaign}
        changes |= _choice(self.form.get("owed"), owed, **nothing)
        states: dict[str, Any] = {one.value: {"states": (one,)} for one in RequestState}
        changes |= _choice(self.form.get("state"), {**states, UNFINISHED_WORD: {"states": UNFINISHED}}, states=())
        within = {str(days): {"expires_within": days} for days in _WITHIN}
        changes |= _choice(self.form.get("within"), within, expires_within=None)
        changes |= {"expires_from": self._day("ends_from"), "expires_until": self._day("ends_to")}
        silent = {str(days): {"silent_days": days, "silent_since": None} for days in _SILENT}
        changes |= _choice(self.form.get("silent"), silent, silent_days=None, silent_since=None)
        changes |= _choice(self.form.get("channel"), {one: {"channel": one} for one in CHANNEL_LABELS}, channel=None)
        return self.was.audience.model_copy(update=changes)

    def _unit(self) -> str | None:
        typed = self._read_text("unit", 300)
        if not typed:
            return widest_unit(self.rights)
        units = self.rights.units
        found = find_unit(typed, units, to_vietnam_day(self.now))
        if found is None or not self.rights.may(Act.WRITE_BROADCASTS, found):
            self._refuse("unit", _NO_UNIT)
            return self.was.audience.unit
        return found

    def _day(self, name: str) -> date | None:
        typed = self._read_text(name, 40)
        day = parse_day(typed)
        if typed and day is None:
            self._refuse(name, _NO_DAY, day=typed)
        return day


UNFINISHED_WORD = "unfinished"


def _choice(word: str, known: Mapping[str, dict[str, Any]], **otherwise: Any) -> dict[str, Any]:
    """Return the changes that a choice makes; one that the form only keeps makes none."""
    return {} if word == KEPT else known.get(word, otherwise)


def changed_parts(was: BroadcastDraft, draft: BroadcastDraft) -> tuple[str, ...]:
    """Name the parts in which two drafts differ, by the names of ``PART_LABELS``."""
    pairs = {
        "title": (was.title, draft.title),
        "vi": (was.text.vi, draft.text.vi),
        "en": (was.text.en, draft.text.en),
        "audience": (was.audience, draft.audience),
        "buttons": (was.buttons, draft.buttons),
        "deadline": (was.deadline, draft.deadline),
        "plan": (was.plan, draft.plan),
        "starts": (was.starts_at, draft.starts_at),
    }
    return tuple(name for name, (one, other) in pairs.items() if one != other)


def form_values(draft: BroadcastDraft) -> dict[str, str]:
    """Return what the fields of the form show of a draft."""
    audience, plan = draft.audience, draft.plan
    at = to_vietnam_time(draft.starts_at) if draft.starts_at else None
    return {
        "title": draft.title,
        "vi": draft.text.vi,
        "en": draft.text.en,
        "kind": "campaign" if plan else "single",
        "deadline": draft.deadline.isoformat() if draft.deadline else "",
        "steps": ", ".join(map(str, plan.steps)) if plan else "",
        "at": f"{plan.at:%H:%M}" if plan else "",
        "late": plan.late if plan else "run",
        "starts": f"{at:%Y-%m-%dT%H:%M}" if at else "",
        "unit": audience.unit or "",
        "role": audience.role or "",
        "owed": _owed_word(audience),
        "state": _state_word(audience),
        "within": _number_word(audience.expires_within, _WITHIN),
        "ends_from": audience.expires_from.isoformat() if audience.expires_from else "",
        "ends_to": audience.expires_until.isoformat() if audience.expires_until else "",
        "silent": KEPT if audience.silent_since else _number_word(audience.silent_days, _SILENT),
        "channel": audience.channel or "",
        **{f"b_{one}": "1" if one in draft.buttons else "" for one in BroadcastButton},
    }


def _number_word(number: int | None, known: tuple[int, ...]) -> str:
    if number is None:
        return ""
    return str(number) if number in known else KEPT


def _owed_word(audience: Audience) -> str:
    if len(audience.owed) > 1 or (audience.owed and (audience.to_do or audience.unfinished)):
        return KEPT
    if audience.owed:
        return audience.owed[0].value
    if audience.to_do and audience.unfinished:
        return KEPT
    return "to_do" if audience.to_do else UNFINISHED_WORD if audience.unfinished else ""


def _state_word(audience: Audience) -> str:
    if audience.states == UNFINISHED:
        return UNFINISHED_WORD
    return audience.states[0].value if len(audience.states) == 1 else KEPT if audience.states else ""


Choices = Mapping[str, list[tuple[str, str]]]


def form_choices(draft: BroadcastDraft, t: Translator, *, new: bool = False) -> Choices:
    """Return the values of each choice of the form with their labels; one that is only kept tells its condition.

    Args:
        draft: What the form is about.
        t: The translator.
        new: Whether it was not saved yet: only then the recipients can follow from its kind.
    """
    any_ = ("", t(N_("Any")))
    days = N_("Within {days} days")
    choices = {
        "role": [
            ("", t(N_("Everybody"))),
            *((one.value, capitalize_first(t(ROLES[one]))) for one in (Role.FOCAL, Role.ADMIN)),
        ],
        "owed": [
            *([(USUAL, t(N_("In a campaign those with something to register; else everybody")))] if new else []),
            ("", t(N_("Whether or not"))),
            ("to_do", t(N_("Something not registered yet"))),
            (UNFINISHED_WORD, t(N_("Something not finished yet"))),
            *((one.value, capitalize_first(t(label))) for one, label in PROCEDURE_LABELS.items()),
        ],
        "state": [any_, (UNFINISHED_WORD, t(N_("All that is not finished"))), *_state_choices(t)],
        "within": [any_, *((str(number), t(days, days=number)) for number in _WITHIN)],
        "silent": [any_, *((str(number), t(N_("For {days} days"), days=number)) for number in _SILENT)],
        "channel": [any_, *((name, format_channel(t, name)) for name in CHANNEL_LABELS)],
    }
    values = form_values(draft)
    for name, kept in _kept_conditions(draft.audience):
        if values[name] == KEPT:
            choices[name].append((KEPT, format_audience(kept, NO_UNITS, t)))
    return choices


def _state_choices(t: Translator) -> Iterator[tuple[str, str]]:
    yield from ((state.value, capitalize_first(t(label))) for state, label in STATE_LABELS.items())


def _kept_conditions(audience: Audience) -> Iterator[tuple[str, Audience]]:
    """Yield each choice with the one condition that stands behind it."""
    owed: tuple[Procedure, ...] = audience.owed
    yield "owed", Audience(owed=owed, to_do=audience.to_do, unfinished=audience.unfinished)
    yield "state", Audience(states=audience.states)
    yield "within", Audience(expires_within=audience.expires_within)
    yield "silent", Audience(silent_since=audience.silent_since, silent_days=audience.silent_days)
