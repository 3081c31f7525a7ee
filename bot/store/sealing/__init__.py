"""Personal data at rest: AES-256-GCM values bound to their place, keyed look-ups, a key file."""

from bot.store.sealing.keyfile import KeyFile, StoredKey, read_key_file, replace_key_file
from bot.store.sealing.keyring import Keyring, open_keyring
from bot.store.sealing.place import Place

__all__ = ["KeyFile", "Keyring", "Place", "StoredKey", "open_keyring", "read_key_file", "replace_key_file"]
