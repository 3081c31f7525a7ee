"""Walk from the first word to the answer for worked examples of a pack, and measure what an officer reads on the way.

``docs/journeys.md`` is made of it, and a test holds every example of every pack to its limits.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from math import ceil
from statistics import median
from typing import Any

from markupsafe import Markup

from bot.channels import CHANNELS
from bot.channels.rendering import split_reply
from bot.preview.walks import SAMPLE, UNITS
from handlers.conversation import respond
from handlers.core import (
    DONE,
    ButtonTapped,
    Choice,
    Event,
    FileRead,
    FileSent,
    Reply,
    Session,
    TextReceived,
    strip_markup,
)
from handlers.interview import CONDITION_FACTS
from handlers.interview.screens.condition import FINE, FINE_BUT_CHANGED
from handlers.interview.screens.file import HOW_TO_FIND_THE_DAY
from handlers.model import TELEGRAM, Certificate, Reading
from handlers.testing import build_memory_services
from rules.checking.cases import facts_of
from rules.facts import Issuer, Subject
from rules.pack import Case, Pack

#: Bounds: messages from the first word to the answer with units loaded, and characters read in the middle journey.
MOST_MESSAGES, MOST_READ = 7, 2500
#: What a telephone shows of a chat at once: lines, and characters of a line.
SCREEN_LINES, LINE_CHARACTERS = 24, 40
#: Taps after which a journey is lost; the longest takes a third of them.
_MOST_TAPS = 40
#: The unit of an officer: one that has not replaced any other.
_UNIT = "xã Mẫu Hai"


@dataclass(frozen=True, slots=True)
class Before:
    """The same way in version 0.3.0, measured there: the file sent after consent, the unit typed."""

    messages: int
    read: int  #: characters
    screens: int  #: of a telephone


#: The journeys of the page, by the name of their worked example; ``None`` where 0.3.0 knew no such case.
JOURNEYS: dict[str, Before | None] = {
    "merged into a new body, certificate chosen": Before(10, 7045, 11),
    "merged into a new body, another certificate chosen": Before(11, 7735, 12),
    "merged into a new body, not chosen yet": Before(10, 5945, 9),
    "merged into an existing body, which keeps its certificate": Before(10, 5376, 9),
    "absorbed into an existing body": Before(11, 7587, 12),
    "superior changed": Before(9, 6192, 10),
    "renamed, no longer matching": Before(10, 6384, 10),
    "renamed, still matching": Before(10, 4995, 8),
    "dissolved": Before(9, 6694, 10),
    "split": Before(10, 8186, 12),
    "absorbed, superior changed, token lost": Before(11, 8261, 12),
    "chosen, but the token is lost": Before(11, 9451, 14),
    "not chosen, and expired": Before(11, 9161, 14),
    "not chosen, locked, near expiry": Before(11, 8516, 13),
    "existing body with a locked token near expiry": Before(11, 8242, 13),
    "superior changed, exposed key, lost token, expired": Before(10, 8886, 13),
    "superior changed and near expiry": Before(10, 7396, 11),
    "officer of a restructured unit": Before(9, 6116, 10),
    "officer moved within the state, no longer matching": Before(10, 5522, 9),
    "officer left the state sector": Before(9, 5867, 9),
    "officer deceased, token lost": Before(9, 6294, 10),
    "officer with a new e-mail address": Before(9, 5082, 8),
    "officer in a new position, no longer matching": Before(11, 7852, 12),
    "officer of a restructured unit with an expired certificate": Before(10, 7591, 12),
    "nothing changed, locked token": Before(10, 5333, 9),
    "nothing changed": Before(10, 3846, 7),
    "public certificate": Before(7, 3409, 6),
    "expiry not known": Before(9, 6438, 10),
    "device renamed, no longer matching": Before(10, 5441, 9),
    "device retired": Before(9, 5860, 9),
    "signing remotely, expired: the new one is announced by account information": None,
    "body without a certificate": None,
}


@dataclass(frozen=True, slots=True)
class Journey:
    """The messages that an officer was sent between the first word and the answer, both included."""

    name: str
    messages: tuple[str, ...]
    answers: dict[str, Any]  #: as they stand when the answer is shown
    answer_length: int  #: characters of the answer without what is said before it

    @property
    def read(self) -> int:
        """Return the characters of all messages."""
        return sum(map(len, self.messages))

    @property
    def screens(self) -> int:
        """Return the screens of a telephone that the messages fill, one after the other."""
        return ceil(sum(map(count_lines, self.messages)) / SCREEN_LINES)


def count_lines(text: str) -> int:
    """Return the lines of a text on a telephone, with one for the gap below it."""
    return sum(max(1, ceil(len(line) / LINE_CHARACTERS)) for line in text.splitlines()) + 1


async def walk_case(pack: Pack, case: Case, language: str = "vi", *, by_hand: bool = False) -> Journey | None:
    """Take the way of a case by its buttons; a certificate with a known last day is sent as a file at once.

    ``by_hand`` sends no file: the last day is typed in one line with the condition of the certificate.

    Returns ``None`` for a case that no officer can tell by the questions, such as a body that is said to be deceased.
    """
    walker = _Walker(pack, case, language, by_hand=by_hand)
    await walker.begin()
    for _ in range(_MOST_TAPS):
        if walker.session.screen == "answer":
            return walker.journey()
        if not await walker.go_on():
            return None
    return None


class _Walker:
    """One officer, who knows the facts of the case."""

    def __init__(self, pack: Pack, case: Case, language: str, *, by_hand: bool) -> None:
        self.by_hand = by_hand
        day = case.today or pack.settings.decided_on
        self.facts = facts_of(case)
        self.name = case.name
        self.world = build_memory_services(pack, datetime.combine(day, time(3), UTC), units=UNITS)
        self.session = Session.model_validate({"language": language})
        self.choices: tuple[Choice, ...] = ()
        self.messages: list[str] = []

    def journey(self) -> Journey:
        answer = self.messages[-1]
        return Journey(self.name, tuple(self.messages), dict(self.session.answers), len(answer))

    async def begin(self) -> None:
        certificate = None if self.by_hand else self._file()
        await self._send(FileSent(reference="file") if certificate else TextReceived(text="/start", message="1"))
        await self._tap("agree")
        if certificate:
            await self._send(FileRead(reading=Reading(certificates=(certificate,))))

    async def go_on(self) -> bool:
        """Answer the open page; return false if it does not offer what the officer would answer."""
        screen = self.session.screen
        if screen == "certificate":
            return await self._tap(self.facts.get("subject", ""))
        if screen == "unit":
            await self._send(TextReceived(text=_UNIT, message="1"))
            return True
        if screen == "condition":
            return await self._tell_condition()
        return screen == "question" and await self._answer_question()

    async def _answer_question(self) -> bool:
        asked = next((fact for fact in self._open_facts() if fact in self.facts), None)
        value = self.facts.get(asked or "")
        if asked == "certificate":
            return await self._tap(_certificate_option(value))
        if isinstance(value, list):
            alone = "nothing" if not value else None
            ticks = [await self._tap(event) for event in value]
            return await self._tap(alone) if alone else all(ticks) and await self._tap(DONE)
        return await self._tap(str(value).lower() if isinstance(value, bool) else str(value))

    def _open_facts(self) -> Iterator[str]:
        """Yield the facts in the pack's order that are not answered yet."""
        return (question.fact for question in self.world.pack.questions if question.fact not in self.session.answers)

    async def _tell_condition(self) -> bool:
        ticks = [tick for fact in CONDITION_FACTS if (tick := self._tick(fact)) and self._offers(tick)]
        matches = self.facts.get("information_matches")
        if self.by_hand and self._offers(HOW_TO_FIND_THE_DAY) and (day := self._last_day()):
            return await self._type_condition(day, ticks)
        if not ticks or ticks == ["information_matches:false"]:
            return await self._tap(FINE_BUT_CHANGED if matches is False and self._offers(FINE_BUT_CHANGED) else FINE)
        told = [await self._tap(tick) for tick in ticks]
        return all(told) and await self._tap(DONE)

    def _last_day(self) -> str | None:
        day = (self.facts.get("certificate") or {}).get("not_after")
        return str(day) if day else None

    async def _type_condition(self, day: str, ticks: list[str]) -> bool:
        """Type the last day and what is wrong, by the numbers of its options, in one line."""
        fine = [FINE_BUT_CHANGED if self.facts.get("information_matches") is False else FINE]
        wanted = ticks if ticks and ticks != ["information_matches:false"] else fine
        values = [_value(choice) for choice in self.choices]
        numbers = [str(values.index(value) + 1) for value in wanted if value in values]
        await self._send(TextReceived(text=", ".join((day, *(numbers or ["1"]))), message="1"))
        return True

    def _tick(self, fact: str) -> str | None:
        value = self.facts.get(fact)
        if fact == "certificate":
            option = _certificate_option(value)
            return None if option == "expiry_not_known" else f"certificate:{option}"
        fine = {"information_matches": (None, True), "token": (None, "in_hand"), "key_exposed": (None, False)}[fact]
        return None if value in fine else f"{fact}:{str(value).lower()}"

    def _file(self) -> Certificate | None:
        """Return the certificate to send, or ``None`` if it has no known last day or is of another issuer."""
        facts = self.facts.get("certificate") or {}
        if not facts.get("not_after") or facts.get("issuer") == Issuer.NONE:
            return None
        begins, ends = (_moment(facts.get(name)) for name in ("not_before", "not_after"))
        return SAMPLE.model_copy(
            update={
                "not_before": begins,
                "not_after": ends,
                "issuer_kind": Issuer(facts.get("issuer", Issuer.UNKNOWN)),
                "subscriber": Subject(self.facts["subject"]) if "subject" in self.facts else None,
            }
        )

    def _offers(self, value: str) -> bool:
        return any(_value(choice) == value for choice in self.choices)

    async def _tap(self, value: str) -> bool:
        choice = next((choice for choice in self.choices if _value(choice) == value), None)
        if choice is None:
            return False
        await self._send(ButtonTapped(data=choice.tap, message="2"))
        return True

    async def _send(self, event: Event) -> None:
        turn = await respond(self.session, event, self.world)
        self.session = turn.session or self.session
        for reply in turn.replies:
            if reply.choices and reply.action != "edit":
                self.choices = reply.choices
            if reply.action == "send":
                self.messages += _texts(reply)


