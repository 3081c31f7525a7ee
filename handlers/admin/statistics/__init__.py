"""How many officers of which unit have still to act."""
