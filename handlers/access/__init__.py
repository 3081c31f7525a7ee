"""Access: the rights of the person in a conversation, masking of personal data, words for roles and the journal."""