def _moment(day: str | date | None) -> datetime | None:
    told = date.fromisoformat(day) if isinstance(day, str) else day
    return datetime.combine(told, time(3), UTC) if told else None


def _value(choice: Choice) -> str:
    return choice.tap.partition("|")[2].rpartition("|")[0]


def _certificate_option(facts: dict[str, Any] | None) -> str:
    """Return the option that says what is known of a certificate without a last day."""
    issuer = (facts or {}).get("issuer", Issuer.UNKNOWN)
    options = {Issuer.GOVERNMENT: "expiry_not_known", Issuer.PUBLIC: "public", Issuer.NONE: "none"}
    return options.get(Issuer(issuer), "not_known")


def _texts(reply: Reply) -> Iterable[str]:
    """Return the messages that Telegram shows for a reply, without markup."""
    for message in split_reply(reply, CHANNELS[TELEGRAM].capabilities):
        yield "\n\n".join(strip_markup(Markup(paragraph)) for paragraph in message.paragraphs)  # noqa: S704 - our own


def middle_read(journeys: Iterable[Journey]) -> float:
    """Return the characters that the officer in the middle reads."""
    return median(journey.read for journey in journeys)


async def render_journeys(pack: Pack) -> str:
    """Return the page of the journeys, in Markdown."""
    cases = {case.name: case for case in pack.cases}
    walked = [(name, before, await walk_case(pack, cases[name])) for name, before in JOURNEYS.items() if name in cases]
    taken = [(name, before, journey) for name, before, journey in walked if journey]
    found = [journey for _, _, journey in taken]
    known = [before for _, before, _ in taken if before]
    rows = [_render_row(name, before, journey) for name, before, journey in taken]
    middle = _render_cells(
        "**in the middle**",
        (median(len(journey.messages) for journey in found), median(before.messages for before in known)),
        (middle_read(found), median(before.read for before in known)),
        (median(journey.screens for journey in found), median(before.screens for before in known)),
        median(journey.answer_length for journey in found),
    )
    return (
        "\n".join((_INTRO.format(pack=pack.label, lines=SCREEN_LINES, characters=LINE_CHARACTERS), *rows, middle))
        + "\n"
    )


