"""What the assistant keeps: inbox, sessions, outbox and requests, sealed, on SQLite or PostgreSQL."""
