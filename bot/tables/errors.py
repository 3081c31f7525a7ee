"""Errors of reading tables.

::

    TrolyError (bot.errors)
    └── TableError          the file is no table that can be read: says what it is, and what to send
"""

from bot.errors import TrolyError


class TableError(TrolyError):
    """The file cannot be read as a table."""
