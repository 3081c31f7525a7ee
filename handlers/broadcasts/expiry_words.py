"""The reminder that a certificate ends."""

from functools import cache

from handlers.broadcasts.model import Draft, Text
from handlers.broadcasts.placeholders import Placeholder
from locales import N_, Translator, translator

TITLE = N_("Certificates that are about to end")
#: The day is that of the certificate file. What follows from it is for the interview to say, with its sources.
TEXT = N_(
    "Dear {ho_ten}, the digital certificate of *{don_vi}* ends on *{han}*, as its own file says: {so_ngay}.\n\n"
    "Tap “Do it now” to see what there is to do. Where that is done already, tap “I have done it”."
)
#: What stands for a value that is not known.
_WORDS = {
    Placeholder.NAME: N_("colleague"),
    Placeholder.UNIT: N_("your unit"),
    Placeholder.DEADLINE: N_("the day in its file"),
    Placeholder.DAYS: N_("soon"),
}


@cache
def expiry_draft() -> Draft:
    """Its text in both languages, with all buttons; whom it is for is decided day by day."""
    return Draft(title=translator("vi")(TITLE), text=Text(vi=_text(translator("vi")), en=_text(translator("en"))))


def _text(t: Translator) -> str:
    return t(TEXT, **{name.value: f"{{{name}|{t(words)}}}" for name, words in _WORDS.items()})
