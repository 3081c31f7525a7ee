"""Every screen without a conversation: guided walks, the page with all screens, and the rule book."""
