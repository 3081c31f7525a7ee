"""Good texts that are ready to be used, in both languages."""

from enum import StrEnum

from handlers.broadcasts.model import Text
from handlers.broadcasts.placeholders import Placeholder
from locales import N_, translator


class Ready(StrEnum):
    """Which text; the first needs a deadline."""

    DEADLINE = "ready_deadline"
    TO_DO = "ready_to_do"


_BEGINNING = N_(
    "Dear {name},\n\nFor its government digital certificate, {unit} still has this to do: *{to_do}*.\n\n{deadline}"
    "A few questions right here in the chat show how to do it, and on what basis: tap “Do it now”."
)
_UNTIL = N_("The deadline is *{deadline}* ({days}).\n\n")
COLLEAGUE = N_("colleague")
#: What stands for a placeholder where nothing is known of somebody.
_INSTEAD = {
    Placeholder.NAME: COLLEAGUE,
    Placeholder.UNIT: N_("your unit"),
    Placeholder.TO_DO: N_("what a few questions will show"),
}


def ready_text(which: Ready) -> Text:
    """The text in both languages."""
    return Text(vi=_in("vi", which), en=_in("en", which))


def is_own(written: str) -> bool:
    """Whether somebody wrote this text: there is one, and it is none of the ready ones as it stands."""
    ready = {text for which in Ready for text in (ready_text(which).vi, ready_text(which).en)}
    return bool(written.strip()) and written not in ready


def _in(language: str, which: Ready) -> str:
    t = translator(language)
    slots = {name: f"{{{name}|{t(words)}}}" for name, words in _INSTEAD.items()}
    until = t(_UNTIL, deadline="{han}", days="{so_ngay}") if which is Ready.DEADLINE else ""
    return t(
        _BEGINNING,
        name=slots[Placeholder.NAME],
        unit=slots[Placeholder.UNIT],
        to_do=slots[Placeholder.TO_DO],
        deadline=until,
    )
