"""Statistics: how many officers and certificates of each unit still need action."""
