"""Personal data at rest: AES-256-GCM values bound to their place, keyed look-ups, a key file."""
