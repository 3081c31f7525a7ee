"""How it is said: gettext catalogues, Vietnamese first, English complete."""
