"""What can go wrong outside the conversation.

::

    TrolyError              a message id with its values; ``say(t)`` gives the sentence, ``exit_code`` the process's end
    ├── SettingsError       a variable cannot be used
    └── (bot.store.errors, bot.certificates.errors: the errors of those packages)
"""

from locales import Translator


class TrolyError(Exception):
    """Something went wrong."""

    exit_code = 1

    def __init__(self, message: str | None = None, **values: object) -> None:
        self.message = message or (self.__doc__ or "").strip()
        self.values = values
        super().__init__(self.message.format(**values) if values else self.message)

    def say(self, t: Translator) -> str:
        """The sentence for a person."""
        return t(self.message, **self.values)


class SettingsError(TrolyError):
    """A setting cannot be used."""

    exit_code = 2
