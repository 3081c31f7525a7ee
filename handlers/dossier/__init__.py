"""The dossier of a whole unit: certificates classified and decided, the forms that are due, and the next steps."""
