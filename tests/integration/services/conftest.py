"""The use cases on both databases, with the fixtures of the store."""

from tests.integration.conftest import another, bare_database, database, keyring, store, troly

__all__ = ["another", "bare_database", "database", "keyring", "store", "troly"]
