"""The answer "I am not sure" of every question: it says what to look for and whom to ask, and records nothing."""

from handlers.core.screen import Option
from locales import N_, Translator

UNSURE = "unsure"
#: What people type for it; longer doubts are recognised by ``handlers.understanding.doubts``.
_SYNONYMS = (
    "chua ro", "toi chua ro", "em chua ro", "chua biet", "khong biet", "khong ro", "toi khong ro", "em khong ro",
    "toi khong biet", "em khong biet", "chua chac", "khong chac", "chua nam duoc", "chiu", "not sure", "i am not sure",
)  # fmt: skip


def unsure_option(t: Translator, *, numbered: bool = True) -> Option:
    """Return the option for people who do not know; it is no tick and no value."""
    return Option(UNSURE, t(N_("I am not sure")), _SYNONYMS, ticks=False, numbered=numbered)
