"""An officer who talks with the assistant: what a conversation is made of."""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from handlers.interview.screens import UNSURE_LABEL
from handlers.interview.screens.condition import FILE_OR_DAY
from locales import translator
from rules.loading import load_pack
from rules.questions import Question
from tests.support.telegram.chats import Shown
from tests.support.telegram.entities import parse
from tests.support.telegram.user import User

#: Certificate, token and key, asked for in one question.
CONDITION = "condition"


class Words:
    """``words("I agree, let us begin")``: as a person sees it on the screen, without markup."""

    def __init__(self, language: str = "vi") -> None:
        self._t = translator(language)
        self.pack = load_pack("nhon_trach")

    def __call__(self, message: str, /, **values: Any) -> str:
        text, _ = parse(self._t(message, **values), "HTML")
        return text

    def question(self, fact: str) -> str:
        return self(self._question(fact).text)

    def option(self, fact: str, value: str) -> str:
        return self(next(option.label for option in self._question(fact).options if option.value == value))

    def _question(self, fact: str) -> Question:
        return next(question for question in self.pack.questions if question.fact == fact)

    def asked_in(self, text: str) -> str | None:
        """The fact that a message asks for, or ``CONDITION``; the last one where it names several."""
        places: dict[str, int] = {question.fact: text.rfind(self(question.text)) for question in self.pack.questions}
        places[CONDITION] = text.rfind(self("<b>In what condition are certificate, token and key?</b>"))
        fact: str = max(places, key=lambda one: places[one])
        return fact if places[fact] >= 0 else None


def unaccented(text: str) -> str:
    """As people type it in a hurry."""
    bare = unicodedata.normalize("NFD", text.lower().replace("đ", "d"))
    return "".join(letter for letter in bare if not unicodedata.combining(letter))


#: What an officer says: a value, several values, or text to type.
Answers = Mapping[str, str | list[str]]


def _asks(shown: Shown) -> bool:
    """Whether something can be answered there: the buttons that only show more stay on messages that were answered."""
    return any("|=" not in (button.data or "") for button in shown.buttons)


@dataclass
class Officer:
    """Waits for the end of each turn: the message that offers something to tap."""

    user: User
    words: Words = field(default_factory=Words)
    patience: float = 45.0  #: seconds

    async def hears(self) -> Shown:
        """The screen a turn ends with."""
        return await self.user.hears_until(lambda shown: shown.kind != "delete" and _asks(shown), self.patience)

    async def says(self, text: str) -> Shown:
        await self.user.says(text)
        return await self.hears()

    async def taps(self, message: str) -> Shown:
        """Tap the button of a catalogue message."""
        await self.user.taps(self.words(message))
        return await self.hears()

    async def consents(self) -> Shown:
        await self.says("/start")
        return await self.taps("I agree, let us begin")

    async def says_former_unit(self, name: str) -> Shown:
        """Name a former unit, take the present one that is offered, and leave open whose fate it was."""
        shown = await self.says(name)
        await self.user.taps(shown.labels[0])
        await self.hears()
        return await self.taps(UNSURE_LABEL)

    async def answers(self, shown: Shown, answers: Answers, *, typing: bool = False) -> Shown:
        """Answer questions as long as there is an answer to the one that is asked."""
        while (fact := self.words.asked_in(shown.text)) in answers or (fact == CONDITION and "token" in answers):
            assert fact is not None
            if fact == CONDITION:
                shown = await self._tells_condition(shown, answers)
            else:
                shown = await self._answers(fact, answers[fact], typing=typing)
        return shown

    async def _tells_condition(self, shown: Shown, answers: Answers) -> Shown:
        """Say the last day of a certificate that was not sent, and that nothing is wrong with token and key."""
        assert (answers["token"], answers["key_exposed"]) == ("in_hand", "false")
        day, sent = answers.get("certificate"), self.words(FILE_OR_DAY) not in shown.text
        if isinstance(day, str) and not sent:
            shown = await self.says(day)
        changed = self.words("Nothing is wrong, but something the certificate says no longer holds")
        told = answers.get("information_matches") == "false" and changed in shown.labels
        await self.user.taps(changed if told else shown.labels[0])
        return await self.hears()

    async def _answers(self, fact: str, answer: str | list[str], *, typing: bool) -> Shown:
        if typing and isinstance(answer, list):  # a typed line takes what it names and ends the choice
            return await self.says(", ".join(unaccented(self.words.option(fact, value)) for value in answer))
        if isinstance(answer, list):
            for value in answer:
                await self.user.taps(self.words.option(fact, value))
                await self.hears()
            return await self.taps("Done" if answer else "None of these: nothing changed")
        if fact == "certificate":
            await self.says(answer)
            return await self.taps("Ban Cơ yếu Chính phủ (government certificate)")
        label = self.words.option(fact, answer)
        if typing:
            return await self.says(unaccented(label))
        await self.user.taps(label)
        return await self.hears()

    async def fills_in(self, shown: Shown, fields: Mapping[str, str]) -> Shown:
        """Fill in a request: question of the form -> what is typed; the first suggestion where nothing is typed."""
        while True:
            asked = next((title for title in fields if self.words(title) in shown.text), None)
            if asked is None:
                return shown
            if fields[asked]:
                shown = await self.says(fields[asked])
            else:
                await self.user.taps(shown.labels[0])
                shown = await self.hears()
