"""Broadcasts over the tables: implements ``handlers.broadcasts.ports`` and ``bot.store.broadcast_api``."""
