"""The words of the assistant, taken from where it takes them: the catalogues and the rule pack."""

import unicodedata
from typing import Any

from locales import translator
from rules.loading import load_pack
from rules.questions import Question
from tests.support.botapi.entities import parse

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
        places = {question.fact: text.rfind(self(question.text)) for question in self.pack.questions}
        places[CONDITION] = text.rfind(self("<b>In what condition are certificate, token and key?</b>"))
        fact: str = max(places, key=lambda one: places[one])
        return fact if places[fact] >= 0 else None


def unaccented(text: str) -> str:
    """As people type it in a hurry."""
    bare = unicodedata.normalize("NFD", text.lower().replace("đ", "d"))
    return "".join(letter for letter in bare if not unicodedata.combining(letter))
