"""The road of every message: intake -> turn -> outbox -> channel, as idempotent functions over the store's rows."""
