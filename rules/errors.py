"""What can go wrong with a pack or with facts.

::

    RulesError              one sentence a trouble; ``say(t)`` gives them in a language, one a line, ``str`` in English
    ├── FactsError          a fact or value nobody knows; the message says what is allowed
    └── PackError           the pack cannot be used
        ├── PackNotFound    no folder of that name or path
        ├── PackUnreadable  a file is absent, is not TOML, or is not UTF-8
        └── PackInvalid     a file is TOML, but a row, a step or a text in it is not what a pack holds
"""

from rules.texts import Sentence, Tell


class RulesError(Exception):
    """Something about the rules is wrong."""

    def __init__(self, *sentences: Sentence) -> None:
        self.sentences = sentences
        super().__init__(*sentences)

    def say(self, t: Tell) -> str:
        """The sentences for a person, one a line."""
        return "\n".join(one.say(t) for one in self.sentences)

    def __str__(self) -> str:
        return "\n".join(map(str, self.sentences))


class FactsError(RulesError):
    """A fact or a value is not one of the words of the interface."""


class PackError(RulesError):
    """The pack cannot be used."""


class PackNotFound(PackError):  # noqa: N818  named for what happened; the family name carries "Error"
    """There is no such pack."""


class PackUnreadable(PackError):  # noqa: N818  as above
    """A file of the pack cannot be read."""


class PackInvalid(PackError):  # noqa: N818  as above
    """A file of the pack does not say what a pack says."""
