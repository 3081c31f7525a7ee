"""The use cases on both databases, with the fixtures of the store."""

from tests.integration.store.conftest import another, bare_database, database, ground, keyring, store, troly

__all__ = ["another", "bare_database", "database", "ground", "keyring", "store", "troly"]
