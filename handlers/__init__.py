"""What is said: the conversation as a function of its answers. Knows no channel, no SQL, no clock of its own."""
