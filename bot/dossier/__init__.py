"""The dossier of a whole unit as files: reading certificates and lists, making forms, overview and archive."""
