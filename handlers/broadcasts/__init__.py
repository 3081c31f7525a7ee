"""Broadcasts and campaigns: their texts, screens and notices, and the recipients' answers."""
