"""What a typed line means on the open page."""
