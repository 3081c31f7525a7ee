"""One person on several channels: their names, and what chats and owners are told when they are linked or parted."""

from handlers.core import MarkupTranslator, Reply
from handlers.model import CHANNEL_LABELS, TELEGRAM, ZALO, ZALO_BOT
from locales import LANGUAGES, N_

_OTHER_AGREED = N_(
    "Somebody typed your code in {channel} and wants to link that channel with this one. If it was you, /kenh shows"
    " what that means and asks you. If it was not, do nothing: without your yes nothing is linked."
)
_LINKED = N_("This channel is linked with {channel} now. If you do not want that, /kenh parts them.")
_PARTED = N_("This channel is no longer linked with {channel}. What was said here stays here.")
_ERASED = N_("In {channel} you had all data about you deleted, on every channel. To begin again, send /start.")
_OWNERS = N_(
    "The person with the role {role} has linked another channel: {channel}. The role still works only in the chat that"
    " it was given in. If the person knows nothing of it, end the role with /vaitro."
)


#: Their names are the same in every language.
_PRODUCTS = frozenset({TELEGRAM, ZALO, ZALO_BOT})


def format_channel(say: MarkupTranslator, kind: str) -> str:
    """Return what people call a channel."""
    return CHANNEL_LABELS[kind] if kind in _PRODUCTS else say.t(CHANNEL_LABELS.get(kind, kind))


def _format(text: str, language: str | None, kind: str, **more: str) -> Reply:
    say = MarkupTranslator(language or LANGUAGES[0])
    return Reply(paragraphs=(str(say(text, channel=format_channel(say, kind), **more)),))


def format_other_agreed(language: str | None, kind: str) -> Reply:
    """Ask the chat that showed a code for its own yes."""
    return _format(_OTHER_AGREED, language, kind)


def format_linked(language: str | None, kind: str) -> Reply:
    """Tell a chat that it is linked."""
    return _format(_LINKED, language, kind)


def format_parted(language: str | None, kind: str) -> Reply:
    """Tell a chat that it stands alone."""
    return _format(_PARTED, language, kind)


def format_erased(language: str | None, kind: str) -> Reply:
    """Tell a chat that the data of its person were deleted in another one."""
    return _format(_ERASED, language, kind)


def format_role_linked(language: str | None, kind: str, role: str) -> Reply:
    """Tell an owner that somebody with a role has another channel."""
    return _format(_OWNERS, language, kind, role=role)
