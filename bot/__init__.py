"""This package runs the assistant: settings, channels, store, delivery, certificate reading and command line."""
