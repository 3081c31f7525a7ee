"""The vocabulary of a conversation: events, replies, the session, screens, ports, and text."""