_INTRO = """# Journeys: from the first word to the answer

Made by `make screens` with the conversation itself, rule pack {pack}, in Vietnamese, with units loaded. Each journey is
a worked example of the pack: the officer sends the certificate file at once, agrees, says the unit, and answers what is
asked. Counted is what the officer is sent, the answer included; a screen of a telephone is {lines} lines of
{characters} characters. In brackets: the same way in version 0.3.0, measured there.

| journey | messages | characters | screens | the answer, characters |
| --- | --- | --- | --- | --- |"""


def _render_row(name: str, before: Before | None, journey: Journey) -> str:
    was = before or Before(0, 0, 0)
    return _render_cells(
        name,
        (len(journey.messages), was.messages),
        (journey.read, was.read),
        (journey.screens, was.screens),
        journey.answer_length,
    )


def _render_cells(name: str, *measures: tuple[float, float] | float) -> str:
    """Return a row; a measure is the figure of today with that of 0.3.0, 0 where there was none."""
    return f"| {' | '.join((name, *map(_render_measure, measures)))} |"


def _render_measure(measure: tuple[float, float] | float) -> str:
    if not isinstance(measure, tuple):
        return f"{measure:g}"
    today, before = measure
    return f"{today:g} ({before:g})" if before else f"{today:g}"
