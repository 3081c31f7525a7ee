"""The vocabulary of the conversation as frozen data and pure functions; imports no screen, no port and no session."""
