"""One person on several channels: linking chats by a code, the order of reminders, parting them again."""
