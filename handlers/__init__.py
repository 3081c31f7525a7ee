"""The conversation: a function from session and event to session and replies.

It knows no channel, no SQL and no clock of its own; what it needs from outside comes through ``handlers.core.ports``.
"""
