"""What can go wrong outside the conversation.

::

    TrolyError              a message id with its values; ``say(t)`` gives the sentence, ``exit_code`` the process's end
    ├── SettingsError       what the operator set cannot be used
    │   └── FaultsError     variables have values that cannot be used: all of them are named
    ├── OutputError         a file asked for cannot be written
    ├── InputError          a file that was given cannot be read
    ├── Forbidden           the role does not allow it (exit code 3)
    ├── PersonUnknown       nobody is named so (exit code 2)
    ├── NotFound            there is nothing of that name, or not within reach
    └── (bot.store.errors, bot.certificates.errors: the errors of those packages)
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from bot.reasons import said
from locales import N_, Translator


class TrolyError(Exception):
    """Something went wrong."""

    exit_code = 1

    def __init__(self, message: str | None = None, **values: object) -> None:
        self.message = message or (self.__doc__ or "").strip()
        self.values = values
        super().__init__(self.message.format(**values) if values else self.message)

    def say(self, t: Translator) -> str:
        """The sentence for a person."""
        return t(self.message, **said(t, self.values))


class SettingsError(TrolyError):
    """A setting cannot be used."""

    exit_code = 2


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong with the settings; ``message`` is a message id and never repeats a value."""

    variable: str  #: empty where the fault lies between several
    message: str
    values: Mapping[str, object] = field(default_factory=dict)

    def say(self, t: Translator) -> str:
        """``TROLY_X: what is wrong``."""
        sentence = t(self.message, **self.values)
        return f"{self.variable}: {sentence}" if self.variable else sentence


class FaultsError(SettingsError):
    """Variables have values that cannot be used."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__(N_("These settings cannot be used: {faults}"), faults=_joined(faults, str.format))
        self.faults = tuple(faults)

    def say(self, t: Translator) -> str:
        return t(self.message, faults=_joined(self.faults, t))


def _joined(faults: Sequence[Fault], t: Translator) -> str:
    return "; ".join(fault.say(t) for fault in faults)


class OutputError(TrolyError):
    """A file asked for cannot be written."""


class InputError(TrolyError):
    """A file that was given cannot be read."""


class Forbidden(TrolyError):  # noqa: N818 - what it says to whom it stops
    """This role may not do that."""

    exit_code = 3


class PersonUnknown(TrolyError):  # noqa: N818 - as above
    """Nobody is named so."""

    exit_code = 2


class NotFound(TrolyError):  # noqa: N818 - as above
    """There is no such thing within reach."""
