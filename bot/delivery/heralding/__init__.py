"""What the herald does for one broadcast, by where it stands."""
