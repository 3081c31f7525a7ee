"""Broadcasts: what people with a role do with them, and what the scheduler asks for."""
