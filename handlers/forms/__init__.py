"""Official forms in the conversation: their fields, what is known of them, and the order to make them."""
