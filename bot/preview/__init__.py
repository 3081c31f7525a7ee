"""Show every screen without a conversation: guided walks, the page of all screens, and the rule book."""
