"""Channels to people: the port that delivery uses, the rendering of replies into messages, and each channel."""
