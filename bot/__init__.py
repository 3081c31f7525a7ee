"""The assistant at work: settings, channels, store, delivery, certificate reading, command line."""
