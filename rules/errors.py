"""The errors of a pack or of facts.

::

    RulesError              one sentence per problem; ``say(t)`` translates them, one a line; ``str`` is English
    ├── FactsError          an unknown fact or value; the message says what is allowed
    └── PackError           the pack cannot be used
        ├── PackNotFound    there is no folder of that name or path
        ├── PackUnreadable  a file is missing, is not TOML, or is not UTF-8
        └── PackInvalid     a row, step or text in a TOML file is not as a pack defines it
"""

from rules.texts import Sentence, Tell


class RulesError(Exception):
    """A problem with rules or facts."""

    def __init__(self, *sentences: Sentence) -> None:
        self.sentences = sentences
        super().__init__(*sentences)

    def say(self, t: Tell) -> str:
        """Return the sentences in a language, one per line."""
        return "\n".join(one.say(t) for one in self.sentences)

    def __str__(self) -> str:
        return "\n".join(map(str, self.sentences))


class FactsError(RulesError):
    """A fact or value is unknown, or facts contradict each other."""


class PackError(RulesError):
    """The pack cannot be used."""


class PackNotFound(PackError):  # noqa: N818  named for what happened; the family name carries "Error"
    """A pack of that name or path does not exist."""


class PackUnreadable(PackError):  # noqa: N818  as above
    """A file of the pack is missing or cannot be read."""


class PackInvalid(PackError):  # noqa: N818  as above
    """The content of a file is not as a pack defines it."""
