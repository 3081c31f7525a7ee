"""The whole list, gone through before anything is sent: what stands against it, with the people it is about."""
